"""Where a portrait shows nobody: what stands and hangs beside people, to be a background."""

import cv2
import numpy as np

from p3m.imaging.types import Alpha

_EMPTY = 0.01  # the alpha up to which a pixel shows nobody
_MARGIN_PX = 9  # kept around people, for what soft outlines spill
_TRIES = 300
_LEAST = 0.12  # the mean of a part's sides, as a share of the picture's shorter one


def empty_part(alpha: Alpha, rng: np.random.Generator) -> tuple[slice, slice] | None:
    """The rows and columns of a large part of a picture in which nobody is.

    Args:
        alpha: The picture's alpha, shape (H, W).
        rng: Source of randomness.

    Returns:
        Of many rectangles drawn at random, up to about 1.8 times as long as wide, the largest one
        without a person; None if each shows some of one.
    """
    height, width = alpha.shape
    taken = cv2.dilate((alpha > _EMPTY).astype(np.uint8), np.ones((_MARGIN_PX, _MARGIN_PX)))
    sums = cv2.integral(taken)
    size = np.exp(rng.uniform(np.log(_LEAST), 0, _TRIES)) * min(height, width)
    stretch = np.exp(rng.uniform(-0.3, 0.3, _TRIES))
    rows = np.clip(size * stretch, 1, height).astype(int)
    columns = np.clip(size / stretch, 1, width).astype(int)
    top = rng.integers(0, height - rows + 1)
    left = rng.integers(0, width - columns + 1)
    bottom, right = top + rows, left + columns
    people = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
    area = np.where(people == 0, rows * columns, 0)
    best = int(area.argmax())
    if not area[best]:
        return None
    return slice(int(top[best]), int(bottom[best])), slice(int(left[best]), int(right[best]))
