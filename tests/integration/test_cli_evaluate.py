"""`p3m evaluate` on real files, with a real if tiny model."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from p3m.cli.evaluate import evaluate as evaluate_command
from p3m.evaluation.protocol import PROTOCOLS
from support.images import portrait

NAMES = ["ann", "bob", "cy", "dee"]


@pytest.fixture
def test_set(folder):
    """Folders of four people: pictures, true alphas, trimaps, predictions, in the current one."""
    for number, name in enumerate(NAMES):
        image, alpha = portrait(48, 40, seed=number)
        steps = np.rint(alpha * 255).astype(np.uint8)
        known = np.select([steps == 0, steps == 255], [0, 255], 128).astype(np.uint8)
        pred = np.where(steps == 255, 250 - 10 * number, steps).astype(np.uint8)
        for kind, pixels in (
            ("images", image),
            ("alpha", steps),
            ("trimap", known),
            ("pred", pred),
        ):
            save(f"{kind}/{name}.png", pixels)
    return folder


def save(name, pixels):
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    PIL.Image.fromarray(pixels).save(path)


@pytest.fixture
def evaluate(p3m):
    def run(*args):
        options = [] if "--jobs" in args or "--model" in args else ["--jobs", 1]
        return p3m("evaluate", *args, *options)

    return run


FOLDERS = ("--pred", "pred", "--alpha", "alpha", "--trimap", "trimap")


def means(result):
    """The means that the table shows, by the columns' titles."""
    rows = [line.split() for line in result.stdout.splitlines()]
    titles = {column.title for column in PROTOCOLS["p3m"].columns}
    return {row[0]: float(row[1]) for row in rows if row and row[0] in titles}


def test_a_folder_of_predictions_is_scored(test_set, evaluate):
    result = evaluate(*FOLDERS)
    assert result.exit_code == 0, result.output
    shown = means(result)
    errors = []
    for name in NAMES:
        pred, target = (
            np.asarray(PIL.Image.open(f"{kind}/{name}.png")) / 255 for kind in ("pred", "alpha")
        )
        errors.append(np.abs(pred - target).sum() / 1000)
    assert shown["SAD"] == pytest.approx(np.mean(errors), rel=1e-3)
    assert shown["SAD-BG"] == shown["SAD-T"] == 0
    assert shown["SAD-FG"] == shown["SAD"]
    assert "4 pictures" in result.stdout
    assert result.stderr == ""


def test_without_trimaps_whole_pictures_are_scored(test_set, evaluate):
    assert set(means(evaluate(*FOLDERS[:4]))) == {"SAD", "MSE", "MAD", "GRAD", "CONN"}


def test_fast_leaves_the_slow_ones_out(test_set, evaluate):
    assert set(means(evaluate(*FOLDERS[:4], "--fast"))) == {"SAD", "MSE", "MAD"}


def test_the_protocols_have_tables_of_their_own(test_set, evaluate):
    result = evaluate(*FOLDERS, "--protocol", "alphamatting", "--json")
    *rows, total = map(json.loads, result.stdout.splitlines())
    assert total["protocol"] == "alphamatting"
    assert [row["name"] for row in rows] == NAMES
    assert all(row["sad"] == 0 for row in rows)  # the errors lie in the known region
    refused = evaluate(*FOLDERS[:4], "--protocol", "alphamatting")
    assert refused.exit_code == 2
    assert "it needs trimaps" in refused.stderr


def test_processes_give_the_same_numbers(test_set, evaluate):
    one = evaluate(*FOLDERS, "--json")
    assert evaluate(*FOLDERS, "--json", "--jobs", 2).stdout == one.stdout


def test_the_report_holds_a_page_and_two_tables(test_set, evaluate):
    result = evaluate(*FOLDERS, "--image", "images", "--report", "out/report")
    assert result.exit_code == 0
    written = [f"out/report/{name}" for name in ("scores.csv", "evaluation.json", "report.html")]
    assert result.stdout.splitlines()[-3:] == written
    rows = list(csv.DictReader(Path(written[0]).read_text().splitlines()))
    content = json.loads(Path(written[1]).read_text())
    assert [row["name"] for row in rows] == NAMES
    assert list(rows[0]) == ["name", *content["summary"]]
    sads = [float(row["sad"]) for row in rows]
    assert content["summary"]["sad"]["mean"] == pytest.approx(np.mean(sads))
    assert content["summary"]["sad"]["median"] == pytest.approx(np.median(sads))
    assert content["settings"]["pred"] == "pred"
    assert content["provenance"]["packages"]["numpy"]
    page = Path(written[2]).read_text()
    assert page.count("<img ") == 4 * len(NAMES)
    assert page.index("dee\n") < page.index("ann\n")  # the worst first
    assert "http" not in page.replace("http-equiv", "")
    again = evaluate(*FOLDERS, "--report", "out/report")
    assert again.exit_code == 1
    assert "exists already; pass --overwrite" in again.stderr
    assert evaluate(*FOLDERS, "--report", "out/report", "--overwrite").exit_code == 0


