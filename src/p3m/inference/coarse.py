"""Maps of a whole picture at a lower resolution, read at the picture's own pixels."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from p3m.imaging.types import Alpha, Box, Size

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
        finer: An alpha that is known better than the maps' own and read in its place, if any.
    """

    maps: Maps
    step: tuple[float, float]
    finer: "CoarseMaps | None" = None

    def of(self, size: Size, *, instead_of: Size) -> "CoarseMaps":
        """The same maps for the picture at another size.

        Args:
            size: Height and width of the picture that they are to be read for.
            instead_of: Those of the picture that they are for now.
        """
        down, across = (old / new for old, new in zip(instead_of, size, strict=True))
        finer = None if self.finer is None else self.finer.of(size, instead_of=instead_of)
        return replace(self, step=(self.step[0] * down, self.step[1] * across), finer=finer)

    def with_alpha(self, alpha: Alpha, size: Size) -> "CoarseMaps":
        """The same maps with another alpha.

        Args:
            alpha: Of the whole picture, at any resolution.
            size: Height and width of the picture that the maps are for.
        """
        step = (alpha.shape[0] / size[0], alpha.shape[1] / size[1])
        return replace(self, finer=CoarseMaps(alpha[None], step))

    def read(self, box: Box, *, channels: int | None = None, out: Maps | None = None) -> Maps:
        """The maps interpolated linearly at the pixels of a box.

        Every pixel's value depends on its place in the picture alone, not on the box that it is
        read in.

        Args:
            box: In pixels of the picture; it may reach beyond it.
            channels: How many of the maps to read; ``None`` reads all.
            out: Where to write them, ``float32`` of the shape returned; ``None`` makes room.

        Returns:
            Shape (channels, bottom - top, right - left); ``out`` if it was given.
        """
        left, top, right, bottom = box
        source = self.maps[:channels]
        if out is None:
            out = np.empty((len(source), bottom - top, right - left), np.float32)
        planes = out
        if self.finer is not None:
            self.finer.read(box, out=out[:1])
            source, planes = source[1:], out[1:]
        y, next_y, down = _between(top, bottom, self.step[0], source.shape[1])
        x, next_x, along = _between(left, right, self.step[1], source.shape[2])
        rows = source[:, y[0] : next_y[-1] + 1]
        across = rows[:, :, x]
        across += (rows[:, :, next_x] - across) * along
        upper, lower, share = y - y[0], next_y - y[0], down[:, None]
        for channel, known in enumerate(across):  # one by one, they stay in the cache
            # NumPy writes straight to `out` only if it need not check the rows.
            plane = np.take(known, upper, axis=0, out=planes[channel], mode="clip")
            plane += (known[lower] - plane) * share
        return out

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
