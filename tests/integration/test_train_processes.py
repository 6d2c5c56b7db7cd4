"""Training in several processes, and in one that is killed: the end is the same."""

import dataclasses
import json
import random

import pytest
import torch

from p3m.training.checkpoint import read_checkpoint
from p3m.training.settings import TrainSettings
from support.pack import write_pack
from support.processes import run_together, start_python
from support.tolerances import tolerance
from support.training import small_trainer

SETTINGS = TrainSettings(
    steps=12, batch_size=8, workers=0, warmup_steps=2, lr=0.02, precision="no", ema_decay=0.9
)


def _text(settings: TrainSettings) -> str:
    return json.dumps(dataclasses.asdict(settings))


def _same(one, other, *, exactly: bool) -> None:
    close = {"rtol": 0, "atol": 0} if exactly else tolerance("float32")
    for part in ("model", "average"):
        assert one[part].keys() == other[part].keys()
        for name, value in one[part].items():
            torch.testing.assert_close(value, other[part][name], **close, msg=f"{part} {name}")


@pytest.mark.parametrize("accumulate", [1, 2])
def test_two_processes_train_as_one_with_the_same_batch(tmp_path, accumulate) -> None:
    settings = dataclasses.replace(SETTINGS, accumulate=accumulate)
    ended = run_together(["-m", "support.training", tmp_path, _text(settings)])
    assert [code for code, _ in ended] == [0, 0], ended
    alone = small_trainer(tmp_path / "alone", SETTINGS).run(resume=False)
    _same(read_checkpoint(tmp_path / "result.pt"), alone.state_dict(), exactly=False)


def test_a_spoilt_sample_of_one_process_stops_both_and_is_named(tmp_path) -> None:
    """Sample 29 is in step 3, in the second process's half."""
    ended = run_together(["-m", "support.training", tmp_path, _text(SETTINGS), "--spoil", 29])
    assert [code for code, _ in ended] == [1, 1], ended
    for _, text in ended:
        assert "Step 3: the loss is not finite" in text
        assert "samples 28 (point-28), 29 (point-29), 30 (point-30), 31 (point-31)." in text
    assert read_checkpoint(tmp_path / "last.pt")["step"] == 3


@pytest.mark.parametrize(
    ("seed", "changes"),
    [(2, {}), (3, {"accumulate": 2, "workers": 2}), (9, {"workers": 1, "precision": "bf16"})],
)
def test_a_run_that_was_killed_ends_bit_equal(tmp_path, seed, changes) -> None:
    settings = dataclasses.replace(SETTINGS, **changes)
    step = random.Random(seed).randrange(1, settings.steps)
    command = ["-m", "support.training", tmp_path, _text(settings), "--noisy", "--kill-at", step]
    killed = start_python(command)
    killed.communicate(timeout=300)
    assert killed.returncode == -9
    assert (tmp_path / "last.pt").is_file() == (step >= 3)
    resumed = small_trainer(tmp_path, settings, noisy=True).run(resume=True)
    whole = small_trainer(tmp_path / "whole", settings, noisy=True).run(resume=False)
    assert resumed.step == settings.steps
    _same(resumed.state_dict(), whole.state_dict(), exactly=True)


def test_what_a_launcher_is_configured_for_changes_nothing(tmp_path) -> None:
    process = start_python(
        ["-m", "support.training", tmp_path, _text(SETTINGS)],
        ACCELERATE_MIXED_PRECISION="bf16",
        ACCELERATE_DYNAMO_BACKEND="inductor",
    )
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    plain = small_trainer(tmp_path / "plain", SETTINGS).run(resume=False)
    _same(read_checkpoint(tmp_path / "result.pt"), plain.state_dict(), exactly=True)


def test_the_first_process_alone_claims_prepares_and_writes(tmp_path) -> None:
    settings = {
        "composites.side_px": "64",
        "scales.base_sides_px": "[64]",
        "scales.window_px": "32",
        "training.steps": "2",
        "training.batch_size": "4",
        "training.workers": "0",
        "training.precision": "no",
        "training.log_every": "1",
        "data.validation_fraction": "0.3",
        "initial": "p3mnet-lite",
    }
    pack, out = write_pack(tmp_path / "pack"), tmp_path / "run"
    command = ["-m", "p3m", "train", "p3mnet-lite", "--data", pack, "--out", out]
    command += [word for pair in settings.items() for word in ("--set", "=".join(pair))]
    refused = run_together([*command, "--set", "scales.hardest=0.5"])
    assert "scales.hardest must be 1 where several processes train together" in refused[0][1]
    assert not out.exists()
    ended = run_together(command)
    assert [code for code, _ in ended] == [0, 0], ended
    assert len((out / "curves.jsonl").read_text(encoding="utf-8").splitlines()) == 2
    assert {path.name for path in out.iterdir()} == {
        "run.json",
        "last.pt",
        "curves.jsonl",
        "tensorboard",
        "weights.safetensors",
        ".lock",
    }
    refused = run_together(command)
    assert all(code for code, _ in refused)
    assert "holds a run already: use --resume" in refused[0][1]
    assert "The first process stopped:" in refused[1][1]
