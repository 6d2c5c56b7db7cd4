"""Things cut out of pictures, to stand beside people or to be held."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from p3m.core.errors import InputError
from p3m.data.degrade import random_hue
from p3m.data.kept_pictures import KeptPictures
from p3m.data.portraits import pictures_by_stem
from p3m.imaging.compositing import straight_colours
from p3m.imaging.depth import dequantize, quantize
from p3m.imaging.io import read_picture
from p3m.imaging.resize import resize
from p3m.imaging.types import Image

_HUE = 0.5  # of the things


class CutThings:
    """Things in colours and with an alpha of their own, a file each.

    Args:
        files: Pictures with transparency.
        max_bytes: Decoded pictures that are kept in memory.
    """

    def __init__(self, files: Sequence[Path], *, max_bytes: int) -> None:
        self._files = tuple(files)
        self._pictures = KeptPictures(_read, max_bytes=max_bytes)

    def __len__(self) -> int:
        return len(self._files)

    def show(
        self,
        side_px: int,
        centre: tuple[float, float],
        reach_px: float,
        rng: np.random.Generator,
    ) -> tuple[Image, NDArray[np.uint8]]:
        """One of them, turned and perhaps mirrored, half of the time in other colours.

        Args:
            side_px: Side of the square picture to show it in.
            centre: Where its middle stands, (x, y) in pixels.
            reach_px: How far it reaches from there along its longer side.
            rng: Source of randomness.

        Returns:
            Straight colours, shape (S, S, 3), and alpha from 0 to 255, shape (S, S), both uint8.
        """
        colours, alpha = self._pictures.get(self._files[int(rng.integers(len(self._files)))])
        scale = 2 * reach_px / max(alpha.shape)
        size = (max(1, round(alpha.shape[0] * scale)), max(1, round(alpha.shape[1] * scale)))
        if rng.random() < _HUE:
            colours = random_hue(colours, rng)
        # Times alpha, so that what lies beyond it lends the edge no colour.
        share = dequantize(alpha)
        layers = resize(np.dstack([colours * share[..., None], share]), size)
        if rng.random() < 0.5:
            layers = layers[:, ::-1]
        middle = ((size[1] - 1) / 2, (size[0] - 1) / 2)
        matrix = cv2.getRotationMatrix2D(middle, float(rng.uniform(0, 360)), 1.0)
        matrix[:, 2] += np.asarray(centre) - middle
        shown = np.asarray(cv2.warpAffine(layers, matrix, (side_px, side_px)), np.float32)
        return straight_colours(shown[..., :3], shown[..., 3]), quantize(shown[..., 3].clip(0, 1))


def find_things(folder: Path) -> list[Path]:
    """The pictures of a folder, each of which must have an alpha.

    Raises:
        InputError: If there is no such folder, no picture in it, or one without transparency.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; data.things names one of cut-out pictures.")
    files = [path for _, path in sorted(pictures_by_stem(folder).items())]
    if not files:
        raise InputError(f"{folder}: no pictures; data.things names a folder of cut-out ones.")
    for file in files:
        _read(file)
    return files


def _read(file: Path) -> tuple[Image, NDArray[np.uint8]]:
    picture = read_picture(file)
    if picture.alpha is None:
        raise InputError(f"{file}: has no transparency; things are cut out, as p3m matte cuts.")
    return picture.rgb, quantize(picture.alpha)
