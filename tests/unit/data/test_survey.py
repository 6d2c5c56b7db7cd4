"""Tests of p3m.data.survey: what is found in a folder, and all that is missing."""

import pytest

from p3m.core.errors import InputError, UnknownNameError
from p3m.data.catalog import DATASETS
from p3m.data.survey import sets_that_fit, survey
from support.files import touch

P3M = DATASETS["p3m-10k"]


def texts(found):
    return [str(problem) for problem in found.problems]


def test_files_belong_together_by_name(tmp_path):
    touch(tmp_path, "train/blurred_image/p_1.jpg", "train/mask/p_1.png", "train/bg/p_1.jpg")
    (train,) = survey(P3M, tmp_path, ["train"])
    assert train.problems == ()
    assert train.files["p_1"] == {
        "image": tmp_path / "train/blurred_image/p_1.jpg",
        "alpha": tmp_path / "train/mask/p_1.png",
        "background": tmp_path / "train/bg/p_1.jpg",
    }
    assert train.size == 1


@pytest.mark.parametrize("above", ["", "validation/"])
def test_validation_may_lie_in_a_folder_of_that_name_or_not(tmp_path, above):
    kinds = ("original_image", "mask", "trimap")
    touch(tmp_path, *(f"{above}P3M-500-NP/{kind}/p_1.png" for kind in kinds))
    (found,) = survey(P3M, tmp_path, ["p3m-500-np"])
    assert (found.size, found.problems) == (1, ())


@pytest.mark.parametrize("name", ["fg", "fg_blurred"])
def test_foregrounds_of_both_releases_are_known(tmp_path, name):
    touch(tmp_path, "train/blurred_image/p.jpg", "train/mask/p.png", f"train/{name}/p.png")
    (train,) = survey(P3M, tmp_path, ["train"])
    assert train.files["p"]["foreground"].parent.name == name


def test_some_of_ones_own_portraits_may_show_no_face(tmp_path):
    touch(tmp_path, *(f"{kind}/{n}.png" for kind in ("images", "alpha") for n in "abc"))
    touch(tmp_path, "facemask/a.png")
    (found,) = survey(DATASETS["folder"], tmp_path)
    assert [(problem.severity, str(problem)) for problem in found.problems] == [
        ("warning", "all: 2 of 3 pictures have no face mask")
    ]
    assert found.size == 3


def test_groups_and_subgroups_are_paired_without_their_prefixes(tmp_path):
    touch(
        tmp_path,
        "clip_img/18/clip_00/18-3.jpg",
        "matting/18/matting_00/18-3.png",
        "matting/18/matting_00/._18-3.png",
    )
    (train,) = survey(DATASETS["aisegment"], tmp_path)
    assert list(train.files) == ["18/00/18-3"]
    assert train.problems == ()


def test_pictures_in_the_root_are_not_those_below_it(tmp_path):
    touch(tmp_path, "one.png", "prepared/test/trimap/one.png")
    (found,) = survey(DATASETS["photomatte85"], tmp_path)
    path = tmp_path / "one.png"
    assert found.files["one"]["image"] == found.files["one"]["alpha"] == path
    assert found.files["one"]["trimap"] == tmp_path / "prepared/test/trimap/one.png"


def test_all_that_is_wrong_is_told_at_once(tmp_path):
    touch(
        tmp_path,
        *("train/blurred_image/a.jpg", "train/blurred_image/a.png", "train/blurred_image/b.jpg"),
        *("train/mask/a.png", "train/mask/c.png"),
        "train/facemask/a.png",
    )
    train, p, _ = survey(P3M, tmp_path)
    assert sorted(texts(train)) == [
        "train/blurred_image/a.png: has the name of a.jpg",
        "train/blurred_image/b.jpg: has no alpha",
        "train/blurred_image/b.jpg: has no face mask",
        "train/mask/c.png: belongs to no picture",
    ]
    missing = " or ".join(f"{v}P3M-500-P/blurred_image" for v in ("validation/", ""))
    assert f"p3m-500-p: there is no folder {missing}" in texts(p)
    assert len(texts(p)) == 3


def test_a_folder_without_pictures_is_a_gap(tmp_path):
    touch(tmp_path, "image/readme.txt", "alpha/one.png")
    (found,) = survey(DATASETS["rwp-636"], tmp_path)
    assert "test: the folder image holds no pictures" in texts(found)


def test_made_files_fill_what_did_not_come_and_gaps_are_worth_a_look(tmp_path):
    names = ("a", "b")
    for name in names:
        touch(tmp_path, f"train/blurred_image/{name}.jpg", f"train/mask/{name}.png")
    touch(tmp_path, "train/bg/a.jpg", "train/bg/b.jpg")
    touch(tmp_path, "prepared/train/background/a.jpg", "prepared/train/foreground/a.png")
    (train,) = survey(P3M, tmp_path, ["train"])
    assert train.files["a"]["background"].parts[-2] == "bg"
    assert train.files["a"]["foreground"] == tmp_path / "prepared/train/foreground/a.png"
    assert [(p.severity, p.text) for p in train.problems] == [
        ("warning", "1 of 2 prepared foregrounds are missing")
    ]


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (
            [],
            r"holds nothing of p3m-10k; it needs train/blurred_image, train/mask, .+It is empty\.",
        ),
        (["original/a.jpg", "mask/a.png"], r"Its folders are those of aim-500\."),
        (["P3M-10k/train/blurred_image/a.jpg", "P3M-10k/train/mask/a.png"], "Name the folder P3M-"),
    ],
)
def test_a_root_of_something_else_gets_advice(tmp_path, names, text):
    touch(tmp_path, *names)
    with pytest.raises(InputError, match=text):
        survey(P3M, tmp_path)


def test_a_root_that_is_not_there_and_a_split_that_nobody_knows(tmp_path):
    with pytest.raises(InputError, match="none: is no folder"):
        survey(P3M, tmp_path / "none")
    with pytest.raises(UnknownNameError, match="split of p3m-10k.*Did you mean 'p3m-500-p'"):
        survey(P3M, tmp_path, ["p3m-500-pn"])


def test_sets_are_told_by_their_folders(tmp_path):
    assert sets_that_fit(tmp_path) == ()
    touch(tmp_path, "image/a.jpg", "matte/a.png")
    assert sets_that_fit(tmp_path) == ("ppm-100",)
