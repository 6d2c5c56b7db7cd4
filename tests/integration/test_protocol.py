"""The whole protocol on a drawn P3M-10k: verify, prepare, train, evaluate, report."""

import csv
import json
import math

import numpy as np
import pytest

from p3m.imaging.io import read_alpha

RUN = """
model = "p3mnet-lite"
recipe = "crops"
initial = "scratch"

[data]
dataset = "p3m-10k"
validation_splits = { obfuscated = "p3m-500-p", normal = "p3m-500-np" }

[crops]
crop_sides_px = [64, 96]
side_px = 64
trimap_kernel_px = [3, 7]

[training]
steps = 20
batch_size = 4
lr = 1e-3
workers = 0
precision = "no"
validate_every = 20

[validation]
count = 4
area_px = 6144
"""


def test_from_a_set_to_its_report(p3m, folder):
    run = p3m(
        *("data", "synth", "P3M-10k", "--like", "p3m-10k", "--count", 40, "--validation", 10),
        *("--width", 96, "--height", 128, "--seed", 1, "--jobs", 2),
    )
    assert run.exit_code == 0, run.stderr

    run = p3m("data", "verify", "p3m-10k", "P3M-10k", "--jobs", 2)
    assert run.exit_code == 0, run.stdout
    assert "is whole: 0 errors, 0 warnings" in run.stdout

    run = p3m("data", "prepare", "p3m-10k", "P3M-10k", "--part", "trimap", "--jobs", 1)
    assert run.exit_code == 0, run.stderr
    assert "40 prepared, 20 complete before, 0 failed" in run.stdout

    (folder / "run.toml").write_text(RUN, encoding="utf-8")
    run = p3m("train", "run.toml", "--data", "P3M-10k", "--out", "run")
    assert run.exit_code == 0, run.stderr
    assert run.stdout.split() == ["run/weights.safetensors"]
    lines = (folder / "run/curves.jsonl").read_text(encoding="utf-8").splitlines()
    curves = {name: value for line in lines for name, value in json.loads(line).items()}
    assert curves["step"] == 20
    assert {"val/obfuscated/sad", "val/normal/sad", "train/total"} <= curves.keys()
    assert all(math.isfinite(value) for value in curves.values())

    model = ("--model", "run/weights.safetensors", "--threads", 1)
    for split in ("p3m-500-p", "p3m-500-np"):
        data = ("--data", split, "--root", "P3M-10k", "--jobs", 1)
        run = p3m("evaluate", *model, *data, "--report", f"report/{split}")
        assert run.exit_code == 0, run.stderr
        assert "10 pictures" in run.stdout
        page = (folder / f"report/{split}/report.html").read_text(encoding="utf-8")
        assert "run/weights.safetensors" in page
    with (folder / "report/p3m-500-np/scores.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    report = json.loads((folder / "report/p3m-500-np/evaluation.json").read_text(encoding="utf-8"))
    mean = np.mean([float(row["sad"]) for row in rows])
    assert report["summary"]["sad"]["mean"] == pytest.approx(mean)

    # What is reported of a picture is what its own matte gives.
    name = rows[0]["name"]
    validation = folder / "P3M-10k/validation/P3M-500-NP"
    picture = validation / f"original_image/{name}.jpg"
    run = p3m("matte", picture, *model, "-o", "one.png", "--output", "alpha", "--bits", 16)
    assert run.exit_code == 0, run.stderr
    pred, target = read_alpha("one.png"), read_alpha(validation / f"mask/{name}.png")
    assert float(rows[0]["sad"]) == pytest.approx(np.abs(pred - target).sum() / 1000, rel=1e-3)
