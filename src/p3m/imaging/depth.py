"""Alpha as integers of 8 or 16 bits, and back."""

from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from p3m.core.checks import check_range, check_shape
from p3m.imaging.types import Alpha

Bits = Literal[8, 16]


def quantize(alpha: Alpha, bits: Bits = 8) -> NDArray[np.uint8 | np.uint16]:
    """Alpha in integer steps: 0 is 0 and 1 is the type's greatest value.

    Args:
        alpha: In [0, 1], shape (H, W).
        bits: 8 for ``uint8``, 16 for ``uint16``.

    Returns:
        The nearest steps, shape (H, W).

    Raises:
        ShapeError: If ``alpha`` is not (H, W).
        RangeError: If a value lies outside of [0, 1] or is not a number.

    Example:
        >>> quantize(np.float32([[0, 0.5, 1]])).tolist()
        [[0, 128, 255]]
    """
    check_shape("alpha", alpha, "H W")
    check_range("the least of alpha", float(alpha.min()), 0, 1)
    check_range("the greatest of alpha", float(alpha.max()), 0, 1)
    steps, depth = (255.0, cv2.CV_8U) if bits == 8 else (65535.0, cv2.CV_16U)
    return cv2.multiply(alpha, steps, dtype=depth)  # rounds, and needs no copy in between


def dequantize(steps: NDArray[np.uint8 | np.uint16]) -> Alpha:
    """Alpha in [0, 1] of integers whose type's greatest value means 1; inverse of :func:`quantize`.

    Example:
        >>> dequantize(np.uint8([[0, 51, 255]])).tolist() == [[0.0, np.float32(0.2), 1.0]]
        True
    """
    return steps / np.float32(np.iinfo(steps.dtype).max)
