"""Faces that are ovals of one colour, for tests of what borrows faces."""

import numpy as np
from numpy.typing import NDArray


def oval(
    side: int, *, centre: tuple[int, int] | None = None, radii: tuple[int, int] | None = None
) -> NDArray[np.uint8]:
    """An upright oval of ones in a square of zeros.

    Args:
        side: Side of the square.
        centre: Column and row; the middle if not given.
        radii: Half its width and height; a fifth and a third of the side if not given.
    """
    column, row = centre or (side // 2, side // 2)
    width, height = radii or (side // 5, side // 3)
    y, x = np.mgrid[:side, :side]
    inside: NDArray[np.uint8] = (np.hypot((x - column) / width, (y - row) / height) < 1).astype(
        np.uint8
    )
    return inside


class DrawnFaces:
    """Four faces: number n is an oval of the grey 40 n + 20 before black.

    Args:
        side: Side of the patches.
        empty: Whether nobody is in any of them.
    """

    def __init__(self, *, side: int = 32, empty: bool = False) -> None:
        self._mask = oval(side) * (0 if empty else 255)

    def __len__(self) -> int:
        return 4

    def face(self, number: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """The patch and its mask."""
        grey = (self._mask > 0) * np.uint8(40 * number + 20)
        return grey[..., None].repeat(3, axis=2), self._mask
