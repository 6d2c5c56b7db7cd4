"""What an earlier run did is left alone only where this one would do the same."""

import json
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from PIL import ExifTags

from p3m.imaging.io import write_picture
from p3m.pipelines.anonymize_files import anonymize_files
from p3m.pipelines.anonymize_plan import AnonymizeSettings, plan_anonymize
from support.images import noise


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    """A picture with a date and one without anything, and their boxes."""
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()
    exif = PIL.Image.Exif()
    exif[ExifTags.Base.DateTime] = "2026:01:02 03:04:05"
    PIL.Image.fromarray(noise(60, 80)).save("in/a.jpg", exif=exif)
    PIL.Image.fromarray(noise(60, 80, seed=1)).save("in/b.png")
    put_boxes({"a.jpg": [[10, 10, 40, 50], [50, 10, 70, 50]], "b.png": []})


def put_boxes(boxes):
    Path("boxes.json").write_text(json.dumps(boxes))


def run(out="out", name="in/a.jpg", **options):
    """The statuses of a run with a ledger that may go on."""
    settings = AnonymizeSettings(
        **{"detector": "boxes:boxes.json", "ledger": Path("l.jsonl"), "resume": True, **options}
    )
    return [result.status for result in anonymize_files(plan_anonymize([name], out, settings))]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"keep": ("#1",)},
        {"keep": ("a.jpg#2", "0,0,40,40")},
        {"keep_metadata": frozenset({"date"})},
        {"keep_metadata": frozenset({"icc"})},
        {"effect": "mosaic", "margin": 0.5},
    ],
)
def test_the_same_is_not_done_again(options):
    assert run(**options) == ["anonymized"]
    assert run(**options) == ["resumed"]


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ({"keep": ("#1",)}, {}),
        ({}, {"keep": ("#1",)}),
        ({"keep": ("#1",)}, {"keep": ("#2",)}),
        ({"keep": ("0,0,40,60",)}, {}),
        ({"keep_metadata": frozenset({"date"})}, {}),
        ({}, {"keep_metadata": frozenset({"date"})}),
        ({"margin": 0.5}, {}),
        ({"effect": "solid"}, {}),
    ],
)
def test_what_was_done_in_another_way_is_done_again(before, now):
    assert run(**before) == ["anonymized"]
    assert run(**now, overwrite=True) == ["anonymized"]


def test_what_is_in_doubt_does_not_pass_where_doubt_is_a_failure():
    assert run(name="in/b.png") == ["no-face"]
    assert run(name="in/b.png") == ["resumed"]
    assert run(name="in/b.png", fail_on_doubt=True, overwrite=True) == ["failed"]


def test_boxes_that_changed_are_hidden_and_those_of_other_pictures_change_nothing():
    assert run() == ["anonymized"]
    put_boxes({"a.jpg": [[10, 10, 40, 50], [50, 10, 70, 50]], "c.png": [[1, 2, 3, 4]]})
    assert run() == ["resumed"]
    put_boxes({"a.jpg": [[10, 10, 40, 50]]})
    assert run(overwrite=True) == ["anonymized"]


def test_masks_that_changed_are_hidden():
    options = {"detector": "masks:masks"}
    mask = np.zeros((60, 80), np.float32)
    mask[10:40, 10:40] = 1
    write_picture(Path("masks/a.png"), mask)
    assert run(**options) == ["anonymized"]
    assert run(**options) == ["resumed"]
    write_picture(Path("masks/a.png"), mask[:, ::-1], overwrite=True)
    assert run(**options, overwrite=True) == ["anonymized"]


def test_a_ledger_that_was_edited_is_followed():
    assert run("review", ledger=None, resume=False, dry_run=True) == ["planned"]
    options = {"detector": "centerface", "replay": Path("review/ledger.jsonl")}
    assert run(**options) == ["anonymized"]
    assert run(**options) == ["resumed"]
    entry = json.loads(options["replay"].read_text())
    entry["faces"][0]["kept"] = True
    options["replay"].write_text(json.dumps(entry))
    assert run(**options, overwrite=True) == ["anonymized"]


def test_another_output_is_written():
    assert run("out/a.jpg") == ["anonymized"]
    assert run("out/b.jpg") == ["anonymized"]
    assert Path("out/b.jpg").is_file()
    assert run("out/a.jpg") == run("out/b.jpg") == ["resumed"]
