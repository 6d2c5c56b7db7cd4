"""Who is shown in composite samples: people drawn at random, with their faces hidden."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from p3m.data.bend import random_bend
from p3m.data.emptiness import empty_part
from p3m.data.foregrounds import ForegroundCache
from p3m.data.kept_pictures import KeptPictures
from p3m.data.placement import random_placement
from p3m.data.portraits import Portrait
from p3m.imaging.depth import quantize
from p3m.imaging.io import read_alpha, read_image
from p3m.imaging.types import Alpha, Image, Mask

_TURN_DEGREES = 12.0  # the angles' standard deviation

Obfuscate = Callable[[Image, Alpha, Mask, np.random.Generator], Image]
"""Hides the faces in a picture: image, alpha, face mask, randomness -> a new image."""


class Shown(NamedTuple):
    """Somebody in a square picture; all arrays are uint8.

    Attributes:
        colours: Shape (S, S, 3).
        alpha: From 0 to 255, shape (S, S).
        faces: Not 0 where a face is, shape (S, S); None where no face is known.
    """

    colours: Image
    alpha: NDArray[np.uint8]
    faces: NDArray[np.uint8] | None


class Sitters:
    """People who can be shown, each as often as its weight says.

    Args:
        portraits: Who.
        weights: How often each is drawn, up to a factor.
        foregrounds: Their colours, prepared.
        side_px: Side of the pictures that they are shown in.
        turned: How often they are turned, as by a camera held askew.
        bent: How often their bodies are bent.
        obfuscate: Hides faces before anything else is done. None: faces stay.
        max_bytes: Decoded pictures that are kept in memory.
    """

    def __init__(
        self,
        portraits: Sequence[Portrait],
        weights: Sequence[float],
        foregrounds: ForegroundCache,
        *,
        side_px: int,
        turned: float,
        bent: float,
        obfuscate: Obfuscate | None,
        max_bytes: int,
    ) -> None:
        self._portraits = tuple(portraits)
        self._cumulative = np.cumsum(np.asarray(weights, np.float64) / np.sum(weights))
        self._foregrounds = foregrounds
        self._side_px = side_px
        self._turned = turned
        self._bent = bent
        self._obfuscate = obfuscate
        self._sources = KeptPictures(self._read, max_bytes=max_bytes)

    def draw(self, rng: np.random.Generator) -> Portrait:
        """One of them."""
        return self._portraits[int(np.searchsorted(self._cumulative, rng.random()))]

    def show(self, portrait: Portrait, rng: np.random.Generator, *, natural: bool) -> Shown:
        """Somebody at a random place in the picture.

        Args:
            portrait: Who.
            rng: Source of randomness.
            natural: Whether the colours are the photo's, background included, in place of the
                foreground's own.
        """
        image, colours, alpha, faces = self._sources.get(portrait)
        source = image if natural else colours
        if self._obfuscate is not None and faces is not None:
            source = self._obfuscate(source, alpha, faces, rng)
        turned = rng.random() < self._turned
        degrees = float(rng.spawn(1)[0].normal(0, _TURN_DEGREES)) if turned else 0.0
        place = random_placement(alpha, self._side_px, rng, inside=natural, degrees=degrees)
        apart = rng.spawn(1)[0]
        if apart.random() < self._bent:
            place = replace(place, bend=random_bend(self._side_px, apart))
        return Shown(
            place.apply(source, repeat_border=True),
            place.apply(quantize(alpha)),
            None if faces is None else place.apply(faces.astype(np.uint8)),
        )

    def beside(self, rng: np.random.Generator) -> Image | None:
        """What somebody's photo shows where nobody is; None if they fill it."""
        image, _, alpha, faces = self._sources.get(self.draw(rng))
        taken = alpha if faces is None else np.maximum(alpha, faces)
        part = empty_part(taken, rng)
        return None if part is None else image[part]

    def _read(self, portrait: Portrait) -> tuple[Image, Image, Alpha, Mask | None]:
        """Picture, foreground colours, alpha and face mask; an empty mask counts as none."""
        image = read_image(portrait.image)
        colours, alpha = self._foregrounds.read(portrait)
        faces = None
        if portrait.face_mask is not None:
            mask = read_alpha(portrait.face_mask) > 0.5
            faces = mask if mask.any() else None
        return image, colours, alpha, faces
