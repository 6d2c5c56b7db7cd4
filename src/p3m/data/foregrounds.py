"""The colours of both layers of a picture, estimated once for each portrait and kept on disk."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from p3m.core.errors import InputError, MissingExtraError
from p3m.data.layout import PortraitFiles
from p3m.data.portraits import Portrait
from p3m.imaging.depth import quantize
from p3m.imaging.io import read_alpha, read_image, write_picture
from p3m.imaging.types import Alpha, Image

DIGITS = 12
"""How many digits tell a picture with its alpha from others."""


class Layers(NamedTuple):
    """Straight colours of what a picture is composed of, each (H, W, 3)."""

    foreground: Image
    background: Image


@dataclass(frozen=True, slots=True)
class ForegroundCache:
    """Colours by pymatting's multilevel method, kept as PNG files.

    A file's name holds a hash of the picture and of its alpha: where one of them changes, the
    colours are estimated anew.

    Attributes:
        folder: Where the files lie; made when the first is written.
        both: Whether the background's colours are kept, too.
    """

    folder: Path
    both: bool = False

    def prepare(
        self, portraits: Sequence[Portrait], on_done: Callable[[int], None] = lambda _: None
    ) -> None:
        """Estimates what is not there yet.

        Args:
            portraits: Whose colours are wanted.
            on_done: Told after each portrait how many are ready.
        """
        for count, portrait in enumerate(portraits, start=1):
            paths = self._paths(portrait)
            if not all(path.is_file() for path in paths.values()):
                layers = estimate_layers(read_image(portrait.image), read_alpha(portrait.alpha))
                for layer, path in paths.items():
                    write_picture(path, getattr(layers, layer), overwrite=True)
            on_done(count)

    def path(self, portrait: Portrait) -> Path:
        """Where the colours of the portrait's foreground lie, or will lie."""
        return self.folder / f"{portrait.name}-{digest(portrait)}.png"

    def read(self, portrait: Portrait) -> tuple[Image, Alpha]:
        """The portrait's foreground colours and its alpha.

        Raises:
            InputError: If `prepare` has not been called for it.
        """
        return read_image(self.path(portrait)), read_alpha(portrait.alpha)

    def read_layers(self, portrait: Portrait) -> Layers:
        """The colours of both layers; the cache must be one of both.

        Raises:
            InputError: If `prepare` has not been called for it.
        """
        return Layers(*(read_image(path) for path in self._paths(portrait).values()))

    def _paths(self, portrait: Portrait) -> dict[str, Path]:
        first = self.path(portrait)
        paths: dict[str, Path] = {"foreground": first}
        if self.both:
            paths["background"] = first.with_name(f"{first.stem}-background.png")
        return paths


def digest(portrait: Portrait) -> str:
    """Hexadecimal digits, `DIGITS` of them, that change with the picture or its alpha.

    Raises:
        InputError: If a file cannot be read.
    """
    both = hashlib.sha256()
    for path in (portrait.image, portrait.alpha):
        try:
            both.update(path.read_bytes())
        except OSError as error:
            raise InputError(f"{path}: {error.strerror or error}") from error
    return both.hexdigest()[:DIGITS]


def given_layers(portrait: Portrait) -> tuple[Path, Path] | None:
    """The files of foreground and background that came with a portrait; None if one is missing."""
    if not isinstance(portrait, PortraitFiles):
        return None
    if portrait.foreground is None or portrait.background is None:
        return None
    return portrait.foreground, portrait.background


def estimate_layers(image: Image, alpha: Alpha) -> Layers:
    """The colours of foreground and background, each spread over the whole picture.

    Args:
        image: The picture, shape (H, W, 3).
        alpha: In [0, 1], shape (H, W). Where it is 1 or 0 within half a step of 1/255, the
            foreground's or the background's colour is the picture's own.

    Raises:
        MissingExtraError: If pymatting is not installed.

    References:
        Germer et al., "Fast Multi-Level Foreground Estimation", ICPR 2020.

    Note:
        P3M-Net's authors estimated both by the closed form of Levin et al., "A Closed-Form
        Solution to Natural Image Matting", TPAMI 2008.
    """
    try:
        from pymatting import estimate_foreground_ml  # noqa: PLC0415 -- seconds to import
    except ImportError as error:
        raise MissingExtraError("Estimating the layers of a picture", "train") from error
    estimated = estimate_foreground_ml(
        image / 255.0, alpha.astype(np.float64), return_background=True
    )
    steps = quantize(alpha)
    layers = [np.rint(layer.clip(0, 1) * 255).astype(np.uint8) for layer in estimated]
    for layer, known in zip(layers, (255, 0), strict=True):
        np.copyto(layer, image, where=(steps == known)[..., None])
    return Layers(*layers)
