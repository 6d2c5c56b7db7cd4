"""Changing a picture's size: resampling, fitting to an area, padding and its exact inverse."""

import math
from typing import Literal, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from p3m.core.checks import check_shape
from p3m.core.errors import ShapeError
from p3m.imaging.types import Size

Interpolation = Literal["nearest", "linear", "area"]
Pixels = TypeVar("Pixels", np.uint8, np.float32)

_FLAGS: dict[Interpolation, int] = {
    "nearest": cv2.INTER_NEAREST_EXACT,
    "linear": cv2.INTER_LINEAR,
    "area": cv2.INTER_AREA,
}
_OPENCV_CHANNELS = 4
"""So many can be averaged over areas at once."""


def resize(
    array: NDArray[Pixels], size: Size, *, interpolation: Interpolation | None = None
) -> NDArray[Pixels]:
    """The picture at another size; pixel centres lie at halves, so nothing shifts.

    Args:
        array: ``uint8`` or ``float32``, shape (H, W) or (H, W, C).
        size: The wanted height and width.
        interpolation: ``None`` averages areas along an axis that shrinks and interpolates linearly
            along one that grows. ``"nearest"`` keeps the values of trimaps and masks.

    Returns:
        A picture of that size, with the type and channels of ``array``; ``array`` itself if it has
        that size already.

    Raises:
        ShapeError: If ``array`` is neither (H, W) nor (H, W, C).

    Example:
        >>> resize(np.float32([[0, 1], [1, 0]]), (1, 1)).tolist()
        [[0.5]]
    """
    check_shape("array", array, "H W" if array.ndim == 2 else "H W C")
    if interpolation is not None:
        return _resample(array, size, interpolation)
    shrunk = (min(array.shape[0], size[0]), min(array.shape[1], size[1]))
    return _resample(_resample(array, shrunk, "area"), size, "linear")


def halvings(enlargement: float) -> int:
    """How often a picture is halved until it is at most twice as large as what is enlarged to it.

    Args:
        enlargement: How many times as large the picture itself is.

    Example:
        >>> [halvings(times) for times in (1, 2, 2.1, 4, 12.8)]
        [0, 0, 1, 1, 3]
    """
    return max(0, math.ceil(math.log2(enlargement)) - 1)


def _resample(array: NDArray[Pixels], size: Size, interpolation: Interpolation) -> NDArray[Pixels]:
    height, width = size
    if array.shape[:2] == (height, width):
        return array
    if array.ndim == 3 and array.shape[2] > _OPENCV_CHANNELS:
        parts = np.split(array, range(_OPENCV_CHANNELS, array.shape[2], _OPENCV_CHANNELS), axis=2)
        return np.dstack([_resample(part, size, interpolation) for part in parts])
    resampled = cv2.resize(array, (width, height), interpolation=_FLAGS[interpolation])
    # OpenCV drops the axis of a single channel.
    return np.asarray(resampled, dtype=array.dtype).reshape(height, width, *array.shape[2:])


def fit_area(size: Size, area_px: int) -> Size:
    """The size of the same aspect ratio that just has no more than so many pixels.

    It may be larger or smaller than the given one. Each side is the exact one rounded down, and at
    least 1; a strip so thin that its short side would be less than 1 loses its aspect ratio rather
    than go over the area.

    Args:
        size: Height and width.
        area_px: The greatest number of pixels, at least 1.

    Example:
        >>> fit_area((1080, 1620), 147456)
        (313, 470)
    """
    scale = math.sqrt(area_px / (size[0] * size[1]))
    height, width = (max(1, math.floor(side * scale)) for side in size)
    height = max(1, min(height, area_px // width))
    return height, min(width, area_px // height)


def fit_within(size: Size, bounds: Size) -> Size:
    """The largest size of the same aspect ratio within some bounds, at least 1 by 1.

    Args:
        size: Height and width.
        bounds: The greatest height and width.

    Example:
        >>> fit_within((100, 400), (200, 200))
        (50, 200)
    """
    scale = min(bounds[0] / size[0], bounds[1] / size[1])
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def pad_to_multiple(array: NDArray[Pixels], multiple: int) -> NDArray[Pixels]:
    """The picture with its last row and column repeated until both sides are multiples of a number.

    Args:
        array: Shape (H, W) or (H, W, C).
        multiple: At least 1.

    Returns:
        A picture of at least that size; ``array`` itself where nothing is missing. :func:`unpad`
        undoes it.

    Raises:
        ShapeError: If ``array`` is neither (H, W) nor (H, W, C).

    Example:
        >>> pad_to_multiple(np.uint8([[1, 2, 3]]), 2).tolist()
        [[1, 2, 3, 3], [1, 2, 3, 3]]
    """
    check_shape("array", array, "H W" if array.ndim == 2 else "H W C")
    missing = [(0, -side % multiple) for side in array.shape[:2]]
    if not any(after for _, after in missing):
        return array
    return np.pad(array, missing + [(0, 0)] * (array.ndim - 2), mode="edge")


def unpad(array: NDArray[Pixels], size: Size) -> NDArray[Pixels]:
    """The top left part of that size, as a view: what :func:`pad_to_multiple` was given.

    Args:
        array: Shape (H, W) or (H, W, C).
        size: Height and width before the padding.

    Raises:
        ShapeError: If ``array`` is smaller than ``size``.
    """
    height, width = size
    if array.shape[0] < height or array.shape[1] < width:
        raise ShapeError("array", tuple(array.shape), f"at least {height} high and {width} wide")
    return array[:height, :width]
