"""Where one scene of a video ends and another begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from p3m.imaging.types import Image

THRESHOLD = 0.6
"""How much of the picture must be of other colours; half of it may change by what moves alone."""

_CELLS = 3
_SIDE_PX = 96
_BINS = 6


class SceneChanges:
    """Compares each frame of a video with the one before, by the colours in nine parts of it.

    Args:
        threshold: The least difference that is a change, in [0, 1]. It is high on purpose: a face
            is followed within a scene only, and a change that is none could leave it uncovered.

    Example:
        >>> changes = SceneChanges()
        >>> black, white = np.zeros((8, 8, 3), np.uint8), np.full((8, 8, 3), 255, np.uint8)
        >>> [changes.is_first(image) for image in (black, black, white, white)]
        [False, False, True, False]
    """

    def __init__(self, *, threshold: float = THRESHOLD) -> None:
        self.threshold = threshold
        self._last: NDArray[np.float32] | None = None

    def is_first(self, image: Image) -> bool:
        """Whether a frame is the first of a new scene; the first of all is not.

        Args:
            image: The next frame, perhaps a smaller copy, shape (H, W, 3).
        """
        colours, last = _colours(image), self._last
        self._last = colours
        if last is None:
            return False
        return float(np.abs(colours - last).sum(axis=1).mean()) / 2 >= self.threshold


def _colours(image: Image) -> NDArray[np.float32]:
    """Shares of the colours in each part, coarse and softened: light that shifts is no change."""
    side = _SIDE_PX
    small: Any = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
    starts = range(0, side, side // _CELLS)
    return np.stack([_histogram(small, top, left) for top in starts for left in starts])


def _histogram(image: Image, top: int, left: int) -> NDArray[np.float32]:
    """Each colour counts for its neighbours too, so that a shade's border divides no scenes."""
    step = _SIDE_PX // _CELLS
    part = image[top : top + step, left : left + step]
    counts = cv2.calcHist([part], [0, 1, 2], None, [_BINS] * 3, [0, 256] * 3)
    for axis in range(3):
        edges = [(int(other == axis),) * 2 for other in range(3)]
        wide = np.pad(counts, edges, mode="edge").swapaxes(0, axis)
        counts = ((wide[:-2] + 2 * wide[1:-1] + wide[2:]) / 4).swapaxes(0, axis)
    shares: NDArray[np.float32] = (counts.ravel() / counts.sum()).astype(np.float32)
    return shares
