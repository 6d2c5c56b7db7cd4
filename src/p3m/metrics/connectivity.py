"""Connectivity error: parts that hang together in one alpha and not in the other."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from p3m.core.checks import check_same_shape, check_shape
from p3m.metrics.bands import bands

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from p3m.imaging.types import Mask
    from p3m.metrics.contract import AnyAlpha

_THRESHOLDS = np.arange(0, 1.1, 0.1)
"""0 to 1 as the released codes count, so that 0.6 is in fact the next number above it."""

_EXACT = np.resize(_THRESHOLDS, 256)
_LEVELS = np.resize(_THRESHOLDS.astype(np.float32).astype(np.float64), 256)
"""The threshold of each number of steps, for every byte: exact, and as the codes keep it."""

_TOLERATED = 0.15
_NEAR = 0.0499  # 0.15 less a step of 0.1, and less what rounding may do
_FLOODS = 3
_GRID_PX = 8


def connectivity_p3m(pred: AnyAlpha, target: AnyAlpha, region: Mask | None = None) -> float:
    r"""Connectivity error as papers on P3M-10k report it.

    .. math:: \mathrm{CONN} = \frac{1}{1000} \sum_{i \in R} |\varphi(p_i) - \varphi(t_i)|,
        \qquad \varphi(x_i) = 1 - d_i \, [d_i \ge 0.15], \qquad d_i = x_i - l_i

    where ``l`` is the last threshold of 0.1, 0.2 … 1 at which the pixel is still one piece with the
    largest (4-connected) region that both alphas reach. A pixel that never drops out has 1, and so
    has one that is left when no pixel reaches the threshold: the error looks no further there.
    Lower is better; 0 is perfect. Sums in float64.

    Args:
        pred: Predicted alpha in [0, 1], shape (H, W).
        target: True alpha in [0, 1], shape (H, W).
        region: Pixels that count, shape (H, W). ``None`` counts the whole image, as papers do. It
            bounds the sum, never what hangs together.

    Returns:
        The error in thousands of alpha units; 0.0 where ``region`` is empty, NaN where either alpha
        has one anywhere.

    Raises:
        ShapeError: If the shapes differ or are not (H, W).

    References:
        Li et al., "Privacy-Preserving Portrait Matting", ACM MM 2021; the formula is that of the
        released code.

    Note:
        The released code keeps ``l`` in ``float32``, and so does ours. Of two largest regions it
        takes the one whose first pixel comes first, row by row. It works out a distance transform
        that it never uses; ours does not.

    Example:
        >>> target = np.array([[1.0, 1.0, 0.0, 1.0]])
        >>> connectivity_p3m(np.array([[1.0, 1.0, 0.0, 0.5]]), target)
        0.0005
    """
    return _error(pred, target, region, left_over=len(_THRESHOLDS) - 1)


def connectivity_dim(pred: AnyAlpha, target: AnyAlpha, region: Mask | None = None) -> float:
    """Connectivity error as alphamatting.com and Deep Image Matting report it.

    As :func:`connectivity_p3m`, but where no pixel reaches a threshold the largest region is empty,
    so that pixels drop out there as at any other threshold. The two agree wherever both alphas are
    1 at one pixel at least.

    Args:
        pred: Predicted alpha in [0, 1], shape (H, W).
        target: True alpha in [0, 1], shape (H, W).
        region: Pixels that count, shape (H, W): the unknown region, in papers. ``None`` counts the
            whole image.

    Returns:
        The error in thousands of alpha units; 0.0 where ``region`` is empty, NaN where either alpha
        has one anywhere.

    Raises:
        ShapeError: If the shapes differ or are not (H, W).

    References:
        Rhemann et al., "A Perceptually Motivated Online Benchmark for Image Matting", CVPR 2009.
        Xu et al., "Deep Image Matting", CVPR 2017: its evaluation code starts each threshold with
        an empty region.

    Example:
        >>> soft = np.full((1, 4), 0.5)
        >>> round(connectivity_dim(soft - 0.3, soft), 6), connectivity_p3m(soft - 0.3, soft)
        (0.0012, 0.0)
    """
    return _error(pred, target, region, left_over=0)


def _error(pred: AnyAlpha, target: AnyAlpha, region: Mask | None, *, left_over: int) -> float:
    check_shape("pred", pred, "H W")
    check_same_shape(pred=pred, target=target)
    reached = np.empty(pred.shape, np.uint8)
    differs, counts = np.empty((2, *pred.shape), np.bool_)
    for band in bands(pred.shape):
        least = np.minimum(pred[band], target[band], dtype=np.float64)
        if np.isnan(least.min()):
            return math.nan
        reached[band] = _thresholds_reached(least)
        apart = np.subtract(np.maximum(pred[band], target[band]), least, out=least)
        np.greater(apart, 0, out=differs[band])
        np.greater(apart, _NEAR, out=counts[band])
    steps = _steps_in_one_piece(reached, left_over)
    # Where the lesser alpha is in one piece with the largest region as far as it goes, it lies less
    # than a threshold's step above its level; if the greater one is near it, both phi are 1. Where
    # the two are the same, so are the phi.
    counts |= (steps != reached) & differs
    if region is not None:
        check_same_shape(pred=pred, region=region)
        counts &= region
    level = _LEVELS[steps[counts]]
    difference = _phi(pred[counts] - level) - _phi(target[counts] - level)
    return float(np.abs(difference).sum() / 1000)


def _thresholds_reached(alpha: NDArray[np.float64]) -> NDArray[np.uint8]:
    """How many thresholds each value reaches, 0 not counted."""
    reached = np.clip(10 * alpha, 0, 10).astype(np.uint8)
    # Ten times a value just under a threshold may be rounded up.
    np.subtract(reached, alpha < np.asarray(cv2.LUT(reached, _EXACT)), out=reached)
    return reached


def _phi(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """How well a pixel is connected."""
    return 1 - distance * (distance >= _TOLERATED)


def _steps_in_one_piece(reached: NDArray[np.uint8], left_over: int) -> NDArray[np.uint8]:
    """At how many thresholds in a row each pixel belongs to the largest region.

    Args:
        reached: How many thresholds both alphas reach, shape (H, W).
        left_over: What a pixel gets if the thresholds end before it drops out: this number of
            steps, or if it is 0 those that it has.
    """
    highest = int(reached.max())
    start = _amid(reached == highest)
    kept = np.ones(reached.shape, np.bool_)
    steps = np.zeros(reached.shape, np.uint8)
    for threshold in range(1, highest + 1):
        kept &= _largest((reached >= threshold).view(np.uint8), start)
        np.add(steps, kept.view(np.uint8), out=steps)
    if left_over and highest < len(_THRESHOLDS) - 1:
        steps[kept] = left_over
    return steps


def _largest(reaches: NDArray[np.uint8], start: tuple[int, int] | None) -> NDArray[np.bool_]:
    """The largest 4-connected region of ones; the first of several.

    Regions are flooded one by one, the likely largest first, until what is left is too small to
    hold a larger one. That is once, for a person; if it is not soon, all regions are labelled.

    Args:
        reaches: 0 and 1, shape (H, W); it is changed.
        start: A pixel to begin at.
    """
    left = np.count_nonzero(reaches)
    areas: list[int] = []
    while start is not None and len(areas) < _FLOODS:
        areas.append(cv2.floodFill(reaches, None, start, len(areas) + 2, flags=4)[0])
        left -= areas[-1]
        if max(areas) > left and areas.count(max(areas)) == 1:
            return np.equal(reaches, areas.index(max(areas)) + 2)
        start = _amid(reaches == 1)
    _, labels = cv2.connectedComponents(reaches, connectivity=4)
    sizes = np.bincount(labels[reaches > 0])
    return np.equal(labels, _first(labels, np.flatnonzero(sizes == sizes.max())))


def _amid(pixels: NDArray[np.bool_]) -> tuple[int, int] | None:
    """One of the pixels, (x, y), likely of a large region; ``None`` where the grid finds none."""
    rows, columns = np.nonzero(pixels[::_GRID_PX, ::_GRID_PX])
    if len(rows) == 0:
        return None
    middle = len(rows) // 2
    return int(columns[middle]) * _GRID_PX, int(rows[middle]) * _GRID_PX


def _first(labels: NDArray[Any], among: NDArray[np.intp]) -> int:
    """The label that comes first, row by row; OpenCV numbers them in another order."""
    if len(among) == 1:
        return int(among[0])
    flat = labels.ravel()
    return int(flat[np.argmax(np.isin(flat, among))])
