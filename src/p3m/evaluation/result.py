"""A finished evaluation, and its files: JSON that can be read back, CSV for tables."""

import csv
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from p3m.core.errors import InputError
from p3m.core.provenance import Provenance
from p3m.evaluation.protocol import Column
from p3m.evaluation.runner import Row
from p3m.evaluation.statistics import Summary, summarize

FORMAT = "p3m-evaluation/1"
"""What the first entry of a file of this form says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Scores of many pictures by one protocol.

    Attributes:
        title: What was scored, in a few words.
        protocol: The protocol's name.
        columns: What was measured.
        rows: The pictures, in the order of their names.
        settings: All that was chosen; values are plain, as JSON has them.
        provenance: Who measured, with what, when.
        missing: Pictures that were left out for lack of a prediction.
        unused: Predictions that were left out for lack of a truth.
    """

    title: str
    protocol: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    settings: Mapping[str, Any]  # each caller has its own
    provenance: Provenance
    missing: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()

    def scores(self, column: str) -> list[float]:
        """A column's values, in the order of the pictures."""
        return [row.scores[column] for row in self.rows]

    def summary(self) -> dict[str, Summary]:
        """Each column over all pictures; its draws follow the setting ``seed``."""
        return summarize(
            {column.name: self.scores(column.name) for column in self.columns},
            seed=int(self.settings.get("seed", 0)),
        )

    def worst(self, count: int) -> tuple[Row, ...]:
        """The pictures that score worst in the first column, the worst first."""
        first = self.columns[0]
        sign = -1 if first.direction == "lower" else 1
        return tuple(sorted(self.rows, key=lambda row: sign * row.scores[first.name])[:count])


def to_csv(evaluation: Evaluation) -> str:
    """A row a picture: its name, and a column for each metric, in full precision."""
    names = [column.name for column in evaluation.columns]
    file = StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["name", *names])
    for row in evaluation.rows:
        writer.writerow([row.name, *(repr(row.scores[name]) for name in names)])
    return file.getvalue()


def read_scores(path: Path, column: str) -> dict[str, float]:
    """One column of a file that :func:`to_csv` made, by the pictures' names.

    Args:
        path: The file.
        column: Such as ``mad``.

    Raises:
        InputError: If the file is missing, or has no such column of numbers.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return {row["name"]: float(row[column]) for row in csv.DictReader(file)}
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the name.") from error
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{path}: needs columns 'name' and {column!r}, as scores.csv of p3m evaluate has them."
        ) from error


def to_json(evaluation: Evaluation, **more: Any) -> str:
    """The whole evaluation; :func:`read_evaluation` reads it back.

    Args:
        evaluation: What was measured.
        **more: Further entries, plain as JSON has them, such as a comparison.
    """
    content = {
        "format": FORMAT,
        "title": evaluation.title,
        "protocol": evaluation.protocol,
        "provenance": evaluation.provenance,
        "settings": dict(evaluation.settings),
        "columns": [asdict(column) for column in evaluation.columns],
        "summary": {name: asdict(summary) for name, summary in evaluation.summary().items()},
        "missing": list(evaluation.missing),
        "unused": list(evaluation.unused),
        **more,
        "pictures": [
            {"name": row.name, "height": row.size[0], "width": row.size[1], **row.scores}
            for row in evaluation.rows
        ],
    }
    return json.dumps(content, indent=1, allow_nan=False) + "\n"


def read_evaluation(path: Path) -> Evaluation:
    """An evaluation that :func:`to_json` wrote.

    Raises:
        InputError: If the file is missing, or not of that form.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the name.") from error
    except ValueError as error:
        raise InputError(f"{path}: is no JSON ({error}).") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise InputError(
            f"{path}: was not written by p3m evaluate (its format is not {FORMAT}); "
            "name the JSON file of a report."
        )
    try:
        return _evaluation(content)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: is damaged ({error!r}); evaluate again.") from error


def _evaluation(content: Mapping[str, Any]) -> Evaluation:
    columns = tuple(Column(**column) for column in content["columns"])
    rows = tuple(
        Row(
            name=str(picture["name"]),
            size=(int(picture["height"]), int(picture["width"])),
            scores={column.name: float(picture[column.name]) for column in columns},
        )
        for picture in content["pictures"]
    )
    return Evaluation(
        title=content["title"],
        protocol=content["protocol"],
        columns=columns,
        rows=rows,
        settings=content["settings"],
        provenance=content["provenance"],
        missing=tuple(content["missing"]),
        unused=tuple(content["unused"]),
    )