def test_a_baseline_is_compared_picture_by_picture(test_set, evaluate):
    evaluate(*FOLDERS, "--report", "old")
    for name in NAMES[:3]:
        save(f"better/{name}.png", np.asarray(PIL.Image.open(f"alpha/{name}.png")))
    options = ("--pred", "better", *FOLDERS[2:], "--allow-missing")
    result = evaluate(*options, "--baseline", "old/evaluation.json", "--report", "new", "--json")
    total = json.loads(result.stdout.splitlines()[-1])
    found = total["comparison"]["differences"]["sad"]
    assert found["verdict"] == "unclear"  # of three pictures
    assert found["mean"] < 0
    assert found["low"] <= found["mean"] <= found["high"]
    assert total["comparison"]["left_out"] == 1
    assert json.loads(Path("new/evaluation.json").read_text())["comparison"]["names"] == NAMES[:3]
    text = evaluate(*options, "--baseline", "old/evaluation.json").stdout
    assert "against pred on alpha: 3 pictures of both, 1 of one alone" in text


@pytest.mark.onnx
def test_a_model_is_scored_on_a_folder_of_pictures(test_set, evaluate, model):
    options = ("--model", model, "--threads", 1, "--strategy", "resize")
    by_folder = evaluate(*options, "--data", ".", "--report", "report", "--json")
    assert by_folder.exit_code == 0, by_folder.output
    rows = [json.loads(line) for line in by_folder.stdout.splitlines()[:-1]]
    assert [row["name"] for row in rows] == NAMES
    assert rows[0]["sad"] > 0
    by_names = evaluate(
        *options, "--image", "images", "--alpha", "alpha", "--trimap", "trimap", "--json"
    )
    assert by_names.stdout == by_folder.stdout
    assert Path("report/report.html").read_text().count("<img ") == 4 * len(NAMES)


@pytest.mark.onnx
def test_a_models_predictions_score_alike_in_files(test_set, evaluate, p3m, model):
    p3m("matte", "images", "-o", "cut", "--output", "alpha", "--bits", 16, "--model", model)
    written = evaluate("--pred", "cut", "--data", ".", "--json")
    at_once = evaluate("--model", model, "--threads", 1, "--data", ".", "--json")
    for row, other in zip(written.stdout.splitlines(), at_once.stdout.splitlines(), strict=True):
        for name, value in json.loads(row).items():
            if name not in ("name", "conn") and isinstance(value, float):
                assert value == pytest.approx(json.loads(other)[name], rel=1e-3, abs=1e-6)


@pytest.mark.onnx
def test_a_drawn_data_set_is_evaluated_by_name(folder, p3m, evaluate, model):
    drawn = p3m(
        "data", "synth", "set", "--count", 1, "--validation", 3, "--width", 48, "--height", 64,
        "--jobs", 1,
    )  # fmt: skip
    assert drawn.exit_code == 0, drawn.output
    options = ("--model", model, "--threads", 1, "--data", "p3m-500-np", "--root", "set")
    result = evaluate(*options, "--report", "report")
    assert result.exit_code == 0, result.output
    assert "p3m-500-np (a drawn set): protocol p3m" in result.stdout
    # Published numbers are of the real pictures: they do not stand beside drawn ones unasked.
    assert "cited" not in Path("report/report.html").read_text().split("</style>")[1]


def test_published_numbers_are_cited_with_their_warning(test_set, evaluate):
    result = evaluate(*FOLDERS, "--published", "p3m-500-np", "--report", "report")
    cited = result.stdout.partition("cited, not measured here:")[2]
    assert "MattePro" in cited
    assert "Leakage" in cited
    assert "SAD, cited" in Path("report/report.html").read_text()
    unknown = evaluate(*FOLDERS, "--published", "p3m-501")
    assert unknown.exit_code == 1
    assert "Known: p3m-500-p" in unknown.stderr


# What bad input gets


def errors(result):
    assert result.exit_code == 1
    assert result.stdout == ""
    return [line for line in result.stderr.splitlines() if line.startswith("p3m: error: ")]


def test_all_that_is_wrong_is_listed_and_nothing_is_scored(test_set, evaluate):
    Path("pred/ann.png").unlink()
    save("pred/bob.png", np.zeros((48, 40, 3), np.uint8))
    save("pred/cy.png", np.zeros((40, 48), np.uint8))
    save("pred/dee.tif", np.full((48, 40), np.nan, np.float32))
    result = evaluate(*FOLDERS, "--report", "report")
    found = errors(result)
    for part in (
        "ann: has no prediction",
        "bob.png: has 3 channels",
        "cy.png: is 40x48 (height x width), and alpha/cy.png 48x40",
        "pred: 2 files are named dee: dee.png, dee.tif",
    ):
        assert [line for line in found if part in line], part
    Path("pred/dee.png").unlink()
    assert any(
        "dee.tif: 1920 of 1920 values are no numbers" in e for e in errors(evaluate(*FOLDERS))
    )
    assert not Path("report").exists()


