import os
from pathlib import Path

import pytest

from p3m.core.errors import ConfigError
from p3m.pipelines.inputs import STREAM, collect_inputs


@pytest.fixture(autouse=True)
def tree(tmp_path, monkeypatch):
    """A folder with pictures, other files, hidden files and a folder in it."""
    monkeypatch.chdir(tmp_path)
    for name in (
        "one.jpg",
        "in/a.jpg",
        "in/B.PNG",
        "in/notes.txt",
        "in/.hidden.jpg",
        "in/sub/c.webp",
        "in/.cache/d.jpg",
    ):
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def paths(*names, **options):
    return [source.path.as_posix() for source in collect_inputs(names, **options).sources]


def test_a_folder_gives_its_pictures_sorted_and_counts_the_rest():
    inputs = collect_inputs(["in"])
    assert [source.path.as_posix() for source in inputs.sources] == ["in/B.PNG", "in/a.jpg"]
    assert inputs.skipped == 1
    assert not any(source.named for source in inputs.sources)


def test_recursion_keeps_the_place_below_the_folder():
    sources = collect_inputs(["in"], recursive=True).sources
    assert [source.place.as_posix() for source in sources] == ["B.PNG", "a.jpg", "sub/c.webp"]


def test_what_is_named_is_taken_as_it_is_there_or_not():
    sources = collect_inputs(["in/notes.txt", "missing.jpg", "in/.hidden.jpg"]).sources
    assert [source.place.as_posix() for source in sources] == [
        "notes.txt",
        "missing.jpg",
        ".hidden.jpg",
    ]
    assert all(source.named for source in sources)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("in/*", ["in/B.PNG", "in/a.jpg"]),
        ("in/**/*", ["in/B.PNG", "in/a.jpg", "in/sub/c.webp"]),
        ("in/?.jpg", ["in/a.jpg"]),
        ("*.jpg", ["one.jpg"]),
        ("*/[ab].*", ["in/a.jpg"]),
    ],
)
def test_a_pattern_gives_the_pictures_that_match(pattern, expected):
    assert paths(pattern) == expected


def test_a_pattern_keeps_the_place_below_its_fixed_part():
    (source,) = collect_inputs(["in/**/*.webp"]).sources
    assert source.place.as_posix() == "sub/c.webp"


def test_an_absolute_pattern_works(tmp_path):
    assert paths(f"{tmp_path}/in/*.jpg") == [(tmp_path / "in/a.jpg").as_posix()]


def test_a_file_whose_name_looks_like_a_pattern_is_that_file():
    Path("in/[ab].jpg").touch()
    assert paths("in/[ab].jpg") == ["in/[ab].jpg"]


def test_each_picture_is_taken_once():
    assert paths("in/a.jpg", "in", "in/*.jpg", "./in/a.jpg") == ["in/a.jpg", "in/B.PNG"]


def test_inputs_that_lead_to_nothing_are_told_with_the_cure():
    Path("void/deep").mkdir(parents=True)
    inputs = collect_inputs(["void", "in/a.jpg", "*.gif"])
    assert [source.path.as_posix() for source in inputs.sources] == ["in/a.jpg"]
    (folder, why), (pattern, no_match) = inputs.empty
    assert (folder, pattern) == ("void", "*.gif")
    assert "void: no pictures in this folder; pass --recursive" in str(why)
    assert "no picture matches" in str(no_match)


def test_a_recursive_search_does_not_advise_itself():
    Path("void").mkdir()
    ((_, why),) = collect_inputs(["void"], recursive=True).empty
    assert "--recursive" not in str(why)


def test_an_earlier_runs_outputs_beside_their_pictures_are_left_alone():
    for name in ("a-cutout.png", "a-alpha.webp", "other-cutout.png"):
        Path("in", name).touch()
    inputs = collect_inputs(["in"])
    assert [source.path.name for source in inputs.sources] == ["B.PNG", "a.jpg", "other-cutout.png"]
    assert inputs.skipped == 3
    assert paths("in/a-cutout.png") == ["in/a-cutout.png"]


def test_an_output_folder_within_the_input_is_left_alone():
    Path("in/out/sub").mkdir(parents=True)
    Path("in/out/a.png").touch()
    Path("in/out/sub/c.png").touch()
    expected = ["in/B.PNG", "in/a.jpg", "in/sub/c.webp"]
    assert paths("in", recursive=True, out=Path("in/out")) == expected
    assert paths("in/**/*", out=Path("in/out")) == expected
    assert len(paths("in", recursive=True, out=Path("elsewhere"))) == 5


def test_the_output_folder_may_be_the_input_folder():
    assert paths("in", out=Path("in")) == ["in/B.PNG", "in/a.jpg"]


def test_standard_input_is_a_source_once():
    (source,) = collect_inputs(["-"]).sources
    assert source.path == STREAM
    with pytest.raises(ConfigError, match="given twice"):
        collect_inputs(["-", "-"])


def test_links_to_folders_are_not_followed():
    Path("in/loop").symlink_to(Path("in").resolve(), target_is_directory=True)
    assert len(paths("in", recursive=True)) == 3


def test_a_folder_that_cannot_be_read_is_told_and_the_rest_is_taken(monkeypatch):
    scandir = os.scandir

    def denied(path):
        if Path(path).name == "sub":
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", denied)
    inputs = collect_inputs(["in", "in/sub"], recursive=True)
    assert [source.place.as_posix() for source in inputs.sources] == ["B.PNG", "a.jpg"]
    assert [Path(name).as_posix() for name, _ in inputs.empty] == ["in/sub", "in/sub"]
    assert "cannot be read (Permission denied)" in str(inputs.empty[0][1])
