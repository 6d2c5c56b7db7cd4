"""What the command line says of itself, and how fast it starts."""

import json
import subprocess
import sys

import pytest

from p3m import __version__
from p3m.models.catalog import MODELS
from p3m.weights.catalog import WEIGHTS


def test_version(p3m):
    result = p3m("--version")
    assert (result.exit_code, result.stdout) == (0, f"p3m {__version__}\n")


@pytest.mark.parametrize("name", ["matte", "models", "train", "convert", "export", "data"])
def test_each_command_has_help_and_a_line_in_the_list(p3m, name):
    assert f"\n  {name} " in p3m("--help").stdout
    result = p3m(name, "--help")
    assert result.exit_code == 0
    assert "Usage: " in result.stdout


def test_no_command_shows_the_help_and_is_a_mistake(p3m):
    result = p3m()
    assert result.exit_code == 2
    assert "Commands:" in result.output


def test_an_unknown_command_is_a_mistake(p3m):
    result = p3m("mate")
    assert result.exit_code == 2
    assert "mate" in result.stderr


def test_models_lists_all_weights(p3m):
    text, lines = p3m("models"), p3m("models", "--json")
    assert text.exit_code == lines.exit_code == 0
    listed = [json.loads(line) for line in lines.stdout.splitlines()]
    assert [each["name"] for each in listed if each["kind"] == "weights"] == list(WEIGHTS)
    for name, record in WEIGHTS.items():
        assert name in text.stdout
        assert record.licence in text.stdout
        for score in record.scores:
            assert score in text.stdout


def test_models_lists_all_networks_with_what_they_are(p3m):
    text, lines = p3m("models"), p3m("models", "--json")
    listed = [json.loads(line) for line in lines.stdout.splitlines()]
    networks = {each["name"]: each for each in listed if each["kind"] == "network"}
    assert list(networks) == list(MODELS)
    for name, entry in MODELS.items():
        known = networks[name]
        assert (known["parameters"], known["stride"]) == (entry.parameters, entry.stride)
        told = f"{name}  {entry.parameters / 1e6:.2f} M parameters, stride {entry.stride}\n"
        assert told in text.stdout
    assert networks["p3mnet-lite"]["weights"] == list(WEIGHTS)
    assert "weights: none here, give a checkpoint" in text.stdout


def test_models_does_not_load_torch():
    code = (
        "import sys; from typer.testing import CliRunner; from p3m.cli.main import app;"
        "CliRunner().invoke(app, ['models']); print({'torch', 'onnxruntime'} & {*sys.modules})"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "set()\n"


def test_help_starts_without_what_only_commands_need():
    code = (
        "import sys; from typer.testing import CliRunner; from p3m.cli.main import app;"
        "CliRunner().invoke(app, ['--help']);"
        "print({'numpy', 'cv2', 'PIL', 'onnxruntime', 'torch', 'pydantic'} & {*sys.modules})"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "set()\n"
