"""A picture cut into overlapping windows of one size, whose cores tile it."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from p3m.imaging.types import Box, Image, Size


@dataclass(frozen=True, slots=True)
class Window:
    """A window and the part of it whose result counts.

    Attributes:
        outer: The window, in pixels of the picture. It may reach beyond the right and bottom edges.
        core: The pixels inside it that are this window's to decide; never beyond the picture.
    """

    outer: Box
    core: Box

    @property
    def inner(self) -> tuple[slice, slice]:
        """Rows and columns of the core, counted from the window's corner."""
        left, top = self.outer[:2]
        return (
            slice(self.core[1] - top, self.core[3] - top),
            slice(self.core[0] - left, self.core[2] - left),
        )


def cut(size: Size, *, core_px: int, halo_px: int, multiple: int) -> Iterator[Window]:
    """The windows of a picture, row by row; their cores cover each pixel exactly once.

    All have one size, except that a picture smaller than a window has one window along that axis.
    Corners and sides are multiples of a number, so that a graph with strides sees each window in
    the same phase as the whole picture. A window at an edge ends there, as the whole picture does.

    Args:
        size: The picture's height and width.
        core_px: About the side of a core.
        halo_px: The least distance from a core to its window's edge, but for edges of the picture.
        multiple: What corners and sides are multiples of.
    """
    rows, columns = (_spans(side, core_px, halo_px, multiple) for side in size)
    for (y, top, bottom, height), (x, left, right, width) in product(rows, columns):
        yield Window((x, y, x + width, y + height), (left, top, right, bottom))


def _spans(
    length: int, core_px: int, halo_px: int, multiple: int
) -> list[tuple[int, int, int, int]]:
    """Along one axis: each window's origin, its core's start and stop, and its length."""
    padded = _up(length, multiple)
    core, halo = _up(core_px, multiple), _up(halo_px, multiple)
    side = core + 2 * halo
    if padded <= side:
        return [(0, 0, length, padded)]
    return [
        (min(max(start - halo, 0), padded - side), start, min(start + core, length), side)
        for start in range(0, length, core)
    ]


def _up(length: int, multiple: int) -> int:
    return -(-length // multiple) * multiple


def crop(image: Image, box: Box) -> Image:
    """The pixels of a box that begins inside the picture; beyond the picture its edge is repeated.

    Returns:
        Shape (bottom - top, right - left, 3); a view where the box lies inside.
    """
    left, top, right, bottom = box
    inside: Image = image[top:bottom, left:right]
    missing = (bottom - top - inside.shape[0], right - left - inside.shape[1])
    if not any(missing):
        return inside
    return np.pad(inside, ((0, missing[0]), (0, missing[1]), (0, 0)), mode="edge")
