"""Whatever a caller has of a picture becomes pixels."""

from pathlib import Path
from typing import TypeAlias

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from p3m.core.checks import check_shape
from p3m.core.errors import InputError, RangeError
from p3m.imaging.depth import dequantize
from p3m.imaging.io import MAX_PIXELS, Picture, picture_of, read_picture

PictureLike: TypeAlias = str | Path | bytes | PIL.Image.Image | NDArray[np.uint8]
"""A file's name or its bytes, a Pillow image, or an array."""


def picture_from(image: PictureLike, *, max_pixels: int = MAX_PIXELS) -> Picture:
    """The pixels of a picture, upright and in sRGB, with its own opacity if it has one.

    Args:
        image: A file's name or its bytes, a Pillow image, or an array: ``uint8``, grey (H, W), RGB
            (H, W, 3) or straight RGBA (H, W, 4), taken as it is; it is copied.
        max_pixels: Files with more pixels are refused before they are decoded.

    Raises:
        P3MError: As reading does; see :func:`p3m.imaging.io.read_picture`.
        ShapeError: If an array has another shape.
        RangeError: If an array is not ``uint8``.
        InputError: If it is none of these.
    """
    if isinstance(image, PIL.Image.Image):
        return picture_of(image)
    if isinstance(image, np.ndarray):
        return _from_array(image)
    if isinstance(image, bytearray | memoryview):
        image = bytes(image)
    if not (isinstance(image, str | Path | bytes) or hasattr(image, "read")):
        kind = type(image).__name__
        raise InputError(f"image is a {kind}; give a file, bytes, a Pillow image or an array.")
    return read_picture(image, max_pixels=max_pixels)


def _from_array(array: NDArray[np.uint8]) -> Picture:
    if array.dtype != np.uint8:
        raise RangeError(f"image is {array.dtype}; pictures are uint8, from 0 to 255.")
    if array.ndim == 2:
        check_shape("image", array, "H W")
        return Picture(np.repeat(array[..., None], 3, axis=2))
    if array.ndim == 3 and array.shape[2] == 4:
        check_shape("image", array, "H W 4")
        return Picture(np.ascontiguousarray(array[..., :3]), dequantize(array[..., 3]))
    check_shape("image", array, "H W 3")
    return Picture(array.copy())
