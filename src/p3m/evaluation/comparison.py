"""Two evaluations of the same pictures, compared picture by picture."""

from dataclasses import dataclass
from typing import Literal

from p3m.core.errors import ConfigError
from p3m.evaluation.protocol import Column
from p3m.evaluation.result import Evaluation
from p3m.evaluation.statistics import summarize

Verdict = Literal["better", "worse", "unclear"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A column's paired difference: this evaluation less the baseline.

    Attributes:
        mean: Over the pictures that both have.
        low: Lower end of its 95 % interval.
        high: Its upper end.
        verdict: What it says if 0 lies outside of the interval; else ``unclear``.
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
        names: The pictures that both have, in their order.
        left_out: How many pictures only one of the two has.
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
    _check_alike(evaluation, baseline)
    ours = {row.name: row.scores for row in evaluation.rows}
    theirs = {row.name: row.scores for row in baseline.rows}
    names = tuple(name for name in ours if name in theirs)
    if not names:
        raise ConfigError(
            f"The baseline ({baseline.title}) scored none of these pictures: no name is the same."
        )
    known = {column.name for column in baseline.columns}
    columns = [column for column in evaluation.columns if column.name in known]
    paired = {
        column.name: [ours[name][column.name] - theirs[name][column.name] for name in names]
        for column in columns
    }
    summaries = summarize(paired, seed=seed)
    return Comparison(
        title=baseline.title,
        names=names,
        left_out=len(ours.keys() ^ theirs.keys()),
        differences={
            column.name: Difference(
                mean=summaries[column.name].mean,
                low=summaries[column.name].low,
                high=summaries[column.name].high,
                verdict=_verdict(column, summaries[column.name].low, summaries[column.name].high),
            )
            for column in columns
        },
    )


def _check_alike(evaluation: Evaluation, baseline: Evaluation) -> None:
    if evaluation.protocol != baseline.protocol:
        raise ConfigError(
            f"The baseline was scored by the protocol {baseline.protocol}, this by "
            f"{evaluation.protocol}; their numbers cannot be compared."
        )
    ours, theirs = (one.settings.get("values", "exact") for one in (evaluation, baseline))
    if ours != theirs:
        raise ConfigError(
            f"The baseline's values were taken {theirs}, these {ours}; evaluate one of them again."
        )


def _verdict(column: Column, low: float, high: float) -> Verdict:
    if low <= 0 <= high:
        return "unclear"
    return "better" if (high < 0) == (column.direction == "lower") else "worse"
