"""The report of an evaluation: one page that holds all it shows, and tables for other programs."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from p3m.core.extras import require_extra
from p3m.evaluation.charts import Chart, histogram, scatter
from p3m.evaluation.comparison import Comparison
from p3m.evaluation.gallery import Exhibit
from p3m.evaluation.published import Published, PublishedScore
from p3m.evaluation.result import Evaluation, to_csv, to_json
from p3m.imaging.atomic import check_free, write_atomic
from p3m.imaging.page import render_page

FILES = ("scores.csv", "evaluation.json", "report.html")
"""What a report's folder holds."""

_TEMPLATE = "report.html.j2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that a report tells.

    Attributes:
        evaluation: What was measured.
        exhibits: Pictures to look at, the worst first.
        comparison: What sets it apart from a baseline, or None.
        baseline: That baseline, or None.
        published: What others published on the test set, or None where it is not known.
    """

    evaluation: Evaluation
    exhibits: Sequence[Exhibit] = ()
    comparison: Comparison | None = None
    baseline: Evaluation | None = None
    published: Published | None = None


def check_report(folder: Path, *, overwrite: bool = False) -> None:
    """Checks that a report can be written, before the work of measuring.

    Args:
        folder: Takes the report.
        overwrite: Whether files of an older one may be replaced.

    Raises:
        MissingExtraError: If jinja2 is not installed.
        OutputError: If a file of it exists and may not be replaced.
    """
    require_extra("evaluate", "A report", "jinja2")
    for name in FILES:
        check_free(folder / name, overwrite=overwrite)


def write_report(folder: Path, report: Report, *, overwrite: bool = False) -> tuple[Path, ...]:
    """Writes the page, the JSON and the CSV into a folder, which is made.

    What is no text in a picture's name is written as an escape.

    Args:
        folder: Takes them.
        report: What they tell.
        overwrite: Whether files of an older report may be replaced.

    Returns:
        The files.

    Raises:
        MissingExtraError: If jinja2 is not installed.
        OutputError: If a file exists and may not be replaced, or cannot be written.
    """
    check_report(folder, overwrite=overwrite)
    comparison = None if report.comparison is None else asdict(report.comparison)
    contents = (
        to_csv(report.evaluation),
        to_json(report.evaluation, comparison=comparison),
        to_html(report),
    )
    for name, content in zip(FILES, contents, strict=True):
        write_atomic(folder / name, content.encode(errors="backslashreplace"), overwrite=overwrite)
    return tuple(folder / name for name in FILES)


def to_html(report: Report) -> str:
    """The page: it holds its pictures and styles, runs no script and asks no other origin.

    Raises:
        MissingExtraError: If jinja2 is not installed.
    """
    evaluation = report.evaluation
    return render_page(
        "p3m.evaluation",
        _TEMPLATE,
        {
            "evaluation": evaluation,
            "summary": evaluation.summary(),
            "report": report,
            "titles": {column.name: column.title for column in evaluation.columns},
            "charts": tuple(_charts(report)),
            "cited": tuple(_cited(report.published)) if report.published else (),
        },
        filters={"number": number},
    )


def number(value: float) -> str:
    """A value as tables show it: four significant digits.

    Example:
        >>> number(12.34567), number(0.00123456), number(0.0)
        ('12.35', '0.001235', '0')
    """
    return f"{value:.4g}" if value == 0 or abs(value) >= 1e-4 else f"{value:.3e}"


def _charts(report: Report) -> Iterator[Chart]:
    evaluation = report.evaluation
    first = evaluation.columns[0]
    scores = evaluation.scores(first.name)
    titles = [
        f"{row.name}: {first.title} {number(row.scores[first.name])}" for row in evaluation.rows
    ]
    if report.comparison is not None and report.baseline is not None:
        before = {row.name: row.scores[first.name] for row in report.baseline.rows}
        now = {row.name: row.scores[first.name] for row in evaluation.rows}
        names = report.comparison.names
        yield scatter(
            [before[name] for name in names],
            [now[name] for name in names],
            [f"{n}: {number(before[n])}, now {number(now[n])}" for n in names],
            x_label=f"{first.title} of the baseline",
            y_label=f"{first.title}",
            same_scale=True,
        )
    yield scatter(
        range(1, len(scores) + 1),
        scores,
        titles,
        x_label="picture, in the order of names",
        y_label=first.title,
    )
    for column in evaluation.columns:
        values = evaluation.scores(column.name)
        yield histogram(values, x_label=f"{column.title} ({column.unit})", y_label="pictures")


@dataclass(frozen=True, slots=True)
class _CitedTable:
    """What one source says, and what a reader must know of it."""

    source: str
    protocol: str
    note: str
    columns: tuple[str, ...]
    scores: tuple[PublishedScore, ...]


def _cited(published: Published) -> Iterator[_CitedTable]:
    def origin(score: PublishedScore) -> tuple[Any, ...]:
        return score.source, score.protocol, score.note, tuple(score.scores)

    for (source, protocol, note, columns), scores in groupby(published.scores, origin):
        yield _CitedTable(source, protocol, note, columns, tuple(scores))
