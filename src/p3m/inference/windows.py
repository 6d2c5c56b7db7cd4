"""A picture cut into overlapping windows of one size, whose cores tile it."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from p3m.imaging.types import Box, Image, Size


@dataclass(frozen=True, slots=True)
class Window:
    """A window and the part of it whose result counts.

    Attributes:
        outer: The window, in pixels of the picture. It may reach beyond the right and bottom edges.
        core: The pixels inside it that are this window's to decide; never beyond the picture.
        fade_px: How far around its core it has a say, where it has a neighbour. From as far inside
            on, its neighbour has one.
        reach: The pixels that it has a say in: its core where nothing fades.
    """

    outer: Box
    core: Box
    fade_px: int
    reach: Box

    @property
    def inner(self) -> tuple[slice, slice]:
        """Rows and columns of the reach, counted from the window's corner."""
        left, top = self.outer[:2]
        return (
            slice(self.reach[1] - top, self.reach[3] - top),
            slice(self.reach[0] - left, self.reach[2] - left),
        )

    def weights(self) -> NDArray[np.float32] | None:
        """How much it counts at each pixel of its reach; ``None`` for 1 everywhere.

        All windows' weights together are 1 at each pixel of the picture.
        """
        if self.reach == self.core:
            return None
        across = self._weights_along(0)
        return self._weights_along(1)[:, None] * across

    def _weights_along(self, axis: int) -> NDArray[np.float32]:
        """The weights along an axis: 0 is across, 1 is down."""
        start, stop = self.core[axis], self.core[axis + 2]
        low, high = self.reach[axis], self.reach[axis + 2]
        centre = np.arange(low, high, dtype=np.float32) + np.float32(0.5)
        weights = np.ones_like(centre)
        if low < start:
            weights = np.minimum(weights, (centre - start) / (2 * self.fade_px) + np.float32(0.5))
        if high > stop:
            weights = np.minimum(weights, (stop - centre) / (2 * self.fade_px) + np.float32(0.5))
        return weights.clip(0.0, 1.0)


def cut(
    size: Size, *, core_px: int, halo_px: int, multiple: int, blend_px: int = 0
) -> Iterator[Window]:
    """The windows of a picture, row by row; their cores cover each pixel exactly once.

    All have one size, except that a picture smaller than a window has one window along that axis.
    Corners and sides are multiples of a number, so that a graph with strides sees each window in
    the same phase as the whole picture. A window at an edge ends there, as the whole picture does,
    and its core goes as far.

    Args:
        size: The picture's height and width.
        core_px: About the side of a core.
        halo_px: The least distance from a core to its window's edge, but for edges of the picture.
        multiple: What corners and sides are multiples of.
        blend_px: Over how many pixels neighbours fade into each other; less where the halo or the
            core is too small for that.
    """
    rows, columns = (_spans(side, core_px, halo_px, multiple) for side in size)
    fade = min(blend_px // 2, _up(halo_px, multiple), _up(core_px, multiple) // 2)
    for (y, top, bottom, height), (x, left, right, width) in product(rows, columns):
        core = (left, top, right, bottom)
        yield Window((x, y, x + width, y + height), core, fade, _reach(core, fade, size))


class _Span(NamedTuple):
    """A window along one axis: where it begins, its core's start and stop, and its length."""

    origin: int
    start: int
    stop: int
    side: int


def _spans(length: int, core_px: int, halo_px: int, multiple: int) -> list[_Span]:
    padded = _up(length, multiple)
    core, halo = _up(core_px, multiple), _up(halo_px, multiple)
    side = core + 2 * halo
    if padded <= side:
        return [_Span(0, 0, length, padded)]
    origins = [*range(0, padded - side, core), padded - side]
    stops = [*(origin + core + halo for origin in origins[:-1]), length]
    starts = [0, *stops[:-1]]
    return [_Span(*where, side) for where in zip(origins, starts, stops, strict=True)]


def _reach(core: Box, fade_px: int, size: Size) -> Box:
    left, top, right, bottom = core
    return (
        max(left - fade_px, 0),
        max(top - fade_px, 0),
        min(right + fade_px, size[1]),
        min(bottom + fade_px, size[0]),
    )


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
