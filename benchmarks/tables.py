"""Writes the tables of the README and of the default network's card from the result files.

python benchmarks/tables.py           # writes both again
python benchmarks/tables.py --check   # exit code 1 where it would change one

A table stands between markers that name a view: a suite, or one of `VIEWS`.
"""

import argparse
import csv
import re
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from result_file import RESULTS, Case, Result, read_result

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
DOCUMENTS = (README, ROOT / "docs" / "models" / "p3mnet-lite.md")
SLICES = Path(__file__).parent / "slices.csv"
Rows = list[list[str]]
MARKED = re.compile(
    r"(?P<open><!-- table:(?P<view>[a-z-]+) -->\n).*?(?P<close><!-- /table:(?P=view) -->)",
    re.DOTALL,
)


def main() -> None:
    """Writes or checks the documents."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    changed = {
        path: new for path in DOCUMENTS if (new := with_tables(path)) != path.read_text("utf-8")
    }
    if options.check:
        sys.exit(bool(changed))
    for path, text in changed.items():
        path.write_text(text, encoding="utf-8")


def with_tables(path: Path) -> str:
    """A document's text, each marked table replaced by what the newest results of it say."""

    def table(match: re.Match[str]) -> str:
        suite, rows = VIEWS.get(match["view"]) or (match["view"], by_case)
        parts = [
            f"{render(rows(result))}\n\n{origin(result, link=path == README)}\n"
            for result in newest_results(suite)
        ]
        return "\n".join([match["open"], *(parts or ["Not measured yet.\n"]), match["close"]])

    return MARKED.sub(table, path.read_text(encoding="utf-8"))


def newest_results(suite: str) -> list[Result]:
    """The suite's result files of the newest version that has any, by machine and device."""
    for folder in sorted(RESULTS.glob("*/"), key=_version, reverse=True):
        if paths := sorted(folder.glob(f"{suite}--*.json")):
            return [read_result(path) for path in paths]
    return []


def render(rows: Rows) -> str:
    """Rows, the first one their head, as a Markdown table."""
    head, *body = rows
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *body]
    return "\n".join(f"| {' | '.join(row)} |" for row in lines)


def origin(result: Result, *, link: bool) -> str:
    """Where a table comes from; the documentation's pages cannot link to files beside them."""
    path = result.path.relative_to(ROOT).as_posix()
    settings = ", ".join(f"{key} {value}" for key, value in result.settings.items())
    file = f"[{path}]({path})" if link else f"`{path}`"
    return f"{result.provenance['processor']}, {result.device}; {settings}: {file}."


def by_case(result: Result) -> Rows:
    """A row for each case, the columns' names first."""
    columns = COLUMNS[result.suite]
    return [
        list(columns),
        *([cell(case) for cell in columns.values()] for case in result.cases),
    ]


def crossed(head: str, cell: Callable[[Case], str]) -> Callable[[Result], Rows]:
    """A row for the first word of the cases' names and a column for the last."""

    def rows_of(result: Result) -> Rows:
        cells = {tuple(case.name.split(" ")): cell(case) for case in result.cases}
        rows, columns = (list(dict.fromkeys(names)) for names in zip(*cells, strict=True))
        body = ([row, *(cells[row, column] for column in columns)] for row in rows)
        return [[head, *columns], *body]

    return rows_of


def by_collection(result: Result) -> Rows:
    """The mean MAD of each case for the people of each collection."""
    return [
        ["pictures", *COLLECTIONS.values()],
        *(
            [case.name, *(_fact(f"mad_{name}", 4)(case) for name in COLLECTIONS)]
            for case in result.cases
        ),
    ]


def by_place(result: Result) -> Rows:
    """What the transition, and both kinds of error far from it, add to the mean MAD."""
    head = ["pictures", "in the transition", "background taken for people", "people lost"]
    cells = [_fact(f"mad_{place}", 4) for place in ("near", "taken", "lost")]
    return [head, *([case.name, *(cell(case) for cell in cells)] for case in result.cases)]


def by_slice(result: Result) -> Rows:
    """The mean MAD of each case in colour for what pictures show, with their number."""
    with SLICES.open(newline="", encoding="utf-8") as file:
        shown = list(csv.DictReader(file))
    cases = [case for case in result.cases if case.name.endswith("-colour")]
    rows = [["slice", "pictures", *(case.name.removesuffix("-colour") for case in cases)]]
    for kind in list(shown[0])[1:]:
        for value, count in Counter(row[kind] for row in shown).most_common():
            cell = _fact(f"mad_{kind}_{value}", 4)
            rows.append([f"{kind}: {value}", str(count), *(cell(case) for case in cases)])
    return rows


def _version(folder: Path) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", folder.name))


def _summary(key: str, digits: int) -> Callable[[Case], str]:
    return lambda case: f"{case.summary[key]:.{digits}f}"


def _fact(key: str, digits: int) -> Callable[[Case], str]:
    return lambda case: f"{float(case.facts[key]):.{digits}f}"


def _name(case: Case) -> str:
    return case.name


def _mean_and_median(case: Case) -> str:
    return "{mean:.3f} ({median:.3f})".format(**case.summary)


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
        "MSE, mean": _fact("mse", 4),
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

COLLECTIONS = {
    "CivilServiceUSA": "CivilServiceUSA (officials, suits)",
    "cjdowner": "cjdowner (avatars, outdoors)",
    "codrops": "codrops (fashion, whole bodies)",
    "debruine": "debruine (frontal, plain grey)",
}

VIEWS: dict[str, tuple[str, Callable[[Result], Rows]]] = {
    "by-colours": ("by-colours", crossed("MAD, mean (median)", _mean_and_median)),
    "peers": ("peers", crossed("MAD (faces with a hole)", _mad_and_holes)),
    "quality-collections": ("quality", by_collection),
    "quality-places": ("quality", by_place),
    "quality-slices": ("quality", by_slice),
}
"""Tables that are no row for each case: the suite that they are of, and how they are made."""


if __name__ == "__main__":
    main()
