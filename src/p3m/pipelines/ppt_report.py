"""A PPT study on disk: tables for people and programs, a picture, and one page of all."""

import base64
import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from p3m.core.extras import require_extra
from p3m.evaluation.comparison import Difference
from p3m.evaluation.protocol import PROTOCOLS, Column
from p3m.evaluation.published import all_published
from p3m.evaluation.report import number
from p3m.evaluation.statistics import Summary
from p3m.imaging.atomic import write_atomic
from p3m.imaging.page import render_page
from p3m.pipelines.ppt_chart import Group, bar_chart
from p3m.pipelines.ppt_pictures import Table
from p3m.pipelines.ppt_study import COLUMNS, GAPS, SHOWN, TITLES, Entrant, Study

FILES = ("ppt.md", "ppt.csv", "ppt.json", "ppt.html")
"""What a report's folder holds, beside a picture of each table."""

FORMAT = "p3m-ppt/1"
"""What the first entry of the JSON file says."""

_CITED_SETS = ("p3m-500-p", "p3m-500-p-original")
_CITED_INPUT = "picture"
_DASH = "-"


@dataclass(frozen=True, slots=True)
class CitedRow:
    """What a paper says of a method: SAD and MSE, by column; on its own test set."""

    method: str
    scores: Mapping[str, Mapping[str, float]]
    source: str
    url: str


def cited_columns() -> tuple[CitedRow, ...]:
    """The published methods of which all four columns are known, trimap-free ones."""
    rows: dict[str, CitedRow] = {}
    for one in all_published().scores:
        if one.dataset in _CITED_SETS and one.input == _CITED_INPUT and "sad" in one.scores:
            row = rows.setdefault(one.method, CitedRow(one.method, {}, one.source, one.url))
            rows[one.method] = CitedRow(
                row.method, {**row.scores, one.faces: one.scores}, row.source, row.url
            )
    return tuple(row for row in rows.values() if set(row.scores) >= set(COLUMNS))


def write_study(folder: Path, study: Study) -> tuple[Path, ...]:
    """Writes a study, over an older one.

    Args:
        folder: Takes the files; made if need be.
        study: What was measured.

    Returns:
        The files.

    Raises:
        MissingExtraError: If jinja2 is not installed.
        OutputError: If a file cannot be written.
    """
    require_extra("evaluate", "A report", "jinja2")
    charts = {f"ppt-{table}.svg": _chart(study, table) for table in study.tables}
    texts = (to_markdown(study), to_csv(study), to_json(study), to_html(study))
    files = {**dict(zip(FILES, texts, strict=True)), **charts}
    for name, text in files.items():
        write_atomic(folder / name, text.encode(), overwrite=True)
    return tuple(folder / name for name in files)


def to_markdown(study: Study) -> str:
    """The tables as Markdown: means with their intervals, gaps, and what is cited."""
    lines = [f"# PPT study: {study.pictures} people in each column", ""]
    for table, entrants in study.tables.items():
        lines += [f"## {TITLES[table]}", ""]
        for column in _shown(entrants):
            lines += [f"{column.title} ({column.unit}), mean and 95 % interval", ""]
            lines += _markdown([["network", *COLUMNS], *_rows(entrants, column)])
        lines += ["Gaps, picture by picture, with 95 % intervals", ""]
        lines += _markdown([_GAP_HEAD, *_gap_rows(entrants, study.seed)])
        reasons = [f"- {e.name}, {c}: {why}." for e in entrants for c, why in e.missing.items()]
        lines += [*reasons, ""] if reasons else []
    lines += ["## Cited: SAD on P3M-500-P, another test set", ""]
    cited = cited_columns()
    scores = [[r.method, *(f"{r.scores[c]['sad']:g}" for c in COLUMNS)] for r in cited]
    lines += _markdown([["method", *COLUMNS], *scores])
    lines += [*dict.fromkeys(f"Source: {row.source}, {row.url}" for row in cited), ""]
    return "\n".join(lines)


def to_csv(study: Study) -> str:
    """A row for each table, network, column and metric, in full precision."""
    file = StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["table", "network", "column", "metric", "mean", "median", "low", "high"])
    for table, entrants in study.tables.items():
        for one in entrants:
            for column, evaluation in one.columns.items():
                for metric, s in evaluation.summary().items():
                    values = (repr(value) for value in (s.mean, s.median, s.low, s.high))
                    writer.writerow([table, one.name, column, metric, *values])
    return file.getvalue()