def test_a_prediction_of_another_depth_is_listed(test_set, evaluate):
    save("pred/bob.png", np.full((48, 40), 40000, np.uint16))
    (line,) = errors(evaluate(*FOLDERS))
    assert "pred/bob.png: has 16 bits a value; most predictions have 8" in line


def test_missing_predictions_may_be_left_out(test_set, evaluate):
    Path("pred/ann.png").unlink()
    save("pred/zoe.png", np.zeros((48, 40), np.uint8))
    result = evaluate(*FOLDERS, "--allow-missing")
    assert result.exit_code == 0
    assert "3 pictures, 1 left out (no prediction), 1 predictions without a truth" in result.stdout
    save("pred/bob.png", np.zeros((4, 4), np.uint8))
    assert len(errors(evaluate(*FOLDERS, "--allow-missing"))) == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda: Path("empty").mkdir(), "empty: holds no pictures"),
        (lambda: None, "empty: no such folder"),
        (lambda: save("empty/other.png", np.zeros((4, 4), np.uint8)), "no prediction is named as"),
    ],
)
def test_a_folder_without_predictions_is_told(test_set, evaluate, change, reason):
    change()
    (line,) = errors(evaluate("--pred", "empty", *FOLDERS[2:]))
    assert reason in line


def test_a_baseline_that_is_none_is_told_before_the_work(test_set, evaluate):
    Path("other.json").write_text("{}")
    (line,) = errors(evaluate(*FOLDERS, "--baseline", "other.json"))
    assert "was not written by p3m evaluate" in line


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"protocol": "alphamatting"}, "cannot be compared"),
        ({"settings": {"values": "truncated"}}, "evaluate one of them again"),
        ({"name": "zoe"}, "no name is the same"),
        ({"height": 24}, "have other sizes"),
    ],
    ids=str,
)
def test_an_unsuited_baseline_is_told_before_the_work(test_set, evaluate, change, reason):
    evaluate(*FOLDERS, "--report", "old")
    content = json.loads(Path("old/evaluation.json").read_text())
    content |= {key: value for key, value in change.items() if key in content}
    for picture in content["pictures"]:
        picture |= {key: value for key, value in change.items() if key in picture}
    Path("old/evaluation.json").write_text(json.dumps(content))
    Path("pred/ann.png").unlink()  # which scoring would find
    result = evaluate(*FOLDERS, "--baseline", "old/evaluation.json")
    assert result.exit_code == 2, result.output
    assert reason in result.stderr


@pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="names are text there")
def test_names_that_are_no_text_are_written_as_escapes(test_set, evaluate):
    name = os.fsdecode(b"b\xffd")
    for folder in ("pred", "alpha"):
        Path(f"{folder}/bob.png").rename(f"{folder}/{name}.png")
        Path(folder).rename(f"{folder}{name}")
    folders = ("--pred", f"pred{name}", "--alpha", f"alpha{name}")
    result = evaluate(*folders, "--report", "report")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(r"predb\udcffd on alphab\udcffd: protocol p3m")
    assert r"b\udcffd" in Path("report/scores.csv").read_text()
    again = evaluate(*folders, "--baseline", "report/evaluation.json")
    assert "4 pictures of both, 0 of one alone" in again.stdout


@pytest.mark.parametrize(
    "args",
    [
        [],
        ["--pred", "pred"],
        ["--alpha", "alpha"],
        ["--pred", "pred", "--model", "x.onnx", "--alpha", "alpha"],
        ["--pred", "pred", "--alpha", "alpha", "--data", "."],
        ["--model", "x.onnx", "--alpha", "alpha"],
        ["--pred", "pred", "--data", "p3m-500-np"],
        ["--pred", "pred", "--data", ".", "--trimap", "trimap"],
        ["--pred", "pred", "--alpha", "alpha", "--root", "."],
        [*FOLDERS, "--protocol", "matlab"],
        [*FOLDERS, "--values", "rounded"],
        [*FOLDERS, "--jobs", "0"],
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_exits_with_2(test_set, evaluate, args):
    result = evaluate(*args)
    assert result.exit_code == 2, result.output
    assert result.stderr
    assert result.stdout == ""


def test_the_options_name_what_there_is():
    hints = str(evaluate_command.__annotations__["protocol"])
    assert all(repr(name) in hints for name in PROTOCOLS)


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX terminal")
def test_the_bar_goes_to_the_terminal_and_the_table_to_the_pipe(test_set):
    terminal, stderr = os.openpty()
    run = subprocess.run(
        [sys.executable, "-m", "p3m", "evaluate", *FOLDERS, "--jobs", "2"],
        stdout=subprocess.PIPE,
        stderr=stderr,
        env={**os.environ, "TERM": "xterm"},
        check=True,
    )
    os.close(stderr)
    shown = os.read(terminal, 1 << 16).decode()
    os.close(terminal)
    assert "Scoring" in shown
    assert b"Scoring" not in run.stdout
    assert b"4 pictures" in run.stdout
