"""The metrics said again as exact sums over single pixels."""

import math

import numpy as np
from numpy.typing import NDArray


def sad(
    pred: NDArray[np.floating], target: NDArray[np.floating], region: NDArray[np.bool_]
) -> float:
    """Sum of absolute differences over the region, in thousands."""
    return math.fsum(map(abs, _differences(pred, target, region))) / 1000.0


def mse(
    pred: NDArray[np.floating], target: NDArray[np.floating], region: NDArray[np.bool_]
) -> float:
    """Mean squared difference over the region, which has a pixel at least."""
    differences = _differences(pred, target, region)
    return math.fsum(d * d for d in differences) / len(differences)


def mad(
    pred: NDArray[np.floating], target: NDArray[np.floating], region: NDArray[np.bool_]
) -> float:
    """Mean absolute difference over the region, which has a pixel at least."""
    differences = _differences(pred, target, region)
    return math.fsum(map(abs, differences)) / len(differences)


def _differences(
    pred: NDArray[np.floating], target: NDArray[np.floating], region: NDArray[np.bool_]
) -> list[float]:
    pixels = zip(pred.flat, target.flat, region.flat, strict=True)
    return [float(p) - float(t) for p, t, counts in pixels if counts]
