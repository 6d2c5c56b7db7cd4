"""Foreground colours, estimated once for each portrait and kept on disk."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from p3m.data.portraits import Portrait
from p3m.imaging.compositing import estimate_foreground
from p3m.imaging.io import read_alpha, read_image, write_picture
from p3m.imaging.types import Alpha, Image


@dataclass(frozen=True, slots=True)
class ForegroundCache:
    """Foreground colours by pymatting's multilevel method, kept as PNG files.

    A file's name holds a hash of the picture and of its alpha: where one of them changes, the
    colours are estimated anew.

    Attributes:
        folder: Where the files lie; made when the first is written.
    """

    folder: Path

    def prepare(
        self, portraits: tuple[Portrait, ...], on_done: Callable[[int], None] = lambda _: None
    ) -> None:
        """Estimates what is not there yet.

        Args:
            portraits: Whose colours are wanted.
            on_done: Told after each portrait how many are ready.
        """
        for count, portrait in enumerate(portraits, start=1):
            path = self.path(portrait)
            if not path.is_file():
                image, alpha = read_image(portrait.image), read_alpha(portrait.alpha)
                write_picture(path, estimate_foreground(image, alpha, method="multilevel"))
            on_done(count)

    def path(self, portrait: Portrait) -> Path:
        """Where the portrait's colours lie, or will lie."""
        digest = hashlib.sha256()
        digest.update(portrait.image.read_bytes())
        digest.update(portrait.alpha.read_bytes())
        return self.folder / f"{portrait.name}-{digest.hexdigest()[:12]}.png"

    def read(self, portrait: Portrait) -> tuple[Image, Alpha]:
        """The portrait's foreground colours and its alpha.

        Raises:
            InputError: If `prepare` has not been called for it.
        """
        return read_image(self.path(portrait)), read_alpha(portrait.alpha)
