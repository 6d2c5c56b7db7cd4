"""`p3m train` and `p3m export`, typed as a person types them."""

import json
import os
import signal
import time

import pytest
from typer.testing import CliRunner

from p3m.cli.main import app
from p3m.training.checkpoint import read_checkpoint
from support.pack import write_pack
from support.processes import start_python

SMALL = {
    "composites.side_px": "128",
    "scales.base_sides_px": "[64]",
    "scales.window_px": "32",
    "training.steps": "1",
    "training.batch_size": "2",
    "training.workers": "0",
    "training.precision": "no",
    "data.validation_fraction": "0.3",
}


def _p3m(*arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.mark.onnx
def test_what_is_trained_can_be_exported_and_used(tmp_path, project) -> None:
    pack, out = write_pack(tmp_path / "pack"), tmp_path / "run"
    settings = [word for pair in SMALL.items() for word in ("--set", "=".join(pair))]
    run = _p3m("train", "p3mnet-lite", "--data", pack, "--out", out, *settings)
    assert run.exit_code == 0, run.stderr
    weights = run.stdout.strip()
    assert weights == str(out / "weights.safetensors")

    model = tmp_path / "mine.onnx"
    run = _p3m("export", weights, "-o", model, "--half")
    assert run.exit_code == 0, run.stderr
    size = model.stat().st_size
    assert size < 8_000_000  # half precision: two bytes a weight
    assert f"mine.onnx: {size / 1e6:.1f} MB, sha256 " in run.stdout
    assert "greatest difference of half precision" in run.stdout

    portrait, cut = pack / "portraits" / "p0.png", tmp_path / "cut.png"
    run = _p3m("matte", portrait, "--model", model, "-o", cut)
    assert run.exit_code == 0, run.stderr
    assert cut.is_file()

    run = _p3m("train", "p3mnet-lite", "--data", pack, "--out", out, *settings)
    assert run.exit_code == 2
    assert "holds a run already: use --resume" in run.stderr


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
@pytest.mark.parametrize("tell", ["kill", "killpg"])  # it alone, or its workers too
def test_a_run_that_is_told_to_end_writes_a_checkpoint_first(tmp_path, tell) -> None:
    pack, out = write_pack(tmp_path / "pack"), tmp_path / "run"
    many = {"training.steps": "100000", "training.log_every": "1", "training.workers": "2"}
    settings = {**SMALL, **many}
    words = [word for pair in settings.items() for word in ("--set", "=".join(pair))]
    run = start_python(["-m", "p3m", "train", "p3mnet-lite", "--data", pack, "--out", out, *words])
    curves, patience = out / "curves.jsonl", time.monotonic() + 120
    while not (curves.is_file() and curves.read_text()) and time.monotonic() < patience:
        time.sleep(0.1)  # a file is there a moment before its first line is
    getattr(os, tell)(run.pid, signal.SIGTERM)
    output, _ = run.communicate(timeout=60)
    assert run.returncode == 130, output
    assert "Traceback" not in output
    last = json.loads(curves.read_text(encoding="utf-8").splitlines()[-1])
    assert read_checkpoint(out / "last.pt")["step"] >= last["step"] > 0


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["p3mnt-lite"], 1, "Did you mean 'p3mnet-lite'"),
        (["p3mnet-lite", "--set", "training.step=1"], 2, "Did you mean 'training.steps'"),
        (["p3mnet-lite", "--set", "faces=hidden"], 2, "faces is 'hidden'"),
        (["none.toml"], 1, "none.toml"),
        (["p3mnet-lite"], 1, "needs a folder named portraits"),
    ],
)
def test_what_cannot_be_meant_is_said_in_a_line(tmp_path, arguments, code, text) -> None:
    run = _p3m("train", *arguments, "--data", tmp_path, "--out", tmp_path / "run")
    assert run.exit_code == code
    assert text in run.stderr
    assert run.stderr.count("\n") == 1


def test_the_choice_of_faces_is_between_two(tmp_path) -> None:
    run = _p3m("train", "p3mnet-lite", "--faces", "seen", "--data", tmp_path, "--out", tmp_path)
    assert run.exit_code == 2
    assert "'seen' is not one of 'obfuscated', 'normal'" in run.stderr


def test_weights_that_are_missing_are_named(tmp_path) -> None:
    run = _p3m("export", tmp_path / "none.pt", "-o", tmp_path / "x.onnx")
    assert run.exit_code == 1
    assert "none.pt: no such weights file" in run.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "p3mnet-lite", "--data", ".", "--out", "run"],
        ["export", "weights.pt", "-o", "x.onnx"],
    ],
)
def test_without_torch_it_says_what_to_install(monkeypatch, arguments) -> None:
    monkeypatch.setattr("p3m.core.extras.find_spec", lambda name: None if name == "torch" else name)
    run = _p3m(*arguments)
    assert run.exit_code == 1
    assert run.stderr == (
        f'p3m: error: p3m {arguments[0]} needs an optional dependency: pip install "p3m[train]".\n'
    )
