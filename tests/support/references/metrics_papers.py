"""The protocols' columns said again, sentence after sentence, with scikit-image and SciPy.

Nothing here is tuned, and nothing is shared with p3m.
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.measure import label, regionprops

Float = NDArray[np.float64]


def p3m(pred: Float, target: Float, trimap: NDArray[np.uint8]) -> dict[str, float]:
    """Every column of the P3M protocol."""
    settled = pred.copy()
    settled[trimap == 255] = 1
    settled[trimap == 0] = 0
    unknown = (trimap == 128).sum()
    if unknown == 0:
        unknown = trimap.size - (trimap == 255).sum() - (trimap == 0).sum()
    unknown = max(unknown, 1)
    return {
        "sad": np.abs(pred - target).sum() / 1000,
        "mse": ((pred - target) ** 2).sum() / pred.size,
        "mad": np.abs(pred - target).sum() / pred.size,
        "sad-unknown": np.abs(settled - target).sum() / 1000,
        "mse-unknown": ((settled - target) ** 2).sum() / unknown,
        "mad-unknown": np.abs(settled - target).sum() / unknown,
        "sad-foreground": (np.abs(pred - target) * (trimap == 255)).sum() / 1000,
        "sad-background": (np.abs(pred - target) * (trimap == 0)).sum() / 1000,
        "grad": gradient_p3m(pred, target),
        "conn": connectivity(pred, target, np.ones(pred.shape, np.bool_), go_on=True),
    }


def alphamatting(pred: Float, target: Float, trimap: NDArray[np.uint8]) -> dict[str, float]:
    """Every column of the alphamatting.com protocol."""
    unknown = trimap == 128
    pixels = max(unknown.sum(), 1)
    return {
        "sad": np.abs(pred - target)[unknown].sum() / 1000,
        "mse": ((pred - target)[unknown] ** 2).sum() / pixels,
        "grad": gradient_dim(pred, target, unknown),
        "conn": connectivity(pred, target, unknown, go_on=False),
    }


def gradient_p3m(pred: Float, target: Float) -> float:
    """Derivatives of a Gaussian of sigma 1.4 along each axis, magnitudes, squares, a tenth."""
    pred_magnitude, target_magnitude = (
        np.hypot(
            ndimage.gaussian_filter(alpha, sigma=1.4, order=(1, 0)),
            ndimage.gaussian_filter(alpha, sigma=1.4, order=(0, 1)),
        )
        for alpha in (pred, target)
    )
    return float(((pred_magnitude - target_magnitude) ** 2).sum() / 10)


def gradient_dim(pred: Float, target: Float, region: NDArray[np.bool_]) -> float:
    """A square filter of norm 1, whole, over the unknown region, a thousandth."""

    def gauss(x: float) -> float:
        return math.exp(-(x**2) / (2 * 1.4**2)) / (1.4 * math.sqrt(2 * math.pi))

    half = math.ceil(1.4 * math.sqrt(-2 * math.log(math.sqrt(2 * math.pi) * 1.4 * 0.01)))
    offsets = range(-half, half + 1)
    kernel = np.array([[gauss(v) * -u * gauss(u) / 1.4**2 for u in offsets] for v in offsets])
    kernel /= math.sqrt((kernel**2).sum())
    pred_magnitude, target_magnitude = (
        np.hypot(
            ndimage.convolve(alpha, kernel, mode="nearest"),
            ndimage.convolve(alpha, kernel.T, mode="nearest"),
        )
        for alpha in (pred, target)
    )
    return float(((pred_magnitude - target_magnitude)[region] ** 2).sum() / 1000)


def connectivity(pred: Float, target: Float, region: NDArray[np.bool_], *, go_on: bool) -> float:
    """The threshold at which each pixel leaves the largest component, and how far it lies above.

    Args:
        pred: Predicted alpha.
        target: True alpha.
        region: Where it is summed.
        go_on: Whether a threshold that no pixel reaches is passed over (P3M), or leaves an empty
            component (Deep Image Matting).
    """
    thresholds = np.arange(0, 1.1, 0.1)
    level = np.full(pred.shape, -1, np.float32)
    for before, threshold in zip(thresholds, thresholds[1:], strict=False):
        labels = label((pred >= threshold) & (target >= threshold), connectivity=1)  # type: ignore[no-untyped-call]
        components = regionprops(labels)  # type: ignore[no-untyped-call]
        omega = np.zeros(pred.shape, np.bool_)
        if components:
            largest = components[int(np.argmax([component.area for component in components]))]
            omega[tuple(largest.coords.T)] = True
        elif go_on:
            continue
        level[(level == -1) & ~omega] = before
    level[level == -1] = 1
    phi = [
        1 - (alpha - level) * ((alpha - level) >= 0.15)
        for alpha in (pred.astype(np.float64), target.astype(np.float64))
    ]
    return float(np.abs(phi[0] - phi[1])[region].sum() / 1000)


def dtssd(pred: Float, target: Float) -> float:
    """Differences of consecutive frames, their root mean square, a hundredfold."""
    error = np.diff(pred, axis=0) - np.diff(target, axis=0)
    return float(100 * np.sqrt((error**2).mean(axis=(1, 2))).mean())


def messddt_of_moved(pred: Float, target: Float, shift: tuple[int, int]) -> float:
    """The change of squared errors where every pixel moves by one and the same shift."""
    height, width = pred.shape[1:]
    error = (pred - target) ** 2
    total = 0.0
    for now, after in zip(error, error[1:], strict=False):
        for row in range(height):
            for column in range(width):
                there = min(max(row + shift[0], 0), height - 1)
                beside = min(max(column + shift[1], 0), width - 1)
                total += float(abs(now[row, column] - after[there, beside]))
    return float(1000 * total / (height * width * (len(pred) - 1)))
