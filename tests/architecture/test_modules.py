"""The shape of the source: what a reader may expect of every file."""

import ast
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
SOURCE = PROJECT / "src" / "p3m"
MODULES = [path for path in sorted(SOURCE.rglob("*.py")) if path.is_file()]
MAX_LINES = 400


def name_of(path):
    return path.relative_to(SOURCE).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_says_what_lives_in_it_and_fits_a_few_screens(path):
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)), f"{name_of(path)} has no docstring"
    assert text.count("\n") <= MAX_LINES, f"{name_of(path)} is longer than {MAX_LINES} lines"


def test_no_module_is_a_drawer_of_odds_and_ends():
    drawers = {"utils", "util", "helpers", "helper", "common", "misc"}
    assert not [name_of(path) for path in MODULES if drawers & {path.stem, path.parent.name}]


def test_every_unit_test_lies_where_its_module_lies():
    unit = PROJECT / "tests" / "unit"
    strays = []
    for path in unit.rglob("test_*.py"):
        place = SOURCE / path.parent.relative_to(unit)
        name = path.stem.removeprefix("test_")
        if not ((place / f"{name}.py").is_file() or (place / name).is_dir()):
            strays.append(path.relative_to(unit).as_posix())
    assert not strays


def test_no_package_is_left_without_an_init():
    folders = {path.parent for path in MODULES}
    assert not [name_of(folder) for folder in folders if not (folder / "__init__.py").is_file()]
