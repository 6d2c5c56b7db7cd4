"""Two evaluations of the same pictures, compared picture by picture."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from p3m.core.errors import ConfigError
from p3m.evaluation.protocol import Column
from p3m.evaluation.result import Evaluation
from p3m.evaluation.statistics import Summary, summarize

Verdict = Literal["better", "worse", "unclear"]

FEWEST = 6
"""Pictures from which a difference is called better or worse: the interval of few is too narrow. It
leaves 0 out in half of all comparisons of equals at two pictures, in one of eleven at ten."""

_VALUES = "exact"  # how values count where an evaluation does not say


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A column's paired difference: this evaluation less the baseline.

    Attributes:
        mean: Over the pictures that both have.
        low: Lower end of its 95 % interval.
        high: Its upper end.
        verdict: What it says if 0 lies outside of the interval; else, and of fewer pictures than
            :data:`FEWEST`, ``unclear``.
    """

    mean: float
    low: float
    high: float
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What sets an evaluation apart from a baseline.

    Attributes:
        title: What the baseline scored.
        names: The pictures that both have at one size, in their order.
        left_out: How many pictures only one of the two has, or each at another size.
        differences: For each column that both have.
    """

    title: str
    names: tuple[str, ...]
    left_out: int
    differences: dict[str, Difference]


def compare(evaluation: Evaluation, baseline: Evaluation, *, seed: int = 0) -> Comparison:
    """The differences of scores of the same pictures, with bootstrap intervals.

    Pairing takes out what makes a picture hard for both, so a difference may be clear although the
    two means' own intervals overlap.

    Args:
        evaluation: What is to be told apart.
        baseline: What from.
        seed: Decides the draws.

    Raises:
        ConfigError: If the two have other protocols or ways to count values, or no picture in
            common.
    """
    check_baseline(
        baseline,
        protocol=evaluation.protocol,
        values=evaluation.settings.get("values", _VALUES),
        names={row.name for row in evaluation.rows},
    )
    ours = {row.name: row for row in evaluation.rows}
    theirs = {row.name: row for row in baseline.rows}
    names = tuple(n for n in ours if n in theirs and ours[n].size == theirs[n].size)
    if not names:
        raise other_sizes(baseline)
    known = {column.name for column in baseline.columns}
    columns = [column for column in evaluation.columns if column.name in known]
    paired = {
        column.name: [
            ours[name].scores[column.name] - theirs[name].scores[column.name] for name in names
        ]
        for column in columns
    }
    summaries = summarize(paired, seed=seed)
    return Comparison(
        title=baseline.title,
        names=names,
        left_out=len(ours.keys() | theirs.keys()) - len(names),
        differences={
            column.name: _difference(column, summaries[column.name], len(names))
            for column in columns
        },
    )


def check_baseline(
    baseline: Evaluation, *, protocol: str, values: str, names: Collection[str]
) -> None:
    """Checks that an evaluation can be compared with another, before the work of measuring.

    Args:
        baseline: The other one.
        protocol: By which pictures are scored.
        values: How the predictions' values count.
        names: The pictures.

    Raises:
        ConfigError: If the two have other protocols or ways to count values, or no name in common.
    """
    if protocol != baseline.protocol:
        raise ConfigError(
            f"The baseline was scored by the protocol {baseline.protocol}, this by "
            f"{protocol}; their numbers cannot be compared."
        )
    theirs = baseline.settings.get("values", _VALUES)
    if values != theirs:
        raise ConfigError(
            f"The baseline's values were taken {theirs}, these {values}; "
            "evaluate one of them again."
        )
    if not any(row.name in names for row in baseline.rows):
        raise ConfigError(
            f"The baseline ({baseline.title}) scored none of these pictures: no name is the same."
        )


def other_sizes(baseline: Evaluation) -> ConfigError:
    """The error of a baseline whose pictures of the same names are other ones."""
    return ConfigError(
        f"The baseline ({baseline.title}) scored none of these pictures: "
        "those of the same names have other sizes."
    )


def _difference(column: Column, summary: Summary, pictures: int) -> Difference:
    low, high = summary.low, summary.high
    verdict: Verdict = "unclear"
    if pictures >= FEWEST and not low <= 0 <= high:
        verdict = "better" if (high < 0) == (column.direction == "lower") else "worse"
    return Difference(mean=summary.mean, low=low, high=high, verdict=verdict)
