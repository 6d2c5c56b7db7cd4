"""Networks of the P3M-Net family, trained on crops of a few drawn portraits, from end to end."""

import itertools
import json
import re

import pytest
import torch
from PIL import Image as PilImage
from typer.testing import CliRunner

from p3m.cli.main import app
from p3m.config.load import load_settings, preset
from p3m.core.errors import ConfigError, InputError, WeightsError
from p3m.imaging.io import write_picture
from p3m.models.catalog import create_model
from p3m.models.state import read_state
from p3m.pipelines.start import build_model
from p3m.pipelines.train import train
from p3m.pipelines.train_settings import TrainRun
from support.images import noise
from support.pack import write_pack

SMALL = (
    "model=p3m-basic",
    "initial=scratch",
    "data.dataset=folder",
    "data.validation_fraction=0.3",
    "data.validation_splits={}",
    "crops.crop_sides_px=[40, 56]",
    "crops.side_px=32",
    "crops.trimap_kernel_px=[3, 5]",
    "copy_paste.patch_px=32",
    "training.epochs=0",
    "training.steps=2",
    "training.batch_size=2",
    "training.workers=0",
    "training.validate_every=2",
    "training.log_every=1",
    "training.precision=no",
    "validation.count=1",
    "validation.area_px=2048",
)


@pytest.fixture
def pack(tmp_path):
    return write_pack(tmp_path / "pack")


def _run(*overrides: str, name: str = "p3m-10k-r34") -> TrainRun:
    return load_settings(TrainRun, preset(name), [*SMALL, *overrides])


def _points(out) -> list[dict[str, float]]:
    return [json.loads(line) for line in (out / "curves.jsonl").read_text().splitlines()]


def test_the_papers_recipe_runs_as_it_is_typed(pack, tmp_path) -> None:
    out = tmp_path / "run"
    settings = [word for setting in SMALL for word in ("--set", setting)]
    options = ["--data", pack, "--out", out, "--faces", "obfuscated", *settings]
    run = CliRunner().invoke(app, [str(word) for word in ("train", "p3m-10k-r34", *options)])
    assert run.exit_code == 0, run.stderr
    assert run.stdout.strip() == str(out / "weights.safetensors")
    (scores,) = [point for point in _points(out) if "val/obfuscated/sad" in point]
    assert scores["val/normal/sad"] > 0
    losses = [point for point in _points(out) if "train/composition" in point]
    assert len(losses) == 2
    for name in ("best.safetensors", "last.pt", "run.json"):
        assert (out / name).is_file(), name
    again = create_model("p3m-basic", out / "weights.safetensors")
    assert torch.isfinite(again(torch.zeros(1, 3, 32, 32)).alpha).all()


def test_the_better_recipe_runs_with_borrowed_faces(pack, tmp_path) -> None:
    faces = [f"copy_paste.folder={pack}", "copy_paste.probability=1"]
    stage = "copy_paste.stage=encoder.layer2"
    states = []
    for level in ("none", "image", "feature"):
        run = _run(*faces, f"copy_paste.level={level}", stage, name="p3m-10k-r34-plus")
        states.append(read_state(train(run, data=pack, out=tmp_path / level)))
    for one, other in itertools.combinations(states, 2):
        assert any(not torch.equal(one[name], other[name]) for name in one)


