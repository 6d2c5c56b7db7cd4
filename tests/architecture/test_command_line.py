"""The command line is described as it is."""

import re
from pathlib import Path

import pytest
import typer

from p3m.cli.main import app

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "command-line.md"
SECTION = re.compile(r"^## p3m ([a-z-]+)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
SECTIONS = dict(SECTION.findall(PAGE.read_text(encoding="utf-8")))
COMMANDS = typer.main.get_command(app).commands


def all_options(command):
    """The options of a command and of the commands that it has itself."""
    options = {
        option
        for parameter in command.params
        for option in (*parameter.opts, *parameter.secondary_opts)
    }
    inner = getattr(command, "commands", {}).values()
    return options.union(*map(all_options, inner))


def test_the_page_has_a_section_a_command():
    assert list(SECTIONS) == list(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_section_names_the_options_that_there_are(name):
    options = {name for name in all_options(COMMANDS[name]) if name.startswith("-")} - {"--help"}
    assert set(re.findall(r"(?<![\w-])-{1,2}[a-z][a-z0-9-]*", SECTIONS[name])) == options
