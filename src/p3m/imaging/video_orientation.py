"""Which way up a video's frames are meant to be shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from p3m.core.errors import VideoDecodeError

if TYPE_CHECKING:
    import av

    from p3m.imaging.types import Image, Size

_ONE = 1 << 16  # the matrix holds fixed-point numbers
_TOLERANCE = 0.01


@dataclass(frozen=True, slots=True)
class Orientation:
    """A quarter turn, a mirror, or both: how decoded pixels become upright ones.

    Attributes:
        swapped: Whether rows and columns change places, before all else.
        rows_reversed: Whether the rows then run from below.
        columns_reversed: Whether the columns then run from the right.
    """

    swapped: bool = False
    rows_reversed: bool = False
    columns_reversed: bool = False

    @classmethod
    def of(cls, frame: av.VideoFrame, name: str) -> Orientation:
        """The orientation that a decoded frame's display matrix says.

        The matrix takes a decoded column p and row q to the columns ``a p + c q`` and the rows
        ``b p + d q``.

        Args:
            frame: With its side data.
            name: What errors call the video.

        Raises:
            VideoDecodeError: If it is turned by less than a quarter.
        """
        data: Any = frame.side_data.get("DISPLAYMATRIX")
        if data is None:
            return UPRIGHT
        matrix = np.frombuffer(bytes(data), np.int32)[[0, 1, 3, 4]] / _ONE
        return cls._from_matrix([float(value) for value in matrix], name)

    @classmethod
    def _from_matrix(cls, matrix: list[float], name: str) -> Orientation:
        a, b, c, d = (round(value) for value in matrix)
        exact = all(abs(value - round(value)) < _TOLERANCE for value in matrix)
        if not exact or sorted((abs(a * d), abs(b * c))) != [0, 1]:
            raise VideoDecodeError(
                f"{name}: is turned by a part of a quarter; turn it upright in an editor first."
            )
        if a == 0:
            return cls(swapped=True, rows_reversed=b < 0, columns_reversed=c < 0)
        return cls(rows_reversed=d < 0, columns_reversed=a < 0)

    def size(self, decoded: Size) -> Size:
        """Height and width of the upright picture."""
        return (decoded[1], decoded[0]) if self.swapped else decoded

    def turn(self, image: Image) -> Image:
        """The upright picture, shape (H, W, 3)."""
        turned = image.swapaxes(0, 1) if self.swapped else image
        turned = turned[::-1] if self.rows_reversed else turned
        turned = turned[:, ::-1] if self.columns_reversed else turned
        return np.ascontiguousarray(turned)


UPRIGHT = Orientation()
"""Pixels are shown as they are decoded."""