def test_a_run_that_was_stopped_ends_bit_equal(pack, tmp_path) -> None:
    run = _run("training.checkpoint_every_s=0", name="p3m-10k-r34-plus")

    def stop(part: str, done: int, total: int, loss: float) -> None:
        if part == "steps" and done == 1:
            raise KeyboardInterrupt

    whole = train(run, data=pack, out=tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        train(run, data=pack, out=tmp_path / "broken", tell=stop)
    resumed = train(run, data=pack, out=tmp_path / "broken", resume=True)
    one, other = read_state(whole), read_state(resumed)
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_visible_and_hidden_faces_are_two_trainings(pack, tmp_path) -> None:
    for number in range(4):  # faces that blur changes
        write_picture(pack / "portraits" / f"p{number}.png", noise(96, 72), overwrite=True)
    hidden = train(_run(), data=pack, out=tmp_path / "hidden")
    visible = train(_run("faces=normal"), data=pack, out=tmp_path / "visible")
    for out in ("hidden", "visible"):
        (scores,) = [point for point in _points(tmp_path / out) if "val/normal/sad" in point]
        assert "val/obfuscated/sad" in scores
    one, other = read_state(hidden), read_state(visible)
    assert any(not torch.equal(one[name], other[name]) for name in one)


def test_nothing_is_computed_where_files_do_not_fit(pack, tmp_path) -> None:
    for name in ("p0", "p2"):
        PilImage.new("L", (5, 5)).save(pack / "alpha" / f"{name}.png")
    seen = []
    with pytest.raises(InputError, match=r"2 of the files.*p0\.png: 5x5.*p2\.png: 5x5"):
        train(_run(), data=pack, out=tmp_path / "run", tell=lambda *_: seen.append(1))
    assert not seen
    assert not (tmp_path / "run").exists()


def test_a_mistake_leaves_no_run_behind(pack, tmp_path) -> None:
    out = tmp_path / "run"
    for setting, text in (
        ("crops.side_px=40", "multiple of 32"),
        ("recipe=composites", "no base and detail path"),
        ("copy_paste.level=image", "name a folder with --source-faces"),
    ):
        with pytest.raises(ConfigError, match=text):
            train(_run(setting), data=pack, out=out)
        assert not out.exists()


def test_scores_decide_who_is_drawn_here_too(pack, tmp_path) -> None:
    with pytest.raises(InputError, match=r"none\.csv: cannot be read"):
        train(_run(f"data.harder={tmp_path / 'none.csv'}"), data=pack, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_compiled_networks_take_no_features_from_others(pack, tmp_path) -> None:
    faces = [f"copy_paste.folder={pack}", "copy_paste.level=feature"]
    with pytest.raises(ConfigError, match=r"neither with training\.compile"):
        train(_run(*faces, "training.compile=true"), data=pack, out=tmp_path / "run")
    with pytest.raises(ConfigError, match=r"'resnet\.layer9'.*Its parts: "):
        train(_run(*faces, "copy_paste.stage=resnet.layer9"), data=pack, out=tmp_path / "run")


def test_training_starts_from_what_is_named(tmp_path) -> None:
    whole, backbone = tmp_path / "whole.pt", tmp_path / "backbone.pth.tar"
    model = create_model("p3m-basic")
    torch.save({"state_dict": model.state_dict()}, whole)
    started = build_model(_run(f"initial={whole}"))
    assert torch.equal(started.encoder.conv1.weight, model.encoder.conv1.weight)
    torch.save({f"module.{n}": t for n, t in model.encoder.state_dict().items()}, backbone)
    from_backbone = build_model(_run(f"initial={backbone}"))
    assert torch.equal(from_backbone.encoder.conv1.weight, model.encoder.conv1.weight)


@pytest.mark.parametrize(
    ("initial", "error", "text"),
    [
        ("imagenet", ConfigError, "starts from a file of yours.*--set initial=FILE"),
        ("imagnet", ConfigError, "cannot start from 'imagnet'"),
        ("none.pt", InputError, r"none\.pt: no such weights file"),
    ],
)
def test_what_training_cannot_start_from_is_said(initial, error, text) -> None:
    with pytest.raises(error, match=text):
        build_model(_run(f"initial={initial}"))


def test_weights_of_something_else_are_refused(tmp_path) -> None:
    torch.save({"weight": torch.zeros(2)}, tmp_path / "other.pt")
    for model in ("p3m-basic", "p3mnet-lite"):
        with pytest.raises(WeightsError, match="missing"):
            build_model(_run(f"initial={tmp_path / 'other.pt'}", f"model={model}"))


@pytest.mark.parametrize(
    "setting", ["data.things=things", "scales.hardest=0.5", "scales.distillation=0.5"]
)
def test_what_is_for_composites_is_refused(pack, tmp_path, setting) -> None:
    name = re.escape(setting.partition("=")[0])
    with pytest.raises(ConfigError, match=f"{name} works with recipe 'composites' only"):
        train(_run(setting), data=pack, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()
