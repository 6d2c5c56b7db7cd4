"""Things cut out of pictures, to stand beside people, in their hands and before them."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from p3m.core.errors import InputError
from p3m.data.degrade import random_hue
from p3m.data.kept_pictures import KeptPictures
from p3m.data.portraits import pictures_in
from p3m.imaging.compositing import straight_colours
from p3m.imaging.depth import dequantize, quantize
from p3m.imaging.io import read_picture
from p3m.imaging.resize import fit_within, resize
from p3m.imaging.types import Alpha, Image

_HUE = 0.5  # of the things


class CutThings:
    """Things in colours and with an alpha of their own, a file each.

    Args:
        files: Pictures with transparency, as `find_things` finds them.
        side_px: Side of the square pictures to show them in.
        max_bytes: Decoded pictures that are kept in memory.
    """

    def __init__(self, files: Sequence[Path], *, side_px: int, max_bytes: int) -> None:
        self._files = tuple(files)
        self._side_px = side_px
        self._pictures = KeptPictures(self._read, max_bytes=max_bytes)

    def __len__(self) -> int:
        return len(self._files)

    def show(
        self, centre: tuple[float, float], reach_px: float, rng: np.random.Generator
    ) -> tuple[Image, NDArray[np.uint8]]:
        """One of them, turned and perhaps mirrored, half of the time in other colours.

        Args:
            centre: Where its middle stands, (x, y) in pixels.
            reach_px: How far it reaches from there along its longer side.
            rng: Source of randomness.

        Returns:
            Straight colours, shape (S, S, 3), and alpha from 0 to 255, shape (S, S), both uint8.
        """
        colours, alpha = self._pictures.get(self._files[int(rng.integers(len(self._files)))])
        if rng.random() < _HUE:
            colours = random_hue(colours, rng)
        scale = 2 * reach_px / max(alpha.shape)
        height, width = (max(1, round(side * scale)) for side in alpha.shape)
        layers = resize(_premultiplied(colours, dequantize(alpha)), (height, width))
        if rng.random() < 0.5:
            layers = layers[:, ::-1]
        middle = ((width - 1) / 2, (height - 1) / 2)
        matrix = cv2.getRotationMatrix2D(middle, float(rng.uniform(0, 360)), 1.0)
        matrix[:, 2] += np.asarray(centre) - middle
        shown = cv2.warpAffine(layers, matrix, (self._side_px, self._side_px))
        return _straight(np.asarray(shown, np.float32))

    def _read(self, file: Path) -> tuple[Image, NDArray[np.uint8]]:
        """A thing without what is transparent around it, no larger than it is ever shown."""
        colours, alpha = _read_cut_out(file)
        left, top, width, height = cv2.boundingRect(quantize(alpha))
        box = slice(top, top + height), slice(left, left + width)
        layers = _premultiplied(colours[box], alpha[box])
        if max(height, width) > self._side_px:
            layers = resize(layers, fit_within((height, width), (self._side_px, self._side_px)))
        return _straight(layers)


def find_things(folder: Path) -> list[Path]:
    """The pictures of a folder, each of which must show something cut out.

    Raises:
        InputError: If there is no such folder, no picture in it, or one without transparency or
            with nothing else.
        P3MError: If a picture cannot be read, as `p3m.imaging.io.read_picture`.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; data.things names one of cut-out pictures.")
    files = list(pictures_in(folder))
    for file in files:
        _read_cut_out(file)
    return files


def _read_cut_out(file: Path) -> tuple[Image, Alpha]:
    picture = read_picture(file)
    if picture.alpha is None:
        raise InputError(f"{file}: has no transparency; things are cut out, as p3m matte cuts.")
    if not quantize(picture.alpha).any():
        raise InputError(f"{file}: shows nothing, all of it is transparent.")
    return picture.rgb, picture.alpha


def _premultiplied(colours: Image, alpha: Alpha) -> NDArray[np.float32]:
    """Colours times alpha, and alpha, (H, W, 4): what lies beyond it lends its edge no colour."""
    layers: NDArray[np.float32] = np.dstack([colours * alpha[..., None], alpha])
    return layers


def _straight(layers: NDArray[np.float32]) -> tuple[Image, NDArray[np.uint8]]:
    """Straight colours and alpha in steps, of what `_premultiplied` gave and was filtered."""
    alpha = layers[..., 3].clip(0, 1)
    return straight_colours(layers[..., :3], alpha), quantize(alpha)
