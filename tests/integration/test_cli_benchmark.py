"""`p3m benchmark` on a drawn pack: verified, trained twice, tested in four columns, told."""

import csv
import json

import numpy as np
import pytest

from p3m.config.load import load_settings, preset
from p3m.data.ppt_open import read_manifest
from p3m.imaging.io import read_alpha, read_image
from p3m.models.catalog import create_model
from p3m.models.state import save_state
from p3m.pipelines.matte import load_predictor
from p3m.pipelines.train_settings import TrainRun
from support.onnx_models import p3m_model
from support.pack import write_pack

HALF = ("--set", "data.validation_fraction=0.5")
SMALL = (
    "composites.side_px=128",
    "scales.base_sides_px=[64]",
    "scales.window_px=32",
    "training.steps=2",
    "training.batch_size=2",
    "training.workers=0",
    "training.precision=no",
    "training.validate_every=9",
    "validation.count=2",
    "data.validation_fraction=0.5",
)


@pytest.fixture
def study(folder, p3m):
    """Runs the study on a pack of six people, half of whom are tested with."""
    pack = write_pack(folder / "pack", people=6, scenes=4)
    made = p3m("benchmark", "manifest", pack, "-o", "pack.csv", *HALF)
    assert made.exit_code == 0, made.output

    def run(*args, out="out"):
        common = ("--root", pack, "--out", out, "--manifest", "pack.csv", "--threads", 1)
        return p3m("benchmark", "ppt", *common, *args)

    return run


@pytest.fixture
def other(folder):
    """An ONNX file whose answers are another's, for there is no other coarse map."""
    path = folder / "other.onnx"
    path.write_bytes(p3m_model(features=2))
    return path


def read_json(folder):
    return json.loads((folder / "out" / "ppt.json").read_text(encoding="utf-8"))


def test_four_columns_gaps_and_a_page(study, folder, model, other):
    result = study("--model", f"tiny={model},{other}", "--model", f"half={model}")
    assert result.exit_code == 0, result.output
    content = read_json(folder)
    assert content["format"] == "p3m-ppt/1"
    assert content["pictures"] == 3
    for entrants in content["tables"].values():
        whole, half = entrants
        assert list(whole["columns"]) == ["B:B", "B:N", "N:B", "N:N"]
        assert list(whole["gaps"]) == ["B:N - N:N", "B:N - B:B", "N:B - N:N"]
        assert list(half["columns"]) == ["B:B", "B:N"]
        assert list(half["missing"]) == ["N:B", "N:N"]
        assert list(half["gaps"]) == ["B:N - B:B"]
        means = {c: half["columns"][c]["summary"]["sad"]["mean"] for c in half["columns"]}
        gap = half["gaps"]["B:N - B:B"]["sad"]
        assert gap["mean"] == pytest.approx(means["B:N"] - means["B:B"])
        assert gap["low"] <= gap["mean"] <= gap["high"]
    assert "half, N:B: no weights trained on normal faces were named" in result.output
    page = (folder / "out" / "ppt.html").read_text(encoding="utf-8")
    assert "B:N - N:N" in page
    assert "P3M-Net (ResNet-34)" in page
    assert "<script" not in page
    assert "8.73" in (folder / "out" / "ppt.md").read_text(encoding="utf-8")


def test_the_numbers_are_those_of_the_pictures_that_were_written(study, folder, model):
    assert study("--model", f"tiny={model}", "--fast").exit_code == 0
    predict = load_predictor(model, threads=1)
    (pictures,) = (folder / "out" / "pictures").iterdir()
    errors = []
    for path in sorted((pictures / "composites" / "blurred").iterdir()):
        alpha = read_alpha(pictures / "composites" / "alpha" / path.name)
        errors.append(np.abs(predict(read_image(path)) - alpha).sum() / 1000)
    with (folder / "out" / "ppt.csv").open(newline="") as file:
        rows = {(r["table"], r["column"], r["metric"]): r for r in csv.DictReader(file)}
    row = rows["composites", "B:B", "sad"]
    assert float(row["mean"]) == pytest.approx(np.mean(errors), rel=1e-4)
    assert float(row["median"]) == pytest.approx(np.median(errors), rel=1e-4)
    assert not any(metric == "grad" for _, _, metric in rows)


