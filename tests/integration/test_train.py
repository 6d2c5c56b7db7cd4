"""The training pipeline on a few drawn portraits: it runs, stops, goes on, and exports."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import PIL.Image
import pytest
import torch
from filelock import FileLock

from p3m.config.load import load_settings, preset
from p3m.core.errors import ConfigError, InputError
from p3m.models.catalog import create_model
from p3m.models.state import load_state, read_state
from p3m.pipelines.train import train
from p3m.pipelines.train_data import portrait_weights, split_folder
from p3m.pipelines.train_settings import DataSettings, TrainRun
from support.pack import write_pack

SMALL = (
    "composites.side_px=128",
    "scales.base_sides_px=[64]",
    "scales.window_px=32",
    "training.steps=3",
    "training.batch_size=2",
    "training.workers=0",
    "training.validate_every=2",
    "training.log_every=1",
    "data.validation_fraction=0.3",
    "training.precision=no",
    "validation.count=6",
)


@pytest.fixture
def pack(tmp_path):
    return write_pack(tmp_path / "pack")


def _run(*overrides: str) -> TrainRun:
    return load_settings(TrainRun, preset("p3mnet-lite"), [*SMALL, *overrides])


def test_a_run_leaves_all_that_it_promises(pack, tmp_path) -> None:
    seen = []
    out = tmp_path / "run"
    weights = train(_run(), data=pack, out=out, tell=lambda *args: seen.append(args))
    assert weights == out / "weights.safetensors"
    for name in ("weights.safetensors", "best.safetensors", "last.pt", "run.json", "curves.jsonl"):
        assert (out / name).is_file(), name
    assert list((out / "tensorboard").iterdir())
    assert {args[0] for args in seen} == {"foregrounds", "steps"}
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert record["settings"]["faces"] == "obfuscated"
    points = [json.loads(line) for line in (out / "curves.jsonl").read_text().splitlines()]
    assert any({"val/obfuscated/mad", "val/photos-normal/mad"} <= point.keys() for point in points)


def test_faces_and_deciding_score_of_the_validation_are_settings(pack, tmp_path) -> None:
    out = tmp_path / "run"
    asked = (
        'validation.faces=["normal"]',
        "validation.deciding=normal/mse",
        "validation.photos=false",
    )
    train(_run(*asked), data=pack, out=out)
    points = [json.loads(line) for line in (out / "curves.jsonl").read_text().splitlines()]
    (scores,) = [point for point in points if "val/normal/mse" in point]
    assert scores.keys() == {"step", "val/normal/sad", "val/normal/mad", "val/normal/mse"}
    best = torch.load(out / "last.pt", weights_only=True)["best_score"]
    assert best == pytest.approx(scores["val/normal/mse"], rel=1e-4)


def test_what_cannot_be_is_said_before_anything_is_made(pack, tmp_path) -> None:
    for setting, message in (
        ("validation.deciding=normal/grad", r"No score named 'normal/grad' can decide; there are"),
        ("training.accumulate=3", r"batch_size 2 cannot be divided into 3 equal parts"),
        ("training.compile=true", r"distillation does not go with training.compile"),
        ("scales.window_px=192", r"window_px is 192, but samples .+ have 128 pixels"),
    ):
        with pytest.raises(ConfigError, match=message):
            train(_run("scales.distillation=1", setting), data=pack, out=tmp_path / "run")
    assert [path.name for path in tmp_path.iterdir()] == ["pack"]


@pytest.mark.parametrize(
    "setting",
    [
        "scales.hardest=1.0",
        "scales.hardest=0.5",
        "scales.distillation=0.5",
        "initial=p3mnet-lite",
    ],
)
def test_a_run_that_was_stopped_ends_bit_equal(pack, tmp_path, setting) -> None:
    run = _run("training.checkpoint_every_s=0", setting)

    def stop(part: str, done: int, total: int, loss: float) -> None:
        if part == "steps" and done == 1:
            raise KeyboardInterrupt

    train(run, data=pack, out=tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        train(run, data=pack, out=tmp_path / "broken", tell=stop)
    train(run, data=pack, out=tmp_path / "broken", resume=True)
    states = [
        torch.load(tmp_path / name / "last.pt", weights_only=True) for name in ("whole", "broken")
    ]
    for part in ("model", "average"):
        for name, value in states[0][part].items():
            assert torch.equal(value, states[1][part][name]), name


def test_a_run_goes_on_with_the_same_pictures_only(pack, tmp_path) -> None:
    run, out = _run("training.steps=1"), tmp_path / "run"
    train(run, data=pack, out=out)
    moved = pack.rename(tmp_path / "moved")
    train(run, data=moved, out=out, resume=True)
    shutil.copy(moved / "backgrounds" / "b0.png", moved / "backgrounds" / "b9.png")
    with pytest.raises(ConfigError, match=r"run on other pictures \(.+pack, or some were added"):
        train(run, data=moved, out=out, resume=True)
    (moved / "backgrounds" / "b9.png").unlink()
    PIL.Image.new("L", (72, 96)).save(moved / "facemask" / "p1.png")
    with pytest.raises(ConfigError, match=r"run on other files: .+ have changed"):
        train(run, data=moved, out=out, resume=True)


def test_what_a_teacher_is_told_by_is_trained_and_is_not_among_the_weights(pack, tmp_path) -> None:
    out = tmp_path / "run"
    distilled = ("scales.distillation=0.5", "training.steps=8", "training.warmup_steps=1")
    weights = train(_run(*distilled), data=pack, out=out)
    for path in (weights, out / "best.safetensors"):
        load_state(create_model("p3mnet-lite"), read_state(path))  # all names, and no other
    points = [json.loads(line) for line in (out / "curves.jsonl").read_text().splitlines()]
    told = [p["train/distillation"] for p in points if "train/distillation" in p]
    assert told[0] == pytest.approx(1.0, abs=1e-3)
    assert told[-1] < told[0] - 0.003
    state = torch.load(out / "last.pt", weights_only=True)["model"]
    assert float(state["regressor.maps.1.weight"].abs().max()) > 0


def test_training_goes_on_from_the_embedded_weights(pack, tmp_path) -> None:
    losses = {}
    for initial in ("p3mnet-lite", "scratch"):
        out = tmp_path / initial
        train(_run(f"initial={initial}", "training.lr=1e-6"), data=pack, out=out)
        points = [json.loads(line) for line in (out / "curves.jsonl").read_text().splitlines()]
        losses[initial] = np.mean([p["train/fused_l1"] for p in points if "train/fused_l1" in p])
    assert losses["p3mnet-lite"] < 0.75 * losses["scratch"]


def test_a_folder_with_a_run_is_not_overwritten(pack, tmp_path) -> None:
    out = tmp_path / "run"
    out.mkdir()
    (out / "run.json").write_text('{"settings": {}}', encoding="utf-8")
    with pytest.raises(ConfigError, match="holds a run already: use --resume"):
        train(_run(), data=pack, out=out)
    with pytest.raises(ConfigError, match="holds a run of other settings"):
        train(_run(), data=pack, out=out, resume=True)


def test_two_trainings_do_not_share_a_folder(pack, tmp_path, monkeypatch) -> None:
    run, out = _run("training.steps=1"), tmp_path / "run"
    monkeypatch.setattr("p3m.pipelines.train._PATIENCE_S", 0.1)
    train(run, data=pack, out=out)
    with (
        FileLock(out / ".lock"),
        pytest.raises(ConfigError, match="another training writes into this folder"),
    ):
        train(run, data=pack, out=out, resume=True)
    assert train(run, data=pack, out=out, resume=True).is_file()


def test_nobody_is_trained_on_and_validated_with(pack_root) -> None:
    settings = DataSettings(exclude=("interfaces__067",))
    split = split_folder(pack_root, settings)
    assert not {p.group for p in split.train} & {p.group for p in split.validation}
    assert not {b.group for b in split.train_backgrounds} & {
        b.group for b in split.validation_backgrounds
    }
    assert "interfaces__067" in {p.name for p in split.validation}
    assert len(split.train) > 600


def test_families_are_drawn_as_often_as_asked(pack) -> None:
    portraits = split_folder(pack, DataSettings(validation_fraction=0.0)).train
    weights = portrait_weights(portraits, DataSettings(family_weights={"own": 0.4}))
    assert np.isclose(sum(weights), 0.4)
    two = [replace(portraits[0], family="a"), replace(portraits[1], family="b")]
    with pytest.raises(ConfigError, match="add up to 1.2"):
        portrait_weights(two, DataSettings(family_weights={"a": 0.5, "b": 0.7}))


def test_hard_portraits_are_drawn_more_often(pack, tmp_path) -> None:
    portraits = split_folder(pack, DataSettings(validation_fraction=0.0)).train
    scores = tmp_path / "scores.csv"
    errors = [0.01, 0.01, 0.04, 100.0] + [0.01] * (len(portraits) - 4)
    rows = [f"{p.name},{error}" for p, error in zip(portraits, errors, strict=True)]
    scores.write_text("\n".join(["name,mad", *rows]), encoding="utf-8")
    settings = DataSettings(harder=str(scores), family_weights={"own": 0.5})
    weights = np.array(portrait_weights(portraits, settings))
    assert np.isclose(weights.sum(), 0.5)
    assert np.allclose(weights[:4] / weights[0], [1, 1, 2, 6])  # the median root is 1.5 times p0's
    scores.write_text("\n".join(["name,mad", *rows[1:]]), encoding="utf-8")
    with pytest.raises(InputError, match=f"lacks 1 of .* such as {portraits[0].name}"):
        portrait_weights(portraits, settings)


def test_things_that_are_not_cut_out_are_refused_before_anything_is_made(pack, tmp_path) -> None:
    for folder, message in (("none", "no such folder"), (pack / "portraits", "no transparency")):
        with pytest.raises(InputError, match=message):
            train(_run(f"data.things={tmp_path / folder}"), data=pack, out=tmp_path / "run")
        assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("scales.base_sides_px=[]", "base_sides_px is empty"),
        ("scales.base_sides_px=[50]", "base_sides_px is 50; it must be a multiple of 32"),
        ("scales.window_px=60", "window_px is 60; it must be a multiple of 8"),
        ("scales.trimap_share=[0.5,0.1]", "trimap_share is 0.5"),
        ("composites.grey=7", "composites.grey is 7; it must be at least 0 and at most 1"),
        ("composites.side_px=101", "composites.side_px is 101; it must be a multiple of 32"),
        ("data.split_seed=-1", "data.split_seed is -1"),
        ("data.family_weights={own=-1.0}", "data.family_weights.own is -1"),
        ("data.family_weights={own=0.0}", "data.family_weights are all 0"),
    ],
)
def test_impossible_numbers_are_refused(setting, message) -> None:
    with pytest.raises(ConfigError, match=message):
        _run(setting)


@pytest.mark.parametrize("workers", [0, 1])
def test_a_start_that_fails_ends_and_leaves_the_folder_free(pack, tmp_path, workers) -> None:
    words = [word for setting in SMALL for word in ("--set", setting)]
    words += ["--set", f"training.workers={workers}", "--set", "training.steps=1"]
    command = [sys.executable, "-m", "p3m", "train", "p3mnet-lite", *words]
    command += ["--data", str(pack), "--out", str(tmp_path / "run")]
    broken = (
        "import sys, p3m.pipelines.recipes as recipes\n"
        "from p3m.training.two_scale import TwoScaleStep\n"
        "def fail(*_): raise RuntimeError('broken on purpose')\n"
        "TwoScaleStep.__call__ = fail\n"
        "from p3m.cli.main import app\n"
        "app(sys.argv[1:])\n"
    )
    failed = subprocess.run(
        [sys.executable, "-c", broken, *command[3:]],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert "broken on purpose" in failed.stderr
    assert not (tmp_path / "run" / "run.json").exists()
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert ended.returncode == 0, ended.stderr


def test_the_average_is_what_a_checkpoint_gives(pack, tmp_path) -> None:
    weights = train(_run("training.ema_decay=0.9"), data=pack, out=tmp_path / "run")
    given, kept = read_state(tmp_path / "run" / "last.pt"), read_state(weights)
    assert kept.keys() <= given.keys()
    assert all(torch.equal(given[name], kept[name]) for name in kept)
    load_state(create_model("p3mnet-lite"), given)


def test_other_settings_are_named(pack, tmp_path) -> None:
    out = tmp_path / "run"
    train(_run(), data=pack, out=out)
    with pytest.raises(ConfigError, match=r"other settings \(composites.grey, training.lr\)"):
        train(_run("training.lr=1e-5", "composites.grey=0.9"), data=pack, out=out, resume=True)
    (out / "run.json").write_text("{")
    with pytest.raises(ConfigError, match="run.json is damaged"):
        train(_run(), data=pack, out=out, resume=True)
