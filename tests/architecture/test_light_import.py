"""What is loaded before it is needed: nothing heavy."""

import subprocess
import sys

import pytest

HEAVY = {"torch", "onnxruntime", "cv2", "pymatting", "scipy"}


def loaded_by(module):
    """The top-level modules that a fresh process has after importing the module."""
    code = f"import sys, {module}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def test_the_facade_loads_nothing_heavy():
    assert not loaded_by("p3m") & (HEAVY | {"numpy", "PIL", "pydantic", "typer"})


def test_the_command_line_starts_without_anything_heavy():
    assert not loaded_by("p3m.cli.main") & (HEAVY | {"numpy", "PIL", "pydantic"})


@pytest.mark.parametrize(
    "package",
    ["imaging", "inference", "metrics", "models.catalog", "pipelines.matte", "privacy", "weights"],
)
def test_matting_needs_no_torch(package):
    assert "torch" not in loaded_by(f"p3m.{package}")
