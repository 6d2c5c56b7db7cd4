"""Maps of a whole picture at a lower resolution, read at the picture's own pixels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from p3m.imaging.types import Box

Maps = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class CoarseMaps:
    """What a model knows of a whole picture, at lower resolution.

    Pixel centres lie at halves: row ``y`` of the picture is row ``(y + 0.5) * step - 0.5`` of the
    maps, between two of them in general. Beyond the outermost centres the outermost values hold.

    Attributes:
        maps: Shape (C, h, w): the alpha, the probability that a pixel is transition, then any
            features.
        step: Rows and columns of the maps for each row and column of the picture.
    """

    maps: Maps
    step: tuple[float, float]

    def read(self, box: Box, *, channels: int | None = None) -> Maps:
        """The maps interpolated linearly at the pixels of a box.

        Every pixel's value depends on its place in the picture alone, not on the box that it is
        read in.

        Args:
            box: In pixels of the picture; it may reach beyond it.
            channels: How many of the maps to read; ``None`` reads all.

        Returns:
            Shape (channels, bottom - top, right - left).
        """
        left, top, right, bottom = box
        source = self.maps[:channels]
        y, next_y, down = _between(top, bottom, self.step[0], source.shape[1])
        x, next_x, along = _between(left, right, self.step[1], source.shape[2])
        rows = source[:, y[0] : next_y[-1] + 1]
        across = rows[:, :, x]
        across += (rows[:, :, next_x] - across) * along
        result = across[:, y - y[0]]
        result += (across[:, next_y - y[0]] - result) * down[:, None]
        return result

    def transition(self, box: Box) -> float:
        """The greatest transition probability in the maps that a box's pixels lie between."""
        left, top, right, bottom = box
        y, next_y, _ = _between(top, bottom, self.step[0], self.maps.shape[1])
        x, next_x, _ = _between(left, right, self.step[1], self.maps.shape[2])
        return float(self.maps[1, y[0] : next_y[-1] + 1, x[0] : next_x[-1] + 1].max())


def _between(
    start: int, stop: int, step: float, size: int
) -> tuple[NDArray[np.intp], NDArray[np.intp], Maps]:
    """The two map pixels that each of ``[start, stop)`` lies between, and how far along."""
    place = ((np.arange(start, stop) + 0.5) * step - 0.5).clip(0, size - 1)
    before = place.astype(np.intp)
    return before, np.minimum(before + 1, size - 1), (place - before).astype(np.float32)
