"""`p3m matte` on real files, with a real if tiny model."""

import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import get_args

import numpy as np
import PIL.Image
import pytest

import p3m.pipelines.matte as matte_module
import p3m.pipelines.matte_files as matte_files_module
from p3m.cli.matte import matte as matte_command
from p3m.core.catalog import Catalog
from p3m.imaging.compositing import ForegroundMethod
from p3m.imaging.io import read_picture
from p3m.inference.strategy import STRATEGIES
from p3m.pipelines.inputs import Output
from p3m.pipelines.matte import DEFAULT_MODEL, matte
from p3m.weights.store import find_weights
from support.images import encoded, noise, portrait
from support.onnx_models import failing_model, other_model
from support.weights import stub_weights

pytestmark = pytest.mark.onnx


def files():
    return sorted(path.as_posix() for path in Path().rglob("*") if path.is_file())


def one_line(result):
    """The only line on standard error; no traceback, no error that p3m did not foresee."""
    assert result.exception is None or isinstance(result.exception, SystemExit)
    (line,) = result.stderr.splitlines()
    assert line.startswith("p3m: error: ")
    return line


def test_a_picture_gives_a_cutout_beside_it(folder, put, cut, model):
    put("photos/a.jpg")
    result = cut("photos/a.jpg")
    assert (result.exit_code, result.stdout) == (0, "photos/a-cutout.png\n")
    with PIL.Image.open("photos/a-cutout.png") as written:
        assert (written.format, written.mode) == ("PNG", "RGBA")
        expected = matte("photos/a.jpg", model=model, threads=1).cutout()
        np.testing.assert_array_equal(np.asarray(written), expected)


@pytest.mark.parametrize(
    ("options", "mode"),
    [
        (["--output", "alpha"], "L"),
        (["--output", "alpha", "--bits", "16"], "I;16"),
        (["--output", "foreground"], "RGB"),
        (["--output", "composite", "--background", "teal"], "RGB"),
        (["--background", "#336699"], "RGB"),
        (["--background", "blur"], "RGB"),
        (["--background", "beach.png"], "RGB"),
        (["--foreground-method", "multilevel"], "RGBA"),
        (["--strategy", "hybrid"], "RGBA"),
        (["--strategy", "resize"], "RGBA"),
        (["--provider", "cpu"], "RGBA"),
    ],
)
def test_options_choose_what_is_written(folder, put, cut, options, mode):
    put("a.png")
    Path("beach.png").write_bytes(encoded(noise(9, 50)))
    assert cut("a.png", "-o", "x.png", *options).exit_code == 0
    with PIL.Image.open("x.png") as written:
        assert (written.mode, written.size) == (mode, (30, 40))


def test_a_background_shows_where_nobody_is(folder, put, cut, model):
    put("a.png")
    cut("a.png", "-o", "x.png", "--background", "teal")
    alpha = matte("a.png", model=model, threads=1).alpha
    with PIL.Image.open("x.png") as written:
        shown = np.asarray(written)
    expected = matte("a.png", model=model, threads=1).over("teal")
    np.testing.assert_array_equal(shown, expected)
    assert shown.shape[:2] == alpha.shape


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        (["--format", "webp"], "WEBP"),
        (["--format", "tiff"], "TIFF"),
        (["-o", "x.webp"], "WEBP"),
        (["-o", "x.tif"], "TIFF"),
        (["-o", "x.jpg", "--background", "red"], "JPEG"),
    ],
)
def test_the_format_is_chosen_or_follows_the_name(folder, put, cut, options, kind):
    put("a.png")
    result = cut("a.png", *options)
    assert result.exit_code == 0
    with PIL.Image.open(result.stdout.strip()) as written:
        assert written.format == kind


def test_a_folders_structure_is_kept(folder, put, cut):
    for name in ("in/a.jpg", "in/b.webp", "in/sub/deep/c.png"):
        put(name)
    Path("in/notes.txt").write_text("not a picture")
    result = cut("in", "-o", "out", "--recursive")
    assert result.exit_code == 0
    assert result.stdout.split() == ["out/a.png", "out/b.png", "out/sub/deep/c.png"]
    assert result.stderr == "p3m: 3 done, 0 failed, 1 other files skipped\n"


def test_a_quoted_pattern_is_expanded(folder, put, cut):
    put("in/a.tif")
    put("in/sub/b.tif")
    assert cut("in/**/*.tif", "-o", "out").stdout.split() == ["out/a.png", "out/sub/b.png"]


