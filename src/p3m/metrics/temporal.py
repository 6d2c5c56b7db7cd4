"""Metrics of a video's alphas: how steadily they follow the true ones from frame to frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from p3m.core.checks import check_same_shape, check_shape
from p3m.core.errors import ShapeError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from p3m.metrics.contract import AnyAlpha


def dtssd(pred: AnyAlpha, target: AnyAlpha, region: NDArray[np.bool_] | None = None) -> float:
    r"""How much the change from frame to frame differs: flicker.

    .. math:: \mathrm{dtSSD} = \frac{100}{T - 1} \sum_{t=1}^{T-1} \sqrt{\frac{1}{|R_t|}
        \sum_{i \in R_t} \big((p_{t+1,i} - p_{t,i}) - (q_{t+1,i} - q_{t,i})\big)^2}

    with the truth ``q``. Lower is better; 0 is perfect, and is also reached by an error that stays
    the same. Sums in float64.

    Args:
        pred: Predicted alphas in [0, 1], shape (T, H, W).
        target: True alphas in [0, 1], shape (T, H, W).
        region: Pixels that count, shape (T, H, W); those of the earlier frame of two are taken.
            ``None`` counts whole frames.

    Returns:
        The error in hundredths of alpha units; a pair of frames without a pixel that counts adds 0.

    Raises:
        ShapeError: If the shapes differ, are not (T, H, W), or there are less than two frames.

    References:
        Erofeev et al., "Perceptually Motivated Benchmark for Video Matting", BMVC 2015; the
        normaliser is that of later papers on video matting, whose released codes take the root of
        the mean over whole frames, times 100.

    Example:
        >>> still = np.zeros((3, 4, 4))
        >>> dtssd(still + np.reshape([0, 0.5, 0], (3, 1, 1)), still)
        50.0
    """
    _check(pred, target, region)
    errors = []
    for now in range(len(pred) - 1):
        change = _change(pred, now) - _change(target, now)
        counted = change if region is None else change[region[now]]
        errors.append(np.sqrt((counted**2).sum() / max(1, counted.size)))
    return float(100 * np.mean(errors))


def messddt(pred: AnyAlpha, target: AnyAlpha, region: NDArray[np.bool_] | None = None) -> float:
    r"""How much the squared error changes along the motion.

    .. math:: \mathrm{MESSDdt} = \frac{1000}{T - 1} \sum_{t=1}^{T-1} \frac{1}{|R_t|}
        \sum_{i \in R_t} \big|(p_{t,i} - q_{t,i})^2 - (p_{t+1,i+v_i} - q_{t+1,i+v_i})^2\big|

    with the truth ``q`` and its optical flow ``v`` from a frame to the next, in whole pixels. Lower
    is better; 0 is perfect, and is also reached by an error that moves with the person. Sums in
    float64.

    Args:
        pred: Predicted alphas in [0, 1], shape (T, H, W).
        target: True alphas in [0, 1], shape (T, H, W).
        region: Pixels that count, shape (T, H, W); those of the earlier frame of two are taken.
            ``None`` counts whole frames.

    Returns:
        The error in thousandths of squared alpha units.

    Raises:
        ShapeError: If the shapes differ, are not (T, H, W), or there are less than two frames.

    References:
        Erofeev et al., "Perceptually Motivated Benchmark for Video Matting", BMVC 2015.

    Note:
        The flow is Farneback's, of the true alphas in steps of 1/255, with the parameters that
        released codes share. Papers scale the sum differently: compare only numbers from here.

    Example:
        >>> still = np.zeros((2, 4, 4))
        >>> messddt(still + np.reshape([0, 0.5], (2, 1, 1)), still)
        250.0
    """
    _check(pred, target, region)
    errors = []
    for now in range(len(pred) - 1):
        before, after = (
            np.subtract(pred[t], target[t], dtype=np.float64) ** 2 for t in (now, now + 1)
        )
        change = np.abs(before - after[_moved(target[now], target[now + 1])])
        counted = change if region is None else change[region[now]]
        errors.append(counted.sum() / max(1, counted.size))
    return float(1000 * np.mean(errors))


def _check(pred: AnyAlpha, target: AnyAlpha, region: NDArray[np.bool_] | None) -> None:
    check_shape("pred", pred, "T H W")
    check_same_shape(pred=pred, target=target)
    if region is not None:
        check_same_shape(pred=pred, region=region)
    if len(pred) < 2:
        raise ShapeError("pred", tuple(pred.shape), "T H W with two frames at least")


def _change(alphas: AnyAlpha, now: int) -> NDArray[np.float64]:
    change: NDArray[np.float64] = np.subtract(alphas[now + 1], alphas[now], dtype=np.float64)
    return change


def _moved(now: AnyAlpha, after: AnyAlpha) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where each pixel lies in the next frame, at most at its border: rows and columns."""
    height, width = now.shape
    flow = cv2.calcOpticalFlowFarneback(
        np.rint(now * 255).astype(np.uint8),
        np.rint(after * 255).astype(np.uint8),
        np.zeros((height, width, 2), np.float32),
        pyr_scale=0.5,
        levels=5,
        winsize=10,
        iterations=2,
        poly_n=7,
        poly_sigma=1.5,
        flags=cv2.OPTFLOW_FARNEBACK_GAUSSIAN,
    )
    offsets: NDArray[np.intp] = np.rint(flow).astype(np.intp)
    rows, columns = np.mgrid[0:height, 0:width]
    return (
        (rows + offsets[..., 1]).clip(0, height - 1),
        (columns + offsets[..., 0]).clip(0, width - 1),
    )
