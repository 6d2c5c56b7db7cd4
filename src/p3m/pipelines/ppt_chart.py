"""The picture of a PPT study: a bar for each column, with the interval of its mean."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from p3m.evaluation.report import number
from p3m.evaluation.statistics import Summary

_BAR, _STEP, _GAP, _LEFT, _TOP, _HEIGHT, _BOTTOM = 44, 58, 46, 24, 40, 220, 76
_COLOURS = {"B:B": "#0b6e8f", "B:N": "#5aa9c4", "N:B": "#b4552d", "N:N": "#dc9a6f"}

_STYLE = """
text { font: 13px system-ui, sans-serif; fill: #3c4248; text-anchor: middle; }
.title { font-size: 15px; font-weight: 600; text-anchor: start; }
.model { font-weight: 600; } .soft { fill: #6a7178; } .value { font-size: 12px; }
line { stroke: #3c4248; stroke-width: 1.5; } .axis { stroke: #d9dde1; }
@media (prefers-color-scheme: dark) {
text { fill: #e7eaed; } .soft { fill: #9aa3ab; }
line { stroke: #e7eaed; } .axis { stroke: #343a40; } }
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The bars of a network.

    Attributes:
        name: The network's.
        bars: Mean and interval of each column; None where it is missing.
    """

    name: str
    bars: dict[str, Summary | None]


def bar_chart(groups: Sequence[Group], *, title: str) -> str:
    """The text of an SVG picture that stands alone; it follows a dark surrounding.

    Args:
        groups: The networks, each with the same columns.
        title: What the bars show.

    Example:
        >>> bar = Summary(mean=2.0, median=2.0, low=1.0, high=3.0)
        >>> bar_chart([Group(name="mine", bars={"B:B": bar})], title="SAD")[:4]
        '<svg'
    """
    ends = [bar.high for group in groups for bar in group.bars.values() if bar]
    scale = _HEIGHT / (max(ends, default=0.0) or 1.0)
    widths = [_STEP * len(group.bars) for group in groups]
    width = max(420, 2 * _LEFT + sum(widths) + _GAP * (len(groups) - 1))
    height = _TOP + _HEIGHT + _BOTTOM
    base = _TOP + _HEIGHT
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img" aria-label="{escape(title)}">'
    )
    parts = [
        head,
        f"<style>{_STYLE}</style>",
        f'<text class="title" x="{_LEFT}" y="22">{escape(title)}</text>',
        f'<line class="axis" x1="{_LEFT}" x2="{width - _LEFT}" y1="{base}" y2="{base}"/>',
    ]
    left = _LEFT
    for group, across in zip(groups, widths, strict=True):
        middle = left + across / 2
        for place, (column, bar) in enumerate(group.bars.items()):
            parts += _bar(column, bar, left + _STEP * (place + 0.5), scale)
        parts.append(
            f'<text class="model" x="{middle:.1f}" y="{base + 62}">{escape(group.name)}</text>'
        )
        left += across + _GAP
    return "\n".join([*parts, "</svg>"]) + "\n"


def _bar(column: str, bar: Summary | None, middle: float, scale: float) -> Iterator[str]:
    base = _TOP + _HEIGHT
    yield f'<text class="soft" x="{middle:.1f}" y="{base + 20}">{column}</text>'
    if bar is None:
        yield f'<text class="soft" x="{middle:.1f}" y="{base - 8}">-</text>'
        return
    top, high, low = (base - scale * value for value in (bar.mean, bar.high, bar.low))
    yield (
        f'<rect x="{middle - _BAR / 2:.1f}" y="{top:.1f}" width="{_BAR}" '
        f'height="{base - top:.1f}" rx="2" fill="{_COLOURS.get(column, "#6a7178")}"/>'
    )
    yield f'<line x1="{middle:.1f}" x2="{middle:.1f}" y1="{high:.1f}" y2="{low:.1f}"/>'
    for end in (high, low):
        yield f'<line x1="{middle - 6:.1f}" x2="{middle + 6:.1f}" y1="{end:.1f}" y2="{end:.1f}"/>'
    yield f'<text class="value" x="{middle:.1f}" y="{base + 38}">{number(bar.mean)}</text>'
