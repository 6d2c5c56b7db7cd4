"""The command line is described as it is."""

import re
from operator import attrgetter
from pathlib import Path

import pytest
import typer

from p3m.cli.main import app
from p3m.config.load import load_settings, preset
from p3m.pipelines.train_settings import TrainRun

PROJECT = Path(__file__).parents[2]
PAGE = PROJECT / "docs" / "reference" / "command-line.md"
DOCUMENTS = [PROJECT / "README.md", *sorted((PROJECT / "docs").rglob("*.md"))]
SECTION = re.compile(r"^## p3m ([a-z-]+)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
SECTIONS = dict(SECTION.findall(PAGE.read_text(encoding="utf-8")))
SETTINGS = load_settings(TrainRun, preset("p3mnet-lite"))
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


def commands_in(path):
    """Command and arguments of each call of p3m in a document's blocks."""
    for block in re.findall(r"```(?:console|bash)\n(.*?)```", path.read_text("utf-8"), re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            if call := re.match(r"(?:.*[$|] |.*-m |)p3m ([a-z]+) ?([^#|>]*)", line):
                yield call.groups()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(PROJECT).as_posix())
def test_commands_in_documents_name_options_that_there_are(path):
    for name, arguments in commands_in(path):
        named = set(re.findall(r"(?<!\S)-{1,2}[a-z][a-z0-9-]*", arguments))
        assert named <= all_options(COMMANDS[name]), f"p3m {name} {arguments}"
        for setting in re.findall(r"--set '?([a-z_.]+)=", arguments):
            attrgetter(setting)(SETTINGS)


def test_calls_in_documents_are_found():
    calls = list(commands_in(PROJECT / "README.md"))
    assert len(calls) >= 15
    assert {"matte", "anonymize", "audit", "train", "evaluate"} <= {name for name, _ in calls}