@pytest.mark.parametrize("options", [[], ["-o", "in"], ["-o", "in/out"]])
def test_a_second_run_finds_its_outputs_and_does_not_matte_them(folder, put, cut, options):
    put("in/a.png")
    put("in/sub/b.jpg")
    assert cut("in", "-r", *options).exit_code == 0
    before = files()
    again = cut("in", "-r", *options)
    assert again.exit_code == 1
    assert again.stderr.count("exists already") == 2
    assert cut("in", "-r", "--overwrite", *options).exit_code == 0
    assert files() == before


def test_json_tells_everything_one_line_a_file(folder, put, cut, model):
    put("a.png")
    result = cut("a.png", "missing.png", "--json")
    done, failed = map(json.loads, result.stdout.splitlines())
    assert result.exit_code == 1
    assert done.pop("seconds") > 0
    assert done == {
        "input": "a.png",
        "output": "a-cutout.png",
        "status": "done",
        "error": None,
        "warning": None,
        "width": 30,
        "height": 40,
        "model": str(model),
    }
    assert (failed["input"], failed["status"], failed["output"]) == ("missing.png", "failed", None)
    assert "no such file" in failed["error"]


def test_standard_input_goes_to_standard_output(folder, cut):
    image = portrait(40, 30)[0]
    result = cut("-", stdin=encoded(image))
    assert result.exit_code == 0
    with PIL.Image.open(BytesIO(result.stdout_bytes)) as written:
        assert (written.format, written.mode, written.size) == ("PNG", "RGBA", (30, 40))
    assert result.stderr == ""
    assert files() == []


def test_streams_mix_with_files(folder, put, cut):
    put("a.png")
    result = cut("a.png", "-o", "-", "--format", "webp", "--output", "alpha")
    with PIL.Image.open(BytesIO(result.stdout_bytes)) as written:
        assert written.format == "WEBP"
    assert cut("-", "-o", "x.png", stdin=Path("a.png").read_bytes()).exit_code == 0
    assert cut("-", "a.png", "-o", "out", stdin=Path("a.png").read_bytes()).exit_code == 0
    assert files() == ["a.png", "out/a.png", "out/stdin.png", "x.png"]


# What bad input gets


def truncated():
    return encoded(noise(64, 64), "JPEG")[:-900]


