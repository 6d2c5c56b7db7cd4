"""What stands behind people in composite samples: scenes, clutter and things."""

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from p3m.data.clutter import add_lines, add_shapes
from p3m.data.composite_settings import CompositeSettings
from p3m.data.cut_things import CutThings
from p3m.data.degrade import random_hue, random_light
from p3m.data.kept_pictures import KeptPictures
from p3m.data.portraits import Background
from p3m.data.things import draw_thing
from p3m.imaging.compositing import composite
from p3m.imaging.depth import dequantize
from p3m.imaging.io import read_image
from p3m.imaging.types import Image

Beside = Callable[[np.random.Generator], Image | None]
"""What somebody's photo shows beside them; None if they fill it."""

_SHAPES, _LINES = 0.3, 0.2  # of the clutter; the rest are things
_MOST_THINGS = 3
_CUT = 0.5  # of the things, where there are cut-out ones; the rest are drawn


class Scenes:
    """Square pictures without people, and things to put into them.

    Args:
        backgrounds: What they are cut out of.
        beside: What else they are cut out of.
        things: What is put into them besides drawn things.
        settings: How often each thing happens to them.
        max_bytes: Decoded pictures that are kept in memory.
    """

    def __init__(
        self,
        backgrounds: Sequence[Background],
        beside: Beside,
        things: CutThings,
        settings: CompositeSettings,
        *,
        max_bytes: int,
    ) -> None:
        self._backgrounds = tuple(backgrounds)
        self._beside = beside
        self._things = things
        self._settings = settings
        self._pictures = KeptPictures(_read, max_bytes=max_bytes)

    def draw(self, rng: np.random.Generator) -> Image:
        """A scene, shape (S, S, 3)."""
        side = self._settings.side_px
        if rng.random() < self._settings.plain:
            scene = _plain(side, rng)
        else:
            scene = self.part(rng)
            if rng.random() < 0.5:
                scene = scene[:, ::-1]
        scene = np.ascontiguousarray(scene)
        if rng.random() < self._settings.hue:
            scene = random_hue(scene, rng)
        steps = [self._cluttered, self._out_of_focus]
        for step in steps if rng.random() < 0.5 else reversed(steps):
            scene = step(scene, rng)
        return random_light(scene, rng)

    def thing(
        self, centre: tuple[float, float], reach_px: float, rng: np.random.Generator
    ) -> tuple[Image, NDArray[np.uint8]]:
        """Colours and alpha, from 0 to 255, of a drawn or cut-out thing in some light.

        Args:
            centre: Where it stands, (x, y) in pixels.
            reach_px: How far it reaches from there, about.
            rng: Source of randomness.
        """
        if len(self._things) and rng.random() < _CUT:
            colours, cover = self._things.show(centre, reach_px, rng)
        else:
            side = self._settings.side_px
            colours, cover = draw_thing(side, centre, reach_px, self.part(rng), rng)
        return random_light(colours, rng, 0.5), cover

    def part(self, rng: np.random.Generator) -> Image:
        """A square part of a background, or of somebody's photo where nobody is."""
        size = (self._settings.side_px, self._settings.side_px)
        part = self._beside(rng) if rng.random() < self._settings.beside else None
        if part is None:
            part = self._part_of_background(rng)
        scene: Image = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_LINEAR))
        return scene

    def _cluttered(self, scene: Image, rng: np.random.Generator) -> Image:
        """In part of the samples, a scene with more in it."""
        if rng.random() >= self._settings.clutter:
            return scene
        kind = rng.random()
        if kind < _SHAPES:
            return add_shapes(scene, self.part(rng), rng)
        if kind < _SHAPES + _LINES:
            return add_lines(scene, rng)
        side = self._settings.side_px
        for _ in range(int(rng.integers(1, _MOST_THINGS + 1))):
            centre = (float(rng.uniform(0, side)), float(rng.uniform(0, side)))
            thing, cover = self.thing(centre, float(rng.uniform(0.04, 0.4)) * side, rng)
            scene = composite(thing, scene, dequantize(cover))
        return scene

    def _out_of_focus(self, scene: Image, rng: np.random.Generator) -> Image:
        """In part of the samples, a soft scene."""
        if rng.random() >= self._settings.background_blur:
            return scene
        width_px = int(rng.integers(3, 25))
        for _ in range(2):
            scene = np.asarray(cv2.blur(scene, (width_px, width_px)), np.uint8)
        return scene

    def _part_of_background(self, rng: np.random.Generator) -> Image:
        chosen = self._backgrounds[int(rng.integers(len(self._backgrounds)))]
        (image,) = self._pictures.get(chosen)
        height, width = image.shape[:2]
        crop = int(min(height, width) * rng.uniform(0.4, 1.0))
        top = int(rng.integers(0, height - crop + 1))
        left = int(rng.integers(0, width - crop + 1))
        return image[top : top + crop, left : left + crop]


def _read(background: Background) -> tuple[Image]:
    return (read_image(background.image),)


def _plain(side: int, rng: np.random.Generator) -> Image:
    """One colour, or a passage between two along some direction."""
    first, second = rng.uniform(0, 255, (2, 3))
    if rng.random() < 0.4:
        second = first
    angle = rng.uniform(0, 2 * np.pi)
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    share = np.clip((x * np.cos(angle) + y * np.sin(angle)) / 2.8 + 0.5, 0, 1)[..., None]
    colours: Image = np.rint(first + share * (second - first)).astype(np.uint8)
    return colours
