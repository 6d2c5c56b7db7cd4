"""Where the marks of a chart go, in pixels; whoever renders them decides how they look."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from p3m.core.errors import RangeError

WIDTH_PX, HEIGHT_PX = 640, 300
LEFT_PX, RIGHT_PX, TOP_PX, BOTTOM_PX = 64, 34, 14, 42

_BINS = 24
_NOTHING = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A mark on an axis: where it is, and what it says."""

    at: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """A picture in a scatter plot: its place, and its words on hover."""

    x: float
    y: float
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A class of a histogram: its place, and its words on hover."""

    x: float
    y: float
    width: float
    height: float
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A scatter plot or a histogram.

    Attributes:
        x_label: What the horizontal axis shows.
        y_label: What the vertical axis shows.
        x_ticks: Marks of the horizontal axis.
        y_ticks: Marks of the vertical axis.
        dots: The pictures of a scatter plot.
        bars: The classes of a histogram.
        diagonal: The line on which both axes say the same: x1, y1, x2, y2; None where there is
            none.
    """

    x_label: str
    y_label: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    dots: tuple[Dot, ...] = ()
    bars: tuple[Bar, ...] = ()
    diagonal: tuple[float, float, float, float] | None = None


def scatter(
    x: Sequence[float],
    y: Sequence[float],
    titles: Sequence[str],
    *,
    x_label: str,
    y_label: str,
    same_scale: bool = False,
) -> Chart:
    """A dot for each picture.

    Args:
        x: How far to the right each dot lies.
        y: How far up.
        titles: What each dot says on hover.
        x_label: What ``x`` is.
        y_label: What ``y`` is.
        same_scale: Whether both axes are alike, with a line where both say the same.

    Raises:
        RangeError: If there is no dot.
    """
    if not len(x):
        raise RangeError("A chart needs one dot at least.")
    x_end, y_end = max(x), max(y)
    if same_scale:
        x_end = y_end = max(x_end, y_end)
    across, along = _axis(x_end), _axis(y_end)
    return Chart(
        x_label=x_label,
        y_label=y_label,
        x_ticks=tuple(Tick(at=_right(t / across[-1]), label=f"{t:g}") for t in across),
        y_ticks=tuple(Tick(at=_up(t / along[-1]), label=f"{t:g}") for t in along),
        dots=tuple(
            Dot(x=_right(right / across[-1]), y=_up(up / along[-1]), title=title)
            for right, up, title in zip(x, y, titles, strict=True)
        ),
        diagonal=(_right(0), _up(0), _right(1), _up(1)) if same_scale else None,
    )


def histogram(values: Sequence[float], *, x_label: str, y_label: str) -> Chart:
    """How many pictures score how much.

    Args:
        values: The scores, 0 or more.
        x_label: What they are.
        y_label: What is counted.

    Raises:
        RangeError: If there is no value.
    """
    if not len(values):
        raise RangeError("A chart needs one value at least.")
    across = _axis(max(values))
    counts, edges = np.histogram(values, bins=_BINS, range=(0, across[-1]))
    along = _axis(int(counts.max()))
    bars = []
    for count, low, high in zip(counts, edges, edges[1:], strict=False):
        left, right, top = (
            _right(low / across[-1]),
            _right(high / across[-1]),
            _up(count / along[-1]),
        )
        title = f"{low:.4g} to {high:.4g}: {count}"
        bars.append(Bar(x=left, y=top, width=right - left, height=_up(0) - top, title=title))
    return Chart(
        x_label=x_label,
        y_label=y_label,
        x_ticks=tuple(Tick(at=_right(t / across[-1]), label=f"{t:g}") for t in across),
        y_ticks=tuple(Tick(at=_up(t / along[-1]), label=f"{t:g}") for t in along),
        bars=tuple(bars),
    )


def _axis(end: float) -> list[float]:
    """Round numbers from 0 to the first that is not below the end: four to ten of them."""
    if end < _NOTHING:
        return [0.0, 1.0]
    rough = end / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(f * power for f in (1, 2, 2.5, 5, 10) if f * power >= rough)
    return [float(f"{step * n:.12g}") for n in range(math.ceil(end / step - 1e-9) + 1)]


def _right(share: float) -> float:
    return round(LEFT_PX + float(share) * (WIDTH_PX - LEFT_PX - RIGHT_PX), 2)


def _up(share: float) -> float:
    return round(HEIGHT_PX - BOTTOM_PX - float(share) * (HEIGHT_PX - TOP_PX - BOTTOM_PX), 2)
