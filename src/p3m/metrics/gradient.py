"""Gradient error: how far the edges of two alphas differ, in the two forms that papers use."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from p3m.core.checks import check_same_shape, check_shape
from p3m.metrics.bands import bands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from p3m.imaging.types import Mask
    from p3m.metrics.contract import AnyAlpha

_SIGMA = 1.4
_BAND_PX = 1 << 18


@dataclass(frozen=True, eq=False, slots=True)
class _Filter:
    """A derivative of a Gaussian as two rows of weights, and what it sees beyond the border."""

    smooth: NDArray[np.float64]
    derive: NDArray[np.float64]
    border: int

    @property
    def radius(self) -> int:
        return len(self.smooth) // 2


def gradient_p3m(pred: AnyAlpha, target: AnyAlpha, region: Mask | None = None) -> float:
    r"""Gradient error as papers on P3M-10k report it.

    .. math:: \mathrm{GRAD} = \frac{1}{10} \sum_{i \in R} (\|\nabla p\|_i - \|\nabla t\|_i)^2

    with derivatives of a Gaussian of sigma 1.4, cut off at 6 pixels and mirrored at the border.
    Lower is better; 0 is perfect, and is also reached by a prediction that is off by a constant.

    Args:
        pred: Predicted alpha in [0, 1], shape (H, W).
        target: True alpha in [0, 1], shape (H, W).
        region: Pixels that count, shape (H, W). ``None`` counts the whole image, as papers do.

    Returns:
        The error in tens of squared alpha units a pixel; 0.0 where ``region`` is empty.

    Raises:
        ShapeError: If the shapes differ or are not (H, W).

    References:
        Li et al., "Privacy-Preserving Portrait Matting", ACM MM 2021; the formula is that of the
        released code.

    Note:
        The filtered maps are ``float32``, as in the released code. Another normaliser and another
        filter than :func:`gradient_dim`: never compare the two.

    Example:
        >>> step = np.repeat([[0.0, 1.0]], 8, axis=1).reshape(1, -1).repeat(9, axis=0)
        >>> round(gradient_p3m(step, np.zeros_like(step)), 4)
        0.1854
    """
    return _error(pred, target, region, _mirrored_filter()) / 10


def gradient_dim(pred: AnyAlpha, target: AnyAlpha, region: Mask | None = None) -> float:
    r"""Gradient error as alphamatting.com and Deep Image Matting report it.

    .. math:: \mathrm{Grad} = \frac{1}{1000} \sum_{i \in R} (\|\nabla p\|_i - \|\nabla t\|_i)^2

    with derivatives of a Gaussian of sigma 1.4, cut off at 4 pixels, scaled so that the squares of
    a filter's 81 weights add up to 1, the border repeated. Lower is better; 0 is perfect.

    Args:
        pred: Predicted alpha in [0, 1], shape (H, W).
        target: True alpha in [0, 1], shape (H, W).
        region: Pixels that count, shape (H, W): the unknown region, in papers. ``None`` counts the
            whole image.

    Returns:
        The error in thousands of squared filter responses; 0.0 where ``region`` is empty.

    Raises:
        ShapeError: If the shapes differ or are not (H, W).

    References:
        Rhemann et al., "A Perceptually Motivated Online Benchmark for Image Matting", CVPR 2009.
        Xu et al., "Deep Image Matting", CVPR 2017: its evaluation code fixes the filter.

    Note:
        Some ports stretch each alpha to [0, 1] first, which changes nothing where it holds both 0
        and 1. Ours does not.

    Example:
        >>> step = np.repeat([[0.0, 1.0]], 8, axis=1).reshape(1, -1).repeat(9, axis=0)
        >>> round(gradient_dim(step, np.zeros_like(step)), 4)
        0.1763
    """
    return _error(pred, target, region, _repeated_filter()) / 1000


def _mirrored_filter() -> _Filter:
    smooth, derive = _gaussian(radius=int(4 * _SIGMA + 0.5))
    return _Filter(smooth / smooth.sum(), derive / smooth.sum(), cv2.BORDER_REFLECT)


def _repeated_filter() -> _Filter:
    least = 1e-2  # the weight at which the filter is cut off
    reach = _SIGMA * math.sqrt(-2 * math.log(math.sqrt(2 * math.pi) * _SIGMA * least))
    smooth, derive = _gaussian(radius=math.ceil(reach))
    return _Filter(
        smooth / np.linalg.norm(smooth), derive / np.linalg.norm(derive), cv2.BORDER_REPLICATE
    )


def _gaussian(radius: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A Gaussian and its derivative at whole pixels, neither of them scaled."""
    at = np.arange(-radius, radius + 1, dtype=np.float64)
    smooth = np.exp(-(at**2) / (2 * _SIGMA**2))
    return smooth, -at / _SIGMA**2 * smooth


def _error(pred: AnyAlpha, target: AnyAlpha, region: Mask | None, used: _Filter) -> float:
    """The sum of squared differences of the gradients' magnitudes, part by part."""
    check_shape("pred", pred, "H W")
    check_same_shape(pred=pred, target=target)
    if region is not None:
        check_same_shape(pred=pred, region=region)
    total = 0.0
    for band, columns in _parts_that_differ(pred, target, used.radius):
        seen = slice(max(0, band.start - used.radius), band.stop + used.radius)
        difference = _magnitude(pred[seen, columns], used)
        np.subtract(difference, _magnitude(target[seen, columns], used), out=difference)
        counted = difference[band.start - seen.start : band.stop - seen.start]
        if region is not None:
            counted = counted * region[band, columns]
        total += cv2.norm(counted, cv2.NORM_L2SQR)
    return total


def _parts_that_differ(
    pred: AnyAlpha, target: AnyAlpha, radius: int
) -> Iterator[tuple[slice, slice]]:
    """Bands of rows, and the columns in which the gradients of each may differ.

    Columns reach two radii beyond the pixels that differ. So the filter sees what is not there, at
    the outermost of them, only where both alphas are the same anyway.
    """
    for band in bands(pred.shape, _BAND_PX):
        seen = slice(max(0, band.start - radius), band.stop + radius)
        differing = np.flatnonzero((pred[seen] != target[seen]).any(axis=0))
        gaps = np.flatnonzero(np.diff(differing) > 4 * radius) + 1
        for columns in np.split(differing, gaps) if len(differing) else ():
            yield band, slice(max(0, columns[0] - 2 * radius), columns[-1] + 1 + 2 * radius)


def _magnitude(alpha: AnyAlpha, used: _Filter) -> NDArray[np.float32]:
    single = np.ascontiguousarray(alpha, dtype=np.float32)
    across, down = (
        np.asarray(cv2.sepFilter2D(single, cv2.CV_32F, *weights, borderType=used.border))
        for weights in ((used.derive, used.smooth), (used.smooth, used.derive))
    )
    # OpenCV's own magnitude depends on where in memory the arrays lie.
    np.square(across, out=across)
    np.square(down, out=down)
    np.add(across, down, out=across)
    return np.sqrt(across, out=across, dtype=np.float32)
