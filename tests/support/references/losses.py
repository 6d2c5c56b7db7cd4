"""The losses said again in plain NumPy, pixel by pixel and without the package's own tricks."""

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def alpha_l1(pred: Array, target: Array, mask: Array, eps: float = 1e-6) -> float:
    """Smooth L1 over a mask; arrays of any one shape."""
    distances = [
        m * math.sqrt((p - t) ** 2 + eps**2)
        for p, t, m in zip(pred.flat, target.flat, mask.flat, strict=True)
    ]
    return math.fsum(distances) / max(1.0, math.fsum(mask.flat))


def composition(
    alpha: Array, foreground: Array, background: Array, image: Array, mask: Array
) -> float:
    """Smooth L1 of the composition; alpha and mask (B, 1, H, W), the others (B, 3, H, W)."""
    composed = alpha * foreground + (1.0 - alpha) * background
    return 3.0 * alpha_l1(composed, image, np.broadcast_to(mask, image.shape))


def cross_entropy(logits: Array, trimap: NDArray[np.int64]) -> float:
    """Mean negative log-probability; logits (B, 3, H, W), classes (B, 1, H, W)."""
    losses = []
    for b, y, x in np.ndindex(logits.shape[0], *logits.shape[2:]):
        scores = logits[b, :, y, x]
        losses.append(math.log(sum(map(math.exp, scores))) - scores[trimap[b, 0, y, x]])
    return math.fsum(losses) / len(losses)


def laplacian(pred: Array, target: Array, levels: int = 5) -> float:
    """Sum of mean absolute differences of two Laplacian pyramids; arrays (B, 1, H, W)."""
    pairs = zip(_pyramid(pred, levels), _pyramid(target, levels), strict=True)
    return math.fsum(float(np.abs(p - t).mean()) for p, t in pairs)


def _pyramid(image: Array, levels: int) -> list[Array]:
    bands = []
    for _ in range(levels):
        blurred = _blur(image)
        bands.append(image - blurred)
        image = _halve(blurred)
    return [*bands, image]


def _blur(image: Array) -> Array:
    """The Gaussian of sigma 1 as a sum of 25 shifted pictures."""
    height, width = image.shape[-2:]
    padded = np.pad(image, ((0, 0), (0, 0), (2, 2), (2, 2)), mode="edge")
    result, total = np.zeros_like(image), 0.0
    for y in range(5):
        for x in range(5):
            weight = math.exp(-((y - 2) ** 2 + (x - 2) ** 2) / 2.0)
            result += weight * padded[:, :, y : y + height, x : x + width]
            total += weight
    return result / total


def _halve(image: Array) -> Array:
    """Means of 2 x 2 pixels, an odd last row or column repeated."""
    odd_rows, odd_columns = image.shape[-2] % 2, image.shape[-1] % 2
    even = np.pad(image, ((0, 0), (0, 0), (0, odd_rows), (0, odd_columns)), mode="edge")
    corners = [even[:, :, y::2, x::2] for y in (0, 1) for x in (0, 1)]
    return (corners[0] + corners[1] + corners[2] + corners[3]) / 4.0
