"""Tests of p3m.data.layout: records that training and evaluation take."""

import pytest

from p3m.core.errors import InputError
from p3m.data.catalog import DATASETS
from p3m.data.layout import find_samples, find_scenes
from p3m.data.portraits import Background, Portrait
from support.files import touch


def test_samples_are_portraits_in_the_order_of_names(tmp_path):
    for name in ("b", "a"):
        touch(tmp_path, f"images/{name}.jpg", f"alpha/{name}.png", f"trimaps/{name}.png")
    first, second = find_samples(DATASETS["folder"], tmp_path, "all")
    assert isinstance(first, Portrait)
    assert (first.name, second.name) == ("a", "b")
    assert (first.group, first.family, first.licence) == ("a", "folder", "yours")
    assert first.trimap == tmp_path / "trimaps/a.png"
    assert first.face_mask is first.foreground is first.background is None


def test_names_of_deeper_files_say_where_they_lie(tmp_path):
    touch(tmp_path, "clip_img/18/clip_00/18-3.jpg", "matting/18/matting_00/18-3.png")
    (sample,) = find_samples(DATASETS["aisegment"], tmp_path, "train")
    assert sample.name == "18-00-18-3"


def test_made_files_may_lie_elsewhere(tmp_path):
    touch(tmp_path, "set/image/a.jpg", "set/alpha/a.png", "made/test/trimap/a.png")
    (sample,) = find_samples(
        DATASETS["rwp-636"], tmp_path / "set", "test", prepared=tmp_path / "made"
    )
    assert sample.trimap == tmp_path / "made/test/trimap/a.png"


def test_a_split_with_gaps_is_refused_and_they_are_told(tmp_path):
    for index in range(20):
        touch(tmp_path, f"image/{index:02}.jpg")
    touch(tmp_path, "alpha/00.png")
    with pytest.raises(InputError) as caught:
        find_samples(DATASETS["rwp-636"], tmp_path, "test")
    text = str(caught.value)
    assert "test of rwp-636 is not whole: image/01.jpg: has no alpha; image/02.jpg" in text
    assert f"; and 7 more, see p3m data verify rwp-636 {tmp_path}." in text


def test_scenes_have_no_alpha(tmp_path):
    touch(tmp_path, "train/h_1.jpg")
    entry = DATASETS["bg-20k"]
    path = tmp_path / "train/h_1.jpg"
    assert find_scenes(entry, tmp_path, "train") == (
        Background(name="h_1", image=path, group="h_1"),
    )
    with pytest.raises(InputError, match="train of bg-20k has no alphas, only scenes"):
        find_samples(entry, tmp_path, "train")
