"""Tests of p3m.data.synthetic: the layout of the real set, faces hidden where they are there."""

import json

import numpy as np
import pytest

from p3m.core.errors import OutputError, RangeError
from p3m.data.catalog import DATASETS
from p3m.data.layout import find_samples
from p3m.data.survey import DRAWN
from p3m.data.synthetic import DrawnSet, draw_set
from p3m.imaging.io import read_alpha, read_image
from support.drawn import paint_over, write_drawn_set

P3M = DATASETS["p3m-10k"]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write_drawn_set(P3M, tmp_path_factory.mktemp("drawn") / "set")


def files(root):
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*.*")}


def test_the_folders_are_those_of_p3m_10k(root):
    folders = {p.parent.relative_to(root).as_posix() for p in root.rglob("*.*")} - {"."}
    assert folders == {
        *(f"train/{kind}" for kind in ("blurred_image", "mask", "facemask", "fg_blurred", "bg")),
        *(f"validation/P3M-500-P/{k}" for k in ("blurred_image", "mask", "trimap", "facemask")),
        *(f"validation/P3M-500-NP/{k}" for k in ("original_image", "mask", "trimap")),
    }
    assert json.loads((root / DRAWN).read_text(encoding="utf-8"))["like"] == "p3m-10k"


def green(image):
    """Where a picture is as green as `paint_over` leaves faces, but for what JPEG does."""
    red, green, blue = np.moveaxis(image.astype(int), -1, 0)
    return (green > 200) & (red < 60) & (blue < 60)


@pytest.mark.parametrize("split", ["train", "p3m-500-p"])
def test_faces_are_hidden_where_the_real_set_hides_them(root, split):
    for sample in find_samples(P3M, root, split):
        faces = read_alpha(sample.face_mask) > 0.5
        assert green(read_image(sample.image))[faces].mean() > 0.9


def test_faces_are_shown_in_p3m_500_np(root):
    for sample in find_samples(P3M, root, "p3m-500-np"):
        assert sample.face_mask is None
        assert not green(read_image(sample.image)).any()


def test_splits_and_pictures_differ(root):
    masks = [path.read_bytes() for path in root.rglob("mask/*.png")]
    assert len(set(masks)) == len(masks) == 6


def test_a_seed_gives_the_same_bytes_in_one_process_or_in_two(tmp_path, root):
    sizes = {split.name: 2 for split in P3M.splits}
    again = DrawnSet(entry=P3M, sizes=sizes, size=(80, 64), seed=0, hide=paint_over)
    told = []
    draw_set(again, tmp_path / "again", workers=2, tell=lambda *done: told.append(done))
    assert files(tmp_path / "again") == files(root)
    assert told == [(number, 6) for number in range(1, 7)]
    other = write_drawn_set(P3M, tmp_path / "other", {"train": 1}, seed=1)
    mine = (other / "train/mask/p_00000000.png").read_bytes()
    assert mine != (root / "train/mask/p_00000000.png").read_bytes()


def test_a_folder_that_holds_something_is_left_alone(root):
    before = files(root)
    with pytest.raises(OutputError, match="is not empty; choose another"):
        write_drawn_set(P3M, root)
    assert files(root) == before


def test_pictures_too_small_for_anybody_are_refused(tmp_path):
    drawn = DrawnSet(entry=P3M, sizes={"train": 1}, size=(80, 40), seed=0, hide=paint_over)
    with pytest.raises(RangeError, match="the shorter side is 40"):
        draw_set(drawn, tmp_path)