def test_a_column_is_measured_again_only_for_other_weights_or_pictures(study, folder, model, other):
    files = folder / "out" / "columns" / "tiny"
    stamps = []
    for weights, more in ((model, ()), (model, ()), (other, ()), (other, ("--count", 2))):
        assert study("--model", f"tiny={weights}", "--fast", *more).exit_code == 0
        stamps.append({path.name: path.stat().st_mtime_ns for path in files.iterdir()})
    assert stamps[0] == stamps[1]
    for before, after in ((stamps[1], stamps[2]), (stamps[2], stamps[3])):
        assert before.keys() == after.keys()
        assert all(before[name] < after[name] for name in before)


def test_all_that_was_changed_in_the_pack_is_listed(study, folder, model):
    listed = read_manifest(folder / "pack.csv").select("portrait", "validation")
    tested = [item.name for item in listed]
    (folder / "pack" / "portraits" / f"{tested[0]}.png").unlink()
    with (folder / "pack" / "alpha" / f"{tested[1]}.png").open("ab") as file:
        file.write(b"more")
    result = study("--model", f"tiny={model}")
    assert result.exit_code == 1
    assert f"{tested[0]}: there is no such portrait" in result.stderr
    assert f"{tested[1]}.png: is not the file that the manifest lists" in result.stderr
    assert "2 problems, nothing was tested" in result.stderr
    assert not (folder / "out").exists()


def test_another_pack_is_refused_as_a_whole(folder, p3m, model):
    pack = write_pack(folder / "pack")
    result = p3m("benchmark", "ppt", "--root", pack, "--out", "out", "--model", f"tiny={model}")
    assert result.exit_code == 1
    assert "143 problems" in result.stderr


def test_weights_of_another_network_are_refused(study, folder, model):
    torch_file = folder / "lite.safetensors"
    save_state(torch_file, create_model("p3mnet-lite"))
    result = study("--model", f"p3mnet-r34={torch_file}")
    assert result.exit_code == 2
    assert "p3mnet-r34: the weights are not all of this one network" in result.stderr
    assert "lite.safetensors is of p3mnet-lite" in result.stderr


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((), "Name networks"),
        (("--model", "tiny"), "'tiny' is no network"),
        (("--model", "tiny=,"), "is no network"),
        (("--model", "a=1,2,3"), "is no network"),
        (("--model", "a/b=x.onnx"), "is no name for a network"),
        (("--model", "a=x.onnx", "--model", "a=y.onnx"), "a: two networks have this name"),
        (("--model", "a=x.onnx", "--count", "1"), "count is 1"),
        (("--model", "a=x.onnx", "--set", "a=1"), "name a preset with --train"),
    ],
)
def test_a_command_that_cannot_be_meant_is_refused(study, args, message):
    result = study(*args)
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_missing_file_of_weights_is_told(study):
    result = study("--model", "tiny=none.safetensors")
    assert result.exit_code == 1
    assert "none.safetensors" in result.stderr


def test_both_trainings_differ_in_the_faces_alone_and_go_on(study, folder):
    train = ("--train", "p3mnet-lite", *(part for one in SMALL for part in ("--set", one)))
    result = study(*train, "--fast")
    assert result.exit_code == 0, result.output
    settings = {}
    for faces in ("B", "N"):
        record = (folder / "out" / f"train-{faces}" / "run.json").read_text(encoding="utf-8")
        settings[faces] = json.loads(record)["settings"]
    assert settings["B"].pop("faces") == "obfuscated"
    assert settings["N"].pop("faces") == "normal"
    assert settings["B"] == settings["N"]
    (trained,) = read_json(folder)["tables"]["composites"]
    assert trained["network"] == "p3mnet-lite-trained-here"
    hashes = {c: column["weights_sha256"] for c, column in trained["columns"].items()}
    assert hashes["B:B"] == hashes["B:N"] != hashes["N:B"] == hashes["N:N"]
    again = study(*train, "--fast")
    assert again.exit_code == 0, again.output
    assert read_json(folder)["tables"]["composites"] == [trained]


def test_nobody_of_the_test_is_trained_on(study):
    result = study("--train", "p3mnet-lite", "--set", "data.split_seed=5", *HALF)
    assert result.exit_code == 2
    assert "that the manifest does not have for training" in result.stderr


def test_a_preset_of_a_data_set_is_refused(study):
    assert load_settings(TrainRun, preset("p3m-10k-r34")).data.dataset == "p3m-10k"
    result = study("--train", "p3m-10k-r34")
    assert result.exit_code == 2
    assert "data.dataset=folder" in result.stderr