def to_json(study: Study) -> str:
    """The study without its single pictures; these are in the files of the columns."""
    content = {
        "format": FORMAT,
        "provenance": study.provenance,
        "settings": dict(study.settings),
        "pictures": study.pictures,
        "tables": {
            table: [_plain(one, study.seed) for one in entrants]
            for table, entrants in study.tables.items()
        },
        "cited": [asdict(row) for row in cited_columns()],
    }
    return json.dumps(content, indent=1, allow_nan=False) + "\n"


def to_html(study: Study) -> str:
    """The page: it holds its pictures and styles, runs no script and asks no other origin.

    Raises:
        MissingExtraError: If jinja2 is not installed.
    """
    tables = [
        {
            "title": TITLES[table],
            "chart": _uri(_chart(study, table)),
            "metrics": [(c, list(_rows(entrants, c))) for c in _shown(entrants)],
            "gaps": list(_gap_rows(entrants, study.seed)),
            "missing": [(e.name, c, why) for e in entrants for c, why in e.missing.items()],
        }
        for table, entrants in study.tables.items()
    ]
    return render_page(
        "p3m.pipelines",
        "ppt.html.j2",
        {
            "study": study,
            "tables": tables,
            "columns": COLUMNS,
            "gap_head": _GAP_HEAD,
            "meaning": {f"{one} - {other}": text for (one, other), text in GAPS.items()},
            "cited": cited_columns(),
        },
    )


_GAP_HEAD = ["network", "gap", *(c.title for c in PROTOCOLS["p3m"].columns if c.name in SHOWN)]


def _shown(entrants: tuple[Entrant, ...]) -> list[Column]:
    """The metrics of a table: those that tables show and that were measured."""
    measured = next((next(iter(e.columns.values())).columns for e in entrants if e.columns), ())
    return [column for column in measured if column.name in SHOWN]


def _rows(entrants: tuple[Entrant, ...], column: Column) -> Iterator[list[str]]:
    """A row a network, a cell a column."""
    for one in entrants:
        cells = (one.columns.get(name) for name in COLUMNS)
        yield [one.name, *(_mean(cell.summary()[column.name]) if cell else _DASH for cell in cells)]


def _gap_rows(entrants: tuple[Entrant, ...], seed: int) -> Iterator[list[str]]:
    """A row for each gap of a network; dashes where a metric was not measured."""
    for one in entrants:
        for name, differences in one.gaps(seed).items():
            cells = (differences.get(c.name) for c in PROTOCOLS["p3m"].columns if c.name in SHOWN)
            yield [one.name, name, *(_gap(cell) if cell else _DASH for cell in cells)]


def _mean(one: Summary) -> str:
    return f"{number(one.mean)} [{number(one.low)}, {number(one.high)}]"


def _gap(one: Difference) -> str:
    return f"{one.mean:+.3g} [{one.low:+.3g}, {one.high:+.3g}] {one.verdict}"


def _markdown(rows: list[list[str]]) -> list[str]:
    head, *rest = (f"| {' | '.join(row)} |" for row in rows)
    return [head, f"|---|{'---|' * (len(rows[0]) - 1)}", *rest, ""]


def _plain(one: Entrant, seed: int) -> dict[str, Any]:
    columns = {
        column: {
            "weights_sha256": evaluation.settings["weights_sha256"],
            "provenance": evaluation.provenance,
            "summary": {name: asdict(s) for name, s in evaluation.summary().items()},
        }
        for column, evaluation in one.columns.items()
    }
    gaps = {
        gap: {metric: asdict(difference) for metric, difference in differences.items()}
        for gap, differences in one.gaps(seed).items()
    }
    return {"network": one.name, "columns": columns, "missing": dict(one.missing), "gaps": gaps}


def _chart(study: Study, table: Table) -> str:
    groups = [
        Group(
            name=one.name,
            bars={
                c: one.columns[c].summary()["sad"] if c in one.columns else None for c in COLUMNS
            },
        )
        for one in study.tables[table]
    ]
    kind = TITLES[table].partition(":")[0].lower()
    return bar_chart(groups, title=f"SAD of {study.pictures} {kind}, mean and 95 % interval")


def _uri(svg: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode("ascii")
