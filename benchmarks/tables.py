"""Writes the tables of the README from the result files, between the markers that name their suite.

python benchmarks/tables.py           # writes README.md again
python benchmarks/tables.py --check   # exit code 1 where it would change
"""

import argparse
import re
import sys
from collections.abc import Callable
from pathlib import Path

from result_file import RESULTS, Case, Result, read_result

README = Path(__file__).parent.parent / "README.md"
MARKED = re.compile(
    r"(?P<open><!-- table:(?P<suite>[a-z-]+) -->\n).*?(?P<close><!-- /table:(?P=suite) -->)",
    re.DOTALL,
)


def main() -> None:
    """Writes or checks the README."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    old = README.read_text(encoding="utf-8")
    new = with_tables(old)
    if options.check:
        sys.exit(new != old)
    README.write_text(new, encoding="utf-8")


def with_tables(text: str) -> str:
    """The text, each marked table replaced by what the newest results of its suite say."""

    def table(match: re.Match[str]) -> str:
        results = newest_results(match["suite"])
        parts = [render(result) for result in results] or ["Not measured yet.\n"]
        return "\n".join([match["open"], *parts, match["close"]])

    return MARKED.sub(table, text)


def newest_results(suite: str) -> list[Result]:
    """The suite's result files of the newest version that has any, by machine and device."""
    for folder in sorted(RESULTS.glob("*/"), key=_version, reverse=True):
        if paths := sorted(folder.glob(f"{suite}--*.json")):
            return [read_result(path) for path in paths]
    return []


def render(result: Result) -> str:
    """One result as a Markdown table with its origin under it."""
    head, *body = crossed(result) if result.suite in CROSSED else listed(result)
    rows = [head, ["---", *["---:"] * (len(head) - 1)], *body]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    path = result.path.relative_to(README.parent).as_posix()
    settings = ", ".join(f"{key} {value}" for key, value in result.settings.items())
    origin = f"{result.provenance['processor']}, {result.device}; {settings}: [{path}]({path})."
    return f"{table}\n\n{origin}\n"


def listed(result: Result) -> list[list[str]]:
    """A row for each case, the columns' names first."""
    columns = COLUMNS[result.suite]
    return [
        list(columns),
        *([cell(case) for cell in columns.values()] for case in result.cases),
    ]


def crossed(result: Result) -> list[list[str]]:
    """A row for the first word of the cases' names and a column for the last, those first."""
    first, cell = CROSSED[result.suite]
    cells = {tuple(case.name.split(" ")): cell(case) for case in result.cases}
    rows, columns = (list(dict.fromkeys(names)) for names in zip(*cells, strict=True))
    return [
        [first, *columns],
        *([row, *(cells[row, column] for column in columns)] for row in rows),
    ]


def _version(folder: Path) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", folder.name))


def _summary(key: str, digits: int) -> Callable[[Case], str]:
    return lambda case: f"{case.summary[key]:.{digits}f}"


def _fact(key: str, digits: int) -> Callable[[Case], str]:
    return lambda case: f"{float(case.facts[key]):.{digits}f}"


def _name(case: Case) -> str:
    return case.name


def _mad_and_holes(case: Case) -> str:
    return f"{case.summary['mean']:.4f} ({case.facts.get('pictures_with_hole', 0)})"


COLUMNS: dict[str, dict[str, Callable[[Case], str]]] = {
    "speed": {
        "picture": _name,
        "megapixels": _fact("megapixels", 2),
        "median ms": _summary("median", 0),
        "min ms": _summary("min", 0),
        "ms per megapixel": _fact("ms_per_megapixel", 0),
        "peak memory MB": _fact("peak_rss_mb", 0),
    },
    "quality": {
        "composites and photos of new people": _name,
        "MAD, mean": _summary("mean", 4),
        "median": _summary("median", 4),
        "worst": _summary("max", 4),
        "SAD, mean": _fact("sad", 2),
        "SAD-T": _fact("sad_t", 2),
        "face hole, worst": _fact("hole_worst", 3),
    },
    "large": {
        "strategy and picture": _name,
        "MAD in the transition": _summary("mean", 4),
    },
    "peers-speed": {
        "picture and model": _name,
        "median ms": _summary("median", 0),
        "of p3m's": _fact("ratio_to_p3m", 2),
    },
    "startup": {
        "command": _name,
        "median s": _summary("median", 3),
        "min s": _summary("min", 3),
    },
    "privacy": {
        "what was measured": _name,
        "mean": _summary("mean", 4),
        "median": _summary("median", 4),
        "worst": _summary("max", 4),
        "unit": lambda case: case.unit,
    },
    "evaluate-speed": {
        "metrics": _name,
        "pairs/s": _summary("median", 1),
    },
    "memory": {
        "strategy and picture": _name,
        "peak memory MB": _summary("median", 0),
    },
    "train-speed": {
        "training step": _name,
        "images/s, median": _summary("median", 2),
        "max": _summary("max", 2),
        "peak memory MB": _fact("peak_mb", 0),
    },
}

CROSSED: dict[str, tuple[str, Callable[[Case], str]]] = {
    "peers": ("MAD (faces with a hole)", _mad_and_holes),
}


if __name__ == "__main__":
    main()
