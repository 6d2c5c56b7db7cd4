"""`p3m data`, typed as a person types it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image as PilImage

from p3m.data.catalog import DATASETS
from p3m.data.survey import DRAWN
from support.drawn import write_drawn_set

RWP = DATASETS["rwp-636"]


@pytest.fixture
def root(folder):
    """A drawn set of three portraits in the layout of RealWorldPortrait-636."""
    return write_drawn_set(RWP, folder / "set", 3)


@pytest.fixture(autouse=True)
def _no_home(monkeypatch):
    monkeypatch.delenv("P3M_HOME", raising=False)


def test_the_list_names_all_sets(p3m):
    text, lines = p3m("data", "list"), p3m("data", "list", "--json")
    assert text.exit_code == lines.exit_code == 0
    rows = [line.split() for line in text.stdout.splitlines()]
    assert rows[0] == ["NAME", "PICTURES", "AGREEMENT", "LICENCE"]
    assert [row[0] for row in rows[1:]] == list(DATASETS)
    assert rows[1] == ["p3m-10k", "10,421", "needed", "MIT"]
    assert [json.loads(line)["name"] for line in lines.stdout.splitlines()] == list(DATASETS)


@pytest.mark.parametrize("name", DATASETS)
def test_a_set_is_told_of_in_full(p3m, name):
    entry = DATASETS[name]
    run = p3m("data", "show", name)
    assert run.exit_code == 0
    for text in (entry.title, entry.licence, *entry.caveats, *(s.name for s in entry.splits)):
        assert text in run.stdout
    assert json.loads(p3m("data", "show", name, "--json").stdout)["name"] == name
    run = p3m("data", "agreement", name)
    assert run.exit_code == 0
    assert (entry.agreement.url if entry.agreement else "needs no agreement") in run.stdout


def test_a_whole_set_is_told_to_be_and_a_broken_one_by_file(p3m, root):
    run = p3m("data", "verify", "rwp-636", root, "--jobs", 1)
    assert run.exit_code == 0, run.stderr
    assert run.stdout.splitlines()[-1] == (
        f"rwp-636 (a drawn set) in {root} is whole: 0 errors, 0 warnings"
    )
    for name in ("p_00000000", "p_00000001"):
        (root / f"alpha/{name}.png").unlink()
    run = p3m("data", "verify", "rwp-636", root, "--jobs", 1)
    assert run.exit_code == 1
    *_, first, second, last = run.stdout.splitlines()
    assert first == "error: image/p_00000000.jpg: has no alpha"
    assert second == "error: image/p_00000001.jpg: has no alpha"
    assert last.endswith("is broken: 2 errors, 0 warnings")


def test_json_says_the_same(p3m, root):
    (root / "alpha/p_00000000.png").write_bytes(b"")
    run = p3m("data", "verify", "rwp-636", root, "--jobs", 1, "--json")
    assert run.exit_code == 1
    report = json.loads(run.stdout)
    assert report["broken"]
    assert report["splits"][0]["found"] == 3
    ((problem,),) = [report["problems"]]
    assert problem["file"] == "alpha/p_00000000.png"
    assert problem["severity"] == "error"


def test_warnings_that_are_alike_are_counted_and_json_has_them_all(p3m, folder):
    root = write_drawn_set(RWP, folder / "set", 13)
    for path in (root / "alpha").iterdir():
        PilImage.open(path).convert("RGB").save(path)
    run = p3m("data", "verify", "rwp-636", root, "--jobs", 1)
    assert run.exit_code == 0
    *lines, more, last = run.stdout.splitlines()
    text = "has three equal channels in place of one"
    assert sum(line.endswith(f".png: {text}") for line in lines) == 10
    assert more == f"warning: 3 files more, see --json: {text}"
    assert last.endswith("is whole: 0 errors, 13 warnings")
    run = p3m("data", "verify", "rwp-636", root, "--jobs", 1, "--json")
    assert len(json.loads(run.stdout)["problems"]) == 13


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["verify", "p3m10k", "."], 1, "Did you mean 'p3m-10k'"),
        (["verify", "p3m-10k", "none"], 1, "none: is no folder"),
        (
            ["verify", "p3m-10k", "empty"],
            1,
            "it needs train/blurred_image, train/mask, validation/",
        ),
        (["verify", "p3m-10k", "set"], 1, "Its folders are those of rwp-636"),
        (["verify", "rwp-636", "set", "--split", "tset"], 1, "Did you mean 'test'"),
        (["prepare", "rwp-636", "empty"], 1, "it needs image, alpha. It is empty"),
        (["prepare", "rwp-636", "set", "--part", "matte"], 2, "matte"),
        (["shard", "rwp-636", "set", "out"], 1, "No split of rwp-636 named 'train'"),
        (["synth", "set", "--count", "1"], 1, "set: is not empty"),
        (["synth", "new", "--count", "0"], 2, "--count"),
        (["synth", "new", "--count", "1", "--like", "p3m"], 1, "No data set named 'p3m'"),
        (["synth", "new", "--count", "1", "--width", "9"], 1, "the shorter side is 9"),
        (["show", "aim500"], 1, "Did you mean 'aim-500'"),
    ],
)
def test_what_cannot_be_meant_is_said_in_a_line(p3m, root, arguments, code, text):
    (root.parent / "empty").mkdir()
    run = p3m("data", *arguments)
    assert run.exit_code == code
    assert text in run.stderr
    if code == 1:
        assert run.stderr.count("\n") == 1


def test_terms_are_accepted_once(p3m, folder):
    root = write_drawn_set(DATASETS["bg-20k"], folder / "set")
    (root / DRAWN).unlink()
    command = ("data", "shard", "bg-20k", root, "out", "--split", "train")
    run = p3m(*command)
    assert run.exit_code == 1
    assert "read p3m data agreement bg-20k, then pass --accept-agreement" in run.stderr
    run = p3m("data", "verify", "bg-20k", root, "--split", "train", "--accept-agreement")
    assert run.exit_code == 0, run.stderr
    run = p3m(*command)
    assert run.exit_code == 0, run.stderr
    assert run.stdout == "out: 2 pictures in 1 shards\n"


def test_a_wrong_folder_is_told_before_terms_and_none_is_written_into(p3m, folder):
    (folder / "empty").mkdir()
    run = p3m("data", "verify", "bg-20k", "empty", "--accept-agreement")
    assert run.exit_code == 1
    assert "holds nothing of bg-20k" in run.stderr
    assert os.listdir("empty") == []  # noqa: PTH208 - of a name in the current folder


def test_prepare_makes_what_is_missing_and_tells_what_failed(p3m, root):
    (root / "image/p_00000001.jpg").write_bytes(b"")
    command = ("data", "prepare", "rwp-636", root, "-o", "made", "--jobs", 1)
    run = p3m(*command, "--part", "foreground")
    assert run.exit_code == 1
    assert run.stdout == "made: 2 prepared, 0 complete before, 1 failed\n"
    assert "p_00000001.jpg: the file is empty" in run.stderr
    run = p3m(*command, "--part", "trimap")
    assert run.exit_code == 0, run.stderr
    assert run.stdout == "made: 3 prepared, 0 complete before, 0 failed\n"
    run = p3m(*command, "--part", "trimap", "--trimap-radius", 5)
    assert run.exit_code == 2
    assert "made holds what was made with method multilevel, radius_px 12" in run.stderr


def test_refine_writes_alphas_a_record_and_a_sheet(p3m, root):
    (root / "image/p_00000001.jpg").write_bytes(b"")
    command = ("data", "refine", "rwp-636", root, "-o", "new", "--jobs", 1, "--sheet", "look.png")
    run = p3m(*command)
    assert run.exit_code == 1
    assert run.stdout == ("new: 2 refined, 0 in doubt, 1 failed\nlook.png: the most refined ones\n")
    assert "p_00000001.jpg: the file is empty" in run.stderr
    assert sorted(path.name for path in Path("new").iterdir()) == [
        "p_00000000.png",
        "p_00000002.png",
        "refined.csv",
    ]
    with PilImage.open("look.png") as look:
        assert look.width > 6 * 240
    run = p3m(*command)
    assert run.exit_code == 1
    assert "look.png exists; choose another name" in run.stderr
    own = DATASETS["rwp-636"].split("test").places["alpha"].folders[0]
    run = p3m("data", "refine", "rwp-636", root, "-o", root / own)
    assert run.exit_code == 1
    assert "choose an empty folder" in run.stderr


def test_trimaps_need_no_pymatting_and_colours_say_what_to_install(p3m, root, monkeypatch):
    monkeypatch.setitem(sys.modules, "pymatting", None)
    monkeypatch.setattr(
        "p3m.core.extras.find_spec", lambda name: None if name == "pymatting" else 1
    )
    run = p3m("data", "prepare", "rwp-636", root, "--jobs", 1)
    assert run.exit_code == 1
    assert 'pip install "p3m[train]"' in run.stderr
    run = p3m("data", "prepare", "rwp-636", root, "--jobs", 1, "--part", "trimap")
    assert run.exit_code == 0, run.stderr


def test_what_synth_draws_is_whole_and_hidden_as_in_the_real_set(p3m, folder):
    size = ("--width", 64, "--height", 80)
    run = p3m("data", "synth", "drawn", "--count", 4, *size, "--jobs", 1)
    assert run.exit_code == 0, run.stderr
    assert run.stdout == "drawn: train 4, p3m-500-p 1, p3m-500-np 1\n"
    run = p3m("data", "verify", "p3m-10k", "drawn", "--jobs", 1)
    assert run.exit_code == 0, run.stdout


def test_listing_loads_nothing_heavy(folder):
    code = (
        "import sys; from typer.testing import CliRunner; from p3m.cli.main import app;"
        "CliRunner().invoke(app, ['data', 'list']);"
        "print({'numpy', 'cv2', 'PIL', 'torch'} & {*sys.modules})"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "set()\n"
