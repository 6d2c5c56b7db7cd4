import pytest

from p3m.core.errors import InputError
from p3m.evaluation.pairs import pair_folders


@pytest.fixture
def put(tmp_path):
    def touch(*names):
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            path.touch()
        return tmp_path

    return touch


def test_files_belong_together_by_their_stems(put):
    root = put("alpha/b.png", "alpha/a.png", "pred/a.tif", "pred/b.PNG", "alpha/notes.txt")
    pairing = pair_folders(root / "alpha", root / "pred")
    assert [(pair.name, pair.pred.name) for pair in pairing.pairs] == [
        ("a", "a.tif"),
        ("b", "b.PNG"),
    ]
    assert pairing.missing == pairing.unused == pairing.problems == ()


def test_what_is_missing_or_unused_is_named(put):
    root = put("alpha/a.png", "alpha/b.png", "pred/a.png", "pred/z.png", "pred/y.png")
    pairing = pair_folders(root / "alpha", root / "pred")
    assert pairing.missing == ("b",)
    assert pairing.unused == ("y", "z")
    assert pairing.pairs[1].pred is None


def test_names_that_match_twice_are_a_problem(put):
    root = put("alpha/a.png", "alpha/a.tif", "pred/a.png", "pred/a.jpg")
    problems = pair_folders(root / "alpha", root / "pred").problems
    assert problems == (
        f"{root / 'alpha'}: 2 files are named a: a.png, a.tif",
        f"{root / 'pred'}: 2 files are named a: a.jpg, a.png",
    )


def test_a_truth_without_its_trimap_is_a_problem(put):
    root = put("alpha/a.png", "alpha/b.png", "pred/a.png", "trimap/a.png", "image/b.jpg")
    pairing = pair_folders(*(root / part for part in ("alpha", "pred", "trimap", "image")))
    assert pairing.problems == ("b: has no trimap", "a: has no image")


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["alpha/a.png"], "pred: no such folder"),
        (["alpha/a.png", "pred/.hidden.png"], "pred: holds no pictures"),
        (
            ["alpha/a.png", "pred/b.png"],
            "pred: no prediction is named as a true alpha is, such as a",
        ),
    ],
)
def test_folders_that_cannot_be_paired_are_told(put, names, reason):
    root = put(*names)
    with pytest.raises(InputError, match=reason):
        pair_folders(root / "alpha", root / "pred")
