"""What the documents say of the project is true."""

import ast
import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
DOCUMENTS = [
    *(PROJECT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")),
    *sorted((PROJECT / "docs").rglob("*.md")),
    *sorted((PROJECT / "benchmarks").glob("*.md")),
    *sorted((PROJECT / "examples").glob("*.md")),
]


def text_of(path):
    return path.read_text(encoding="utf-8")


def name_of(path):
    return path.relative_to(PROJECT).as_posix()


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text_of(path)):
        if not target.startswith(("http://", "https://")):
            assert (path.parent / target).exists(), f"{name_of(path)} links to {target}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_python_in_it_is_python(path):
    for block in re.findall(r"```python\n(.*?)```", text_of(path), re.DOTALL):
        ast.parse(block)


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_commands_in_it_exist(path):
    targets = set(re.findall(r"^([a-z-]+):", text_of(PROJECT / "Makefile"), re.MULTILINE))
    for target in re.findall(r"(?:^\$ |`)make ([a-z-]+)", text_of(path), re.MULTILINE):
        assert target in targets, f"{name_of(path)} names `make {target}`"


def test_help_lists_targets_that_need_no_file():
    makefile = text_of(PROJECT / "Makefile")
    phony = set(re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[1].split())
    assert set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE)) == phony


def test_the_gate_calls_what_a_person_types():
    lines = text_of(PROJECT / ".ci" / "run").splitlines()
    assert [line for line in lines if line.startswith("make")] == ["make test", "make check"]


def test_the_changelog_has_a_place_for_what_is_new():
    assert "\n## Unreleased\n" in text_of(PROJECT / "CHANGELOG.md")


def test_every_package_has_its_page_of_reference():
    packages = {path.parent.name for path in (PROJECT / "src" / "p3m").glob("*/__init__.py")}
    for package in packages - {"cli"}:
        page = PROJECT / "docs" / "reference" / f"{package}.md"
        assert f"::: p3m.{package}" in text_of(page)
        assert f"reference/{package}.md" in text_of(PROJECT / "mkdocs.yml")
