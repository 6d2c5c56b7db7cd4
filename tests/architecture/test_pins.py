"""One constraints file: every dependency is in it, and every other place agrees with it."""

import re
import tomllib
from itertools import chain
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).parents[2]
METADATA = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PINS = {
    canonicalize_name(name): version
    for name, version in re.findall(
        r"^(\S+)==(\S+)$", (PROJECT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE
    )
}


def requirements():
    extras = METADATA["optional-dependencies"].values()
    texts = [*METADATA["dependencies"], *chain.from_iterable(extras)]
    return [Requirement(text) for text in texts if not text.startswith("p3m[")]


def test_every_dependency_is_pinned_to_a_version_that_its_range_allows():
    for requirement in requirements():
        pin = PINS.get(canonicalize_name(requirement.name))
        assert pin, f"{requirement.name} is not in constraints.txt"
        assert requirement.specifier.contains(pin), f"{requirement} excludes the pinned {pin}"


def test_the_constraints_are_pins_and_sorted():
    lines = (PROJECT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert len(PINS) == len([line for line in lines if line and not line.startswith("#")])


def test_torch_is_the_version_that_ci_has():
    assert PINS["torch"] == "2.13.0"


def test_there_is_one_opencv():
    assert [name for name in PINS if name.startswith("opencv")] == ["opencv-python"]


def test_the_hooks_run_the_pinned_tools():
    hooks = (PROJECT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    revisions = dict(re.findall(r"repo: \S+/(\S+)\n\s+rev: v(\S+)", hooks))
    assert revisions["ruff-pre-commit"] == PINS["ruff"]
    assert revisions["codespell"] == PINS["codespell"]


def test_the_citation_names_the_version():
    citation = (PROJECT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {METADATA['version']}\n" in citation
