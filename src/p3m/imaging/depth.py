"""Alpha as integers of 8 or 16 bits, and back."""

from typing import Literal, overload

import numpy as np
from numpy.typing import NDArray

from p3m.core.checks import check_range, check_shape
from p3m.imaging.types import Alpha, Image

Bits = Literal[8, 16]


@overload
def quantize(alpha: NDArray[np.floating], bits: Literal[8] = 8) -> NDArray[np.uint8]: ...
@overload
def quantize(alpha: NDArray[np.floating], bits: Literal[16]) -> NDArray[np.uint16]: ...
@overload
def quantize(alpha: Alpha, bits: Bits) -> NDArray[np.uint8] | NDArray[np.uint16]: ...


def quantize(alpha: NDArray[np.floating], bits: Bits = 8) -> NDArray[np.uint8] | NDArray[np.uint16]:
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
    scaled = alpha * np.float32(255 if bits == 8 else 65535)
    np.rint(scaled, out=scaled)
    return scaled.astype(np.uint8) if bits == 8 else scaled.astype(np.uint16)


def dequantize(steps: NDArray[np.uint8] | NDArray[np.uint16]) -> Alpha:
    """Alpha in [0, 1] of integers whose type's greatest value means 1; inverse of :func:`quantize`.

    Example:
        >>> dequantize(np.uint8([[0, 51, 255]])).tolist() == [[0.0, np.float32(0.2), 1.0]]
        True
    """
    return np.divide(steps, np.iinfo(steps.dtype).max, dtype=np.float32)


UNSCALED = "holds 0 and 1 where 0 and 255 are meant; multiply it by 255."
"""What is wrong with an alpha that :func:`is_unscaled`."""


def is_unscaled(alpha: NDArray[np.floating]) -> bool:
    """Whether an alpha of 8 bits holds steps 0 and 1, where 0 and 255 are meant.

    Example:
        >>> is_unscaled(dequantize(np.uint8([[0, 1]]))), is_unscaled(dequantize(np.uint8([[0, 2]])))
        (True, False)
    """
    return 0 < float(alpha.max()) < 1.5 / 255


def as_grey(alpha: NDArray[np.floating]) -> Image:
    """An alpha in [0, 1] of shape (H, W) as a grey picture, shape (H, W, 3).

    Raises:
        ShapeError: If ``alpha`` is not (H, W).
        RangeError: If a value lies outside of [0, 1] or is not a number.

    Example:
        >>> as_grey(np.float32([[0, 0.2]])).tolist()
        [[[0, 0, 0], [51, 51, 51]]]
    """
    return quantize(alpha)[..., None].repeat(3, axis=2)
