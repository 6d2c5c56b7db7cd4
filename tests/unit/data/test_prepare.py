"""Tests of p3m.data.prepare: what is missing is made, whole or not at all, beside the originals."""

import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image as PilImage

from p3m.core.errors import ConfigError, InputError, MissingExtraError
from p3m.data import prepare as module
from p3m.data.catalog import DATASETS
from p3m.data.layout import find_samples
from p3m.data.prepare import Prepared, PrepareSettings, closed_form_layers, prepare
from p3m.data.verify import verify
from p3m.imaging.compositing import composite
from p3m.imaging.io import read_alpha, read_image
from p3m.imaging.trimap import trimap_from_alpha
from support.drawn import write_drawn_set
from support.images import portrait

RWP = DATASETS["rwp-636"]


@pytest.fixture
def root(tmp_path):
    return write_drawn_set(RWP, tmp_path / "set", 3)


def contents(root):
    return {path: path.read_bytes() for path in sorted(root.rglob("*.*"))}


def test_what_is_missing_is_made_and_found_and_fits(root):
    before = contents(root)
    result = prepare(RWP, root, workers=1, settings=PrepareSettings(radius_px=3))
    assert result == Prepared(root / "prepared", 3, 0, ())
    assert before.items() <= contents(root).items()
    assert verify(RWP, root, workers=1).problems == ()
    for sample in find_samples(RWP, root, "test"):
        image, alpha = read_image(sample.image), read_alpha(sample.alpha)
        trimap = np.asarray(PilImage.open(sample.trimap))
        assert np.array_equal(trimap, trimap_from_alpha(alpha, 3))
        layers = read_image(sample.foreground), read_image(sample.background)
        assert np.abs(composite(*layers, alpha).astype(int) - image).mean() < 2
        assert np.array_equal(layers[0][alpha == 1], image[alpha == 1])


def test_what_came_with_the_set_is_not_made_again(tmp_path):
    p3m = DATASETS["p3m-10k"]
    root = write_drawn_set(p3m, tmp_path / "set")
    prepare(p3m, root, workers=1, parts=["trimap"])
    made = {path.relative_to(root).parts[1] for path in (root / "prepared").rglob("*.png")}
    assert made == {"train"}


def test_a_cut_out_picture_is_its_own_foreground(tmp_path):
    entry = DATASETS["photomatte85"]
    root = write_drawn_set(entry, tmp_path / "set")
    prepare(entry, root, workers=1)
    assert {p.parent.name for p in (root / "prepared").rglob("p_*")} == {"trimap"}


def test_backgrounds_need_nothing(tmp_path):
    entry = DATASETS["bg-20k"]
    root = write_drawn_set(entry, tmp_path / "set")
    assert prepare(entry, root, workers=1) == Prepared(root / "prepared", 0, 0, ())
    assert not (root / "prepared").exists()


def test_another_folder_may_take_it_and_the_set_stays_untouched(root, tmp_path):
    before = contents(root)
    prepare(RWP, root, out=tmp_path / "made", parts=["trimap"], workers=2)
    assert contents(root) == before
    samples = find_samples(RWP, root, "test", prepared=tmp_path / "made")
    assert all(sample.trimap is not None for sample in samples)


def test_what_is_there_stays_and_a_gap_is_filled(root):
    prepare(RWP, root, parts=["trimap"], workers=1)
    first, *others = sorted((root / "prepared/test/trimap").iterdir())
    content, times = first.read_bytes(), [path.stat().st_mtime_ns for path in others]
    first.unlink()
    result = prepare(RWP, root, parts=["trimap"], workers=1)
    assert (result.made, result.complete) == (1, 2)
    assert first.read_bytes() == content
    assert [path.stat().st_mtime_ns for path in others] == times


def test_one_folder_holds_what_was_made_in_one_way(root):
    prepare(RWP, root, parts=["trimap"], workers=1)
    with pytest.raises(ConfigError, match="made with method multilevel, radius_px 12; choose"):
        prepare(RWP, root, parts=["trimap"], workers=1, settings=PrepareSettings(radius_px=5))


def test_a_bad_picture_is_told_and_the_others_are_made(root):
    bad = sorted((root / "image").iterdir())[1]
    bad.write_bytes(b"")
    result = prepare(RWP, root, workers=1)
    ((path, problem),) = result.failed
    assert path == bad
    assert "the file is empty" in problem
    assert result.made == 2
    assert len(list((root / "prepared/test/foreground").iterdir())) == 2


def test_a_set_with_gaps_is_refused_with_all_of_them(root):
    for path in sorted((root / "alpha").iterdir())[:2]:
        path.unlink()
    with pytest.raises(InputError, match="2 problems, mend them first: .+ no alpha; .+ no alpha"):
        prepare(RWP, root, workers=1)


def test_closed_form_explains_the_picture_too():
    image, alpha = portrait(40, 30)
    foreground, background = closed_form_layers(image, alpha)
    difference = np.abs(composite(foreground, background, alpha).astype(int) - image)
    assert difference.mean() < 0.5
    assert np.array_equal(background[alpha == 0], image[alpha == 0])
    assert np.array_equal(foreground[alpha == 1], image[alpha == 1])


def test_it_is_used_where_it_is_asked_for(root, monkeypatch):
    seen = []

    def spy(image, alpha):
        seen.append(alpha.shape)
        return closed_form_layers(image, alpha)

    monkeypatch.setitem(module._ESTIMATES, "closed-form", spy)
    settings = PrepareSettings(method="closed-form")
    prepare(RWP, root, workers=1, parts=["background"], settings=settings)
    assert seen == [(80, 64)] * 3


def test_without_pymatting_it_says_what_to_install(root, monkeypatch):
    monkeypatch.setitem(sys.modules, "pymatting", None)
    with pytest.raises(MissingExtraError, match=r"p3m\[train\]"):
        prepare(RWP, root, workers=1)


def test_a_killed_run_leaves_whole_files_and_goes_on(tmp_path):
    root = write_drawn_set(RWP, tmp_path / "set", 40)
    code = (
        "from pathlib import Path; from p3m.data.catalog import DATASETS;"
        "from p3m.data.prepare import prepare;"
        f"prepare(DATASETS['rwp-636'], Path({str(root)!r}), workers=1)"
    )
    made = root / "prepared/test/trimap"
    with subprocess.Popen([sys.executable, "-c", code]) as run:
        end = time.monotonic() + 60
        while time.monotonic() < end and not (made.is_dir() and any(made.glob("*.png"))):
            time.sleep(0.005)
        run.send_signal(signal.SIGKILL)
    there = len(list(made.glob("*.png")))
    assert 0 < there < 40
    result = prepare(RWP, root, workers=1)
    assert result.made + result.complete == 40
    assert result.complete >= there - 1
    assert verify(RWP, root, workers=1).problems == ()