BAD_FILES = {
    "missing.jpg": (None, "no such file"),
    "text.jpg": (b"hello, I am no picture", "not a picture"),
    "notes.txt": (b"hello", "not a picture"),
    "cut.jpg": (truncated(), "damaged, cut short"),
    "empty.png": (b"", "empty"),
    "large.png": (encoded(np.zeros((1000, 1001), np.uint8)), "over the cap of 1.0"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_one_line_with_its_name_and_the_cure(folder, cut, name):
    content, reason = BAD_FILES[name]
    if content is not None:
        Path(name).write_bytes(content)
    before = files()
    result = cut(name, "--max-megapixels", "1")
    line = one_line(result)
    assert result.exit_code == 1
    assert name in line
    assert reason in line
    assert result.stdout == ""
    assert files() == before


def test_an_error_that_knows_no_file_gets_the_inputs_name(folder, cut):
    Path("long.png").write_bytes(encoded(noise(1, 16384)))  # one pixel more than WebP can hold
    line = one_line(cut("long.png", "--format", "webp"))
    assert line.startswith("p3m: error: long.png: A picture of 16384x1 cannot be written as webp")
    assert files() == ["long.png"]


def test_the_rest_go_on_after_bad_files(folder, put, cut):
    for name, (content, _) in BAD_FILES.items():
        if content is not None:
            Path(name).write_bytes(content)
    put("good.png")
    result = cut(*BAD_FILES, "good.png", "--max-megapixels", "1")
    assert (result.exit_code, result.stdout) == (1, "good-cutout.png\n")
    assert result.stderr.count("p3m: error: ") == len(BAD_FILES)
    assert result.stderr.endswith(f"p3m: 1 done, {len(BAD_FILES)} failed\n")


def test_a_bad_picture_from_standard_input_is_named(folder, cut):
    result = cut("-", stdin=b"")
    assert "empty" in one_line(result)
    assert (result.exit_code, result.stdout_bytes) == (1, b"")


def test_a_folder_without_pictures_is_an_error_and_the_rest_go_on(folder, put, cut):
    put("void/sub/a.png")
    put("b.png")
    result = cut("void", "b.png")
    assert result.exit_code == 1
    assert "void: no pictures in this folder; pass --recursive" in result.stderr
    assert result.stdout == "b-cutout.png\n"


def test_an_output_that_exists_costs_no_inference(folder, put, cut, monkeypatch):
    put("a.png")
    Path("x.png").write_text("precious")

    def never(*_args):
        pytest.fail("inference was spent")

    monkeypatch.setattr(matte_files_module, "matte_picture", never)
    result = cut("a.png", "-o", "x.png")
    assert "x.png: exists already; pass --overwrite" in one_line(result)
    assert result.exit_code == 1
    assert Path("x.png").read_text() == "precious"


def test_overwrite_replaces(folder, put, cut):
    put("a.png")
    Path("x.png").write_text("dispensable")
    assert cut("a.png", "-o", "x.png", "--overwrite").exit_code == 0
    assert Path("x.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("out", ["file/x.png", "file/"])
def test_an_output_that_cannot_be_written_is_named(folder, put, cut, out):
    put("a.png")
    Path("file").touch()
    result = cut("a.png", "-o", out)
    line = one_line(result)
    assert result.exit_code == 1
    assert "file" in line
    assert files() == ["a.png", "file"]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_named(folder, put, cut):
    put("a.png")
    Path("locked").mkdir(mode=0o500)
    assert "locked/a.png: cannot be written" in one_line(cut("a.png", "-o", "locked"))


def test_two_inputs_for_one_output_are_refused_before_the_first_is_read(folder, put, cut):
    put("in/a.png")
    Path("in/a.jpg").write_bytes(b"would fail when read")
    result = cut("in", "-o", "out")
    line = one_line(result)
    assert result.exit_code == 1
    assert "in/a.jpg" in line
    assert "in/a.png" in line
    assert "out/a.png" in line
    assert files() == ["in/a.jpg", "in/a.png"]


def test_an_input_is_never_written_over(folder, put, cut):
    before = put("a.png").read_bytes()
    result = cut("a.png", "-o", "a.png", "--overwrite")
    assert "a.png: is an input" in one_line(result)
    assert result.exit_code == 1
    assert Path("a.png").read_bytes() == before


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"hello", "other.onnx is not an ONNX file"),
        (other_model(["B", 10], ["B", 10]), "a matting model needs one input (B, 3, H, W)"),
        (None, "other.onnx is not there"),
    ],
)
def test_a_model_that_is_none_is_told_what_it_needs(folder, put, p3m, content, reason):
    put("a.png")
    if content is not None:
        Path("other.onnx").write_bytes(content)
    result = p3m("matte", "a.png", "--model", "other.onnx")
    line = one_line(result)
    assert result.exit_code == 1
    assert "other.onnx" in line
    assert reason in line
    assert not Path("a-cutout.png").exists()


def test_damaged_weights_are_told(folder, put, p3m, model, monkeypatch):
    put("a.png")
    record = stub_weights("p3mnet-lite", file=model.name)
    find = partial(find_weights, catalog=Catalog("weights", [record]), embedded=model.parent)
    monkeypatch.setattr(matte_module, "find_weights", find)
    matte_module._load_backend.cache_clear()
    result = p3m("matte", "a.png")
    assert result.exit_code == 1
    assert f"{model.name} is damaged" in one_line(result)
    assert files() == ["a.png"]


def test_an_unknown_model_and_a_missing_provider_are_told(folder, put, p3m, cut):
    put("a.png")
    assert "'p3mnt'" in one_line(p3m("matte", "a.png", "--model", "p3mnt"))
    result = cut("a.png", "--provider", "abacus")
    assert result.exit_code == 1
    assert "'abacus'" in one_line(result)
    assert "Available: " in one_line(result)


def test_a_background_that_is_none_stops_the_run(folder, put, cut):
    put("a.png")
    Path("notes.txt").write_text("hello")
    assert cut("a.png", "--background", "taupeish").exit_code == 2
    result = cut("a.png", "--background", "notes.txt")
    assert result.exit_code == 1
    assert "notes.txt" in one_line(result)
    assert files() == ["a.png", "notes.txt"]


