"""The command line is described as it is."""

import re
from pathlib import Path

import pytest
import typer

from p3m.cli.main import app

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "command-line.md"
SECTIONS = dict(
    re.findall(
        r"^## p3m ([a-z-]+)\n(.*?)(?=^## |\Z)", PAGE.read_text(encoding="utf-8"), re.M | re.S
    )
)
COMMANDS = typer.main.get_command(app).commands


def test_the_page_has_a_section_a_command():
    assert list(SECTIONS) == list(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_section_names_the_options_that_there_are(name):
    options = {option for parameter in COMMANDS[name].params for option in parameter.opts}
    options = {option for option in options if option.startswith("-")} - {"--help"}
    assert set(re.findall(r"(?<![\w-])-{1,2}[a-z][a-z-]*", SECTIONS[name])) == options


def test_nothing_is_said_of_sections_that_are_no_commands():
    assert set(SECTIONS) <= set(COMMANDS)
