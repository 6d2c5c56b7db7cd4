"""The released code's test strategies said again, pixel by pixel, without scikit-image.

A network is a function from a (3, H, W) float32 tensor to global logits (3, H, W), local alpha
(H, W) and fused alpha (H, W).
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Network = Callable[[NDArray[np.float32]], tuple[NDArray[np.float32], ...]]


def resize_strategy(
    network: Network,
    picture: NDArray[np.uint8],
    ratio: float,
    *,
    mean: Sequence[float],
    std: Sequence[float],
    modern: bool,
) -> Array:
    """RESIZE of a picture (H, W, 3); ``modern`` takes the defaults of scikit-image 0.15."""
    _, _, fused = network(_prepared(picture, ratio, mean, std, modern))
    return resized(fused.astype(np.float64), *picture.shape[:2], modern=modern)


def hybrid_strategy(
    network: Network,
    picture: NDArray[np.uint8],
    ratios: tuple[float, float],
    *,
    mean: Sequence[float],
    std: Sequence[float],
    modern: bool,
) -> Array:
    """HYBRID of a picture (H, W, 3); the ratios are the global and the local one."""
    height, width = picture.shape[:2]
    logits, _, _ = network(_prepared(picture, ratios[0], mean, std, modern))
    _, local, _ = network(_prepared(picture, ratios[1], mean, std, modern))
    trimap = np.zeros(logits.shape[1:])
    for y, x in np.ndindex(*trimap.shape):
        scores = [float(score) for score in logits[:, y, x]]
        trimap[y, x] = (0, 128, 255)[scores.index(max(scores))]
    enlarged = resized(trimap / 255, height, width, modern=modern) * 255
    alpha = resized(local.astype(np.float64), height, width, modern=modern)
    result = np.zeros((height, width))
    for y, x in np.ndindex(height, width):
        value = enlarged[y, x]
        result[y, x] = value / 255 if value in {0, 255} else alpha[y, x]
    return result


def scaled_side(side: int, ratio: float) -> int:
    """A side times the ratio, down to a multiple of 32, at most 1600."""
    scaled = math.floor(side * ratio)
    while scaled % 32:
        scaled -= 1
    return min(1600, scaled)


def resized(image: Array, height: int, width: int, *, modern: bool) -> Array:
    """(h, w) at another size, linearly: along the columns first, then along the rows."""
    if modern:
        image = _blurred(_blurred(image, width / image.shape[1]).T, height / image.shape[0]).T
    rows = np.array([_stretched(list(row), width, modern=modern) for row in image])
    columns = np.array([_stretched(list(row), height, modern=modern) for row in rows.T]).T
    return np.asarray(columns.clip(image.min(), image.max()), dtype=np.float64)


def _prepared(
    picture: NDArray[np.uint8],
    ratio: float,
    mean: Sequence[float],
    std: Sequence[float],
    modern: bool,
) -> NDArray[np.float32]:
    """The network's input: 0 to 1 in float64, 0 to 255 in float32, and only then normalised."""
    height, width = (scaled_side(side, ratio) for side in picture.shape[:2])
    planes = []
    for channel in range(3):
        plane = resized(picture[..., channel] / 255, height, width, modern=modern) * 255
        unit = plane.astype(np.float32) / np.float32(255)
        planes.append((unit - np.float32(mean[channel])) / np.float32(std[channel]))
    return np.stack(planes)


def _stretched(values: list[float], length: int, *, modern: bool) -> list[float]:
    """A line at another length; beyond its ends it is mirrored at the last value, or nothing."""
    last = len(values) - 1

    def at(index: int) -> float:
        if 0 <= index <= last:
            return values[index]
        if not modern:
            return 0.0
        return values[min(-index, last) if index < 0 else max(2 * last - index, 0)]

    stretched = []
    for position in range(length):
        place = (position + 0.5) * len(values) / length - 0.5
        before = math.floor(place)
        along = place - before
        stretched.append((1 - along) * at(before) + along * at(before + 1))
    return stretched


def _blurred(image: Array, growth: float) -> Array:
    """Each row blurred by a Gaussian of deviation (1 / growth - 1) / 2, cut off at 4 of them."""
    deviation = max(0.0, (1 / growth - 1) / 2)
    radius = int(4 * deviation + 0.5)
    if not radius:
        return image
    kernel = np.exp([-0.5 * (step / deviation) ** 2 for step in range(-radius, radius + 1)])
    padded = np.pad(image, ((0, 0), (radius, radius)), mode="reflect")
    lines = [np.convolve(line, kernel / kernel.sum(), mode="valid") for line in padded]
    return np.array(lines)
