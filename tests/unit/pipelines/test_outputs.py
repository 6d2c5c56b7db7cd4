from pathlib import Path

import pytest

from p3m.core.errors import ConfigError, OutputError
from p3m.pipelines.inputs import STREAM, collect_inputs
from p3m.pipelines.outputs import Destination, find_destination, find_format, plan_jobs


@pytest.fixture(autouse=True)
def tree(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a.jpg", "in/a.jpg", "in/sub/c.png", "other/a.jpg"):
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def targets(*names, out=None, output="cutout", kind="png", recursive=False):
    destination = find_destination(out, names)
    sources = collect_inputs(names, recursive=recursive, out=destination.folder).sources
    return [
        job.target.as_posix() for job in plan_jobs(sources, destination, output=output, kind=kind)
    ]


def test_beside_its_input_an_output_says_what_it_is():
    assert targets("a.jpg") == ["a-cutout.png"]
    assert targets("in/a.jpg", output="alpha", kind="webp") == ["in/a-alpha.webp"]
    assert targets("in", recursive=True) == ["in/a-cutout.png", "in/sub/c-cutout.png"]


def test_a_folder_takes_plain_names_in_the_inputs_structure():
    assert targets("in", out="out", recursive=True) == ["out/a.png", "out/sub/c.png"]
    assert targets("a.jpg", "in/sub/c.png", out="out") == ["out/a.png", "out/c.png"]
    assert targets("in/**/*", out="out") == ["out/a.png", "out/sub/c.png"]


def test_a_folder_that_is_the_inputs_own_gives_names_that_say_what_it_is():
    assert targets("in", out="in", recursive=True) == ["in/a-cutout.png", "in/sub/c-cutout.png"]
    assert targets("in/a.jpg", out="other") == ["other/a.png"]


@pytest.mark.parametrize(
    ("out", "names", "expected"),
    [
        (None, ["-"], Destination(file=STREAM)),
        (None, ["a.jpg"], Destination()),
        (None, ["-", "a.jpg"], Destination()),
        ("-", ["a.jpg"], Destination(file=STREAM)),
        ("x.png", ["a.jpg"], Destination(file=Path("x.png"))),
        ("x.png", ["missing.jpg"], Destination(file=Path("x.png"))),
        ("x.png", ["-"], Destination(file=Path("x.png"))),
        ("x", ["a.jpg"], Destination(folder=Path("x"))),
        ("x.d/", ["a.jpg"], Destination(folder=Path("x.d"))),
        ("x.d", ["in"], Destination(folder=Path("x.d"))),
        ("in", ["a.jpg"], Destination(folder=Path("in"))),
    ],
)
def test_what_out_means(out, names, expected):
    assert find_destination(out, names) == expected


def test_a_folder_with_a_suffix_is_a_folder():
    Path("shots.png").mkdir()
    assert find_destination("shots.png", ["a.jpg"]) == Destination(folder=Path("shots.png"))


@pytest.mark.parametrize("names", [["a.jpg", "in/a.jpg"], ["in"], ["*.jpg"]])
def test_several_pictures_do_not_go_into_one_file(names):
    with pytest.raises(ConfigError, match=r"x\.png is a file; give a folder"):
        find_destination("x.png", names)
    with pytest.raises(ConfigError, match="takes one picture"):
        find_destination("-", names)


def test_the_format_follows_the_files_suffix():
    assert find_format(Destination(file=Path("x.TIF")), None) == "tiff"
    assert find_format(Destination(file=Path("x.tif")), "tiff") == "tiff"
    assert find_format(Destination(file=STREAM), None) == "png"
    assert find_format(Destination(folder=Path("x")), "webp") == "webp"
    with pytest.raises(ConfigError, match=r"x\.png is not named as a webp file"):
        find_format(Destination(file=Path("x.png")), "webp")
    with pytest.raises(ConfigError, match=r"'\.gif' is no picture format"):
        find_format(Destination(file=Path("x.gif")), None)


def test_two_inputs_for_one_output_are_both_named():
    Path("in/a.png").touch()
    with pytest.raises(OutputError, match=r"out/a\.png: both in/a\.jpg and in/a\.png would"):
        targets("in", out="out")
    with pytest.raises(OutputError, match=r"both other/a\.jpg and in/a\.jpg"):
        targets("other", "in", out="out")


def test_two_names_of_one_output_folder_are_one():
    Path("real").mkdir()
    Path("real/link").symlink_to(Path("real").resolve(), target_is_directory=True)
    with pytest.raises(OutputError, match="both"):
        plan_jobs(
            collect_inputs(["a.jpg", "in/a.jpg"]).sources,
            Destination(folder=Path("real/link/../real")),
            output="cutout",
            kind="png",
        )


def test_no_input_is_an_output():
    with pytest.raises(OutputError, match=r"in/sub/c\.png: is an input"):
        targets("in/sub/c.png", out="in/sub/c.png")
    Path("in/a-cutout.png").touch()
    with pytest.raises(OutputError, match=r"a-cutout\.png: is an input, .* in/a\.jpg"):
        targets("in/a.jpg", "in/a-cutout.png")


def test_standard_input_among_others_needs_a_folder():
    assert targets("-", "a.jpg", out="out") == ["out/stdin.png", "out/a.png"]
    with pytest.raises(ConfigError, match="pass -o FOLDER"):
        targets("-", "a.jpg")