@pytest.mark.parametrize(
    "args",
    [
        [],
        ["a.png", "--output", "composite"],
        ["a.png", "--output", "alpha", "--background", "red"],
        ["a.png", "--bits", "16"],
        ["a.png", "--output", "alpha", "--bits", "16", "--format", "webp"],
        ["a.png", "-o", "x.jpg"],
        ["a.png", "-o", "x.gif"],
        ["a.png", "-o", "x.png", "--format", "webp"],
        ["a.png", "b.png", "-o", "x.png"],
        ["a.png", "b.png", "-o", "-"],
        ["-", "-"],
        ["-", "--json"],
        ["a.png", "--strategy", "magic"],
        ["a.png", "--output", "hologram"],
        ["a.png", "--threads", "0"],
        ["a.png", "--max-megapixels", "0"],
        ["a.png", "--no-such-option"],
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_exits_with_2_and_does_nothing(folder, put, p3m, args):
    put("a.png")
    put("b.png")
    result = p3m("matte", *args)
    assert result.exit_code == 2
    assert result.stderr
    assert result.stdout == ""
    assert files() == ["a.png", "b.png"]


def test_a_bug_shows_its_traceback(folder, put, cut, monkeypatch):
    put("a.png")

    def broken(*_args):
        raise ZeroDivisionError

    monkeypatch.setattr(matte_files_module, "matte_picture", broken)
    assert isinstance(cut("a.png").exception, ZeroDivisionError)


def test_the_options_name_what_there_is():
    hints = matte_command.__annotations__
    choices = {name: set(_choices(hints[name])) for name in hints}
    assert choices["output"] == set(get_args(Output))
    assert choices["strategy"] == set(STRATEGIES)
    assert choices["foreground_method"] == set(get_args(ForegroundMethod))
    assert matte_command.__kwdefaults__["model"] == DEFAULT_MODEL


def _choices(hint):
    parts = get_args(hint)
    return [hint] if isinstance(hint, str) else [text for part in parts for text in _choices(part)]


# The process itself


def command(model, *args):
    options = ["--model", str(model), "--threads", "1"]
    return [sys.executable, "-m", "p3m", "matte", *map(str, args), *options]


def test_a_pipe_carries_the_picture(folder, model):
    run = subprocess.run(
        command(model, "-", "-o", "-"),
        input=encoded(portrait(40, 30)[0]),
        capture_output=True,
        check=True,
    )
    assert run.stderr == b""
    with PIL.Image.open(BytesIO(run.stdout)) as written:
        written.load()
        assert written.size == (30, 40)


def test_a_file_name_that_is_not_text_passes(folder, put, model):
    name = b"\xff\xfe.png"
    put("a.png").rename(os.fsdecode(name))
    arguments = [*map(os.fsencode, command(model)), name]
    run = subprocess.run(arguments, capture_output=True, check=True)
    assert run.stdout == b"\xff\xfe-cutout.png\n"


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX terminal")
def test_the_bar_goes_to_the_terminal_and_the_names_to_the_pipe(folder, put, model):
    for name in ("in/a.png", "in/b.png"):
        put(name)
    terminal, stderr = os.openpty()
    environment = {**os.environ, "TERM": "xterm"}
    run = subprocess.run(
        command(model, "in"), stdout=subprocess.PIPE, stderr=stderr, env=environment, check=True
    )
    os.close(stderr)
    shown = os.read(terminal, 1 << 16).decode()
    os.close(terminal)
    assert run.stdout == b"in/a-cutout.png\nin/b-cutout.png\n"
    assert "2/2" in shown
    assert "a-cutout" not in shown


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
@pytest.mark.parametrize(("sent", "code"), [("SIGINT", 130), ("SIGKILL", -9), ("SIGTERM", -15)])
def test_a_stopped_run_leaves_only_whole_files(folder, put, model, sent, code):
    picture = encoded(noise(700, 700), "BMP")
    for number in range(60):
        Path(f"in/{number:03}.bmp").parent.mkdir(exist_ok=True)
        Path(f"in/{number:03}.bmp").write_bytes(picture)
    run = subprocess.Popen(
        command(model, "in", "-o", "out"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A process that was started in the background hands on that it ignores Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 -- no threads here
    )
    run.stdout.readline()
    time.sleep(0.1)
    run.send_signal(getattr(signal, sent))
    _, stderr = run.communicate(timeout=60)
    assert run.returncode == code
    assert stderr == ""
    written = sorted(Path("out").glob("*.png"))
    assert 0 < len(written) < 60
    for path in written:
        with PIL.Image.open(path) as image:
            image.load()
    if sent == "SIGINT":  # nothing hidden is left, either
        assert sorted(Path("out").iterdir()) == written


def test_a_name_that_is_too_long_is_reported_and_the_others_go_on(folder, put, cut):
    name = "a" * 246 + ".jpg"  # which its cutout's name is longer than
    put(name)
    put("b.jpg")
    result = cut(name, "b.jpg")
    assert result.exit_code == 1
    assert files() == [name, "b-cutout.png", "b.jpg"]
    assert "File name too long" in result.stderr


def test_a_model_that_fails_is_reported_for_each_picture(folder, put, p3m):
    put("a.jpg")
    put("b.jpg")
    Path("m.onnx").write_bytes(failing_model())
    result = p3m("matte", "a.jpg", "b.jpg", "--model", "m.onnx", "--threads", 1)
    assert result.exit_code == 1
    assert "a.jpg: m failed on x (1, 3, 64, 32)" in result.stderr.replace("m.onnx", "m")
    assert "2 failed" in result.stderr


def test_a_background_is_not_written_over(folder, put, cut):
    put("a.jpg")
    before = put("behind.png").read_bytes()
    result = cut("a.jpg", "--background", "behind.png", "-o", "behind.png", "--overwrite")
    assert result.exit_code == 1
    assert "is an input" in one_line(result)
    assert Path("behind.png").read_bytes() == before


@pytest.mark.parametrize(
    ("out", "said"),
    [
        ("-", "cannot be written (No space left on device)"),
        ("x.png", "p3m: error: no space is left where standard output or another file goes."),
    ],
)
def test_a_full_disk_behind_standard_output_is_reported(folder, put, model, out, said):
    if not Path("/dev/full").exists():
        pytest.skip("there is no device that is always full")
    put("a.jpg")
    words = [sys.executable, "-m", "p3m", "matte", "a.jpg", "-o", out, "--model", str(model)]
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert ended.returncode == 1
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_closed_standard_input_is_reported(folder, put, model):
    put("a.jpg")
    words = [sys.executable, "-m", "p3m", "matte", "-", "a.jpg", "-o", "out", "--model", str(model)]
    closed = ["sh", "-c", 'exec "$@" <&-', "sh", *words]
    ended = subprocess.run(closed, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "standard input is closed" in ended.stderr
    assert files() == ["a.jpg", "out/a.png"]


@pytest.mark.parametrize("out", ["x.png", "-"])
def test_a_closed_standard_output_matters_only_to_what_goes_there(folder, put, model, out):
    put("a.jpg")
    words = [sys.executable, "-m", "p3m", "matte", "a.jpg", "-o", out, "--model", str(model)]
    closed = ["sh", "-c", 'exec "$@" >&-', "sh", *words]
    ended = subprocess.run(closed, stderr=subprocess.PIPE, text=True, check=False)
    if out == "-":
        assert ended.returncode == 1
        assert ended.stderr == "p3m: error: a.jpg: standard output is closed; pass -o FILE.\n"
    else:
        assert (ended.returncode, ended.stderr) == (0, "")
        assert files() == ["a.jpg", "x.png"]


def test_of_several_pages_the_first_is_taken_and_that_is_said(folder, cut):
    pages = [PIL.Image.fromarray(noise(40, 30, seed=seed)) for seed in range(3)]
    pages[0].save("scan.tif", save_all=True, append_images=pages[1:])
    result = cut("scan.tif", "-o", "x.png", "--json")
    said = "scan.tif: only the first of its 3 pages or frames is matted."
    assert result.stderr == f"p3m: warning: {said}\n"
    assert json.loads(result.stdout)["warning"] == said
    assert result.exit_code == 0


def test_a_folder_becomes_jpeg_over_a_background(folder, put, cut):
    put("in/a.png")
    put("in/b.jpg")
    assert cut("in", "-o", "shop", "--background", "white", "--format", "jpeg").exit_code == 0
    for name in "ab":
        with PIL.Image.open(f"shop/{name}.jpeg") as written:
            assert (written.format, written.mode) == ("JPEG", "RGB")
    refused = cut("in", "-o", "cutouts", "--format", "jpeg")
    assert refused.exit_code == 2
    assert "JPEG holds no transparency" in one_line(refused)


def test_a_picture_that_needs_too_much_memory_fails_alone(folder, put, cut, monkeypatch):
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        put(f"in/{name}")

    def read(source, **options):
        if source.name == "b.jpg":
            np.empty(1 << 60, np.uint8)
        return read_picture(source, **options)

    monkeypatch.setattr(matte_files_module, "read_picture", read)
    result = cut("in", "-o", "out")
    assert result.exit_code == 1
    assert "p3m: error: in/b.jpg: there is not enough memory for it" in result.stderr
    assert [name for name in files() if name.startswith("out")] == ["out/a.png", "out/c.png"]
