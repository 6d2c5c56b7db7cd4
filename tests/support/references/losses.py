"""The losses said again in plain NumPy, pixel by pixel and without the package's own tricks."""

import math
from collections.abc import Callable

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


def gaussian_blur(image: Array) -> Array:
    """The Gaussian of sigma 1 as a sum of 25 shifted pictures; shape (B, C, H, W)."""
    return _shifted_sum(image, lambda y, x: math.exp(-(y**2 + x**2) / 2.0))


def plus_blur(image: Array) -> Array:
    """The same with the sum of two squared Gaussians as weights."""
    return _shifted_sum(
        image, lambda y, x: math.exp(-(y**2) / 2.0) ** 2 + math.exp(-(x**2) / 2.0) ** 2
    )


def laplacian(
    pred: Array, target: Array, levels: int = 5, *, blur: Callable[[Array], Array] = gaussian_blur
) -> float:
    """Sum of mean absolute differences of two Laplacian pyramids; arrays (B, 1, H, W)."""
    pairs = zip(_pyramid(pred, levels, blur), _pyramid(target, levels, blur), strict=True)
    return math.fsum(float(np.abs(p - t).mean()) for p, t in pairs)


def _pyramid(image: Array, levels: int, blur: Callable[[Array], Array]) -> list[Array]:
    bands = []
    for _ in range(levels):
        blurred = blur(image)
        bands.append(image - blurred)
        image = _halve(blurred)
    return [*bands, image]


def _shifted_sum(image: Array, weight_at: Callable[[int, int], float]) -> Array:
    """The weighted mean of 25 shifted pictures."""
    height, width = image.shape[-2:]
    padded = np.pad(image, ((0, 0), (0, 0), (2, 2), (2, 2)), mode="edge")
    result, total = np.zeros_like(image), 0.0
    for y in range(5):
        for x in range(5):
            weight = weight_at(y - 2, x - 2)
            result += weight * padded[:, :, y : y + height, x : x + width]
            total += weight
    return result / total


def _halve(image: Array) -> Array:
    """Means of 2 x 2 pixels, an odd last row or column repeated."""
    odd_rows, odd_columns = image.shape[-2] % 2, image.shape[-1] % 2
    even = np.pad(image, ((0, 0), (0, 0), (0, odd_rows), (0, odd_columns)), mode="edge")
    corners = [even[:, :, y::2, x::2] for y in (0, 1) for x in (0, 1)]
    return (corners[0] + corners[1] + corners[2] + corners[3]) / 4.0


def released_objective(
    logits: list[Array],
    local: Array,
    fused: Array,
    *,
    alpha: Array,
    trimap: Array,
    colours: list[Array],
) -> float:
    """The objective of the code released with P3M-Net, said from its description.

    Args:
        logits: Main output and three side outputs, each (B, 3, H, W).
        local: Local alpha, (B, 1, H, W).
        fused: Fused alpha.
        alpha: True alpha in [0, 1].
        trimap: As it was resampled, in [0, 255]: what is neither 0 nor 255 is of the transition for
            the segmentation, and what is 128 for the local alpha.
        colours: Picture, foreground and background in [0, 1], each (B, 3, H, W).
    """
    classes = np.where(trimap == 0, 0, np.where(trimap == 255, 2, 1)).astype(np.int64)
    main, *sides = (cross_entropy(each, classes) for each in logits)
    band = (trimap == 128).astype(np.float64)
    local_l1 = np.sqrt(((local - alpha) * band) ** 2 + 1e-12).sum() / (band.sum() + 1.0)
    fused_l1 = np.sqrt((fused - alpha) ** 2 + 1e-12).sum() / fused.size
    mean = np.array([0.485, 0.456, 0.406]).reshape(1, 3, 1, 1)
    deviation = np.array([0.229, 0.224, 0.225]).reshape(1, 3, 1, 1)
    image, foreground, background = ((each - mean) / deviation for each in colours)
    composed = fused * foreground + (1.0 - fused) * background
    composition_term = np.sqrt((composed - image) ** 2 + 1e-12).sum() / fused.size
    local_term = local_l1 + laplacian(local * band, alpha * band, blur=plus_blur)
    fused_term = fused_l1 + laplacian(fused, alpha, blur=plus_blur)
    semantic_term = (sum(sides) + 3.0 * main) / 6.0
    return float(semantic_term + 2.0 * local_term + 3.0 * fused_term + composition_term)
