"""Tests of p3m.data.verify: each kind of damage is told by file, and a whole set has none."""

import shutil

import numpy as np
import pytest
from PIL import Image as PilImage

from p3m.data.catalog import DATASETS
from p3m.data.survey import DRAWN
from p3m.data.verify import verify
from support.drawn import write_drawn_set
from support.images import portrait

P3M = DATASETS["p3m-10k"]
IMAGE, MASK = "train/blurred_image/p_00000000.jpg", "train/mask/p_00000000.png"
TRIMAP = "validation/P3M-500-P/trimap/p_01000000.png"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return write_drawn_set(P3M, tmp_path_factory.mktemp("drawn") / "set")


@pytest.fixture
def root(whole, tmp_path):
    return shutil.copytree(whole, tmp_path / "set")


def told(root, *splits, entry=P3M):
    report = verify(entry, root, splits, workers=1)
    assert report.broken == any(problem.severity == "error" for problem in report.problems)
    return [(problem.severity, str(problem)) for problem in report.problems]


def save(path, pixels):
    PilImage.fromarray(pixels).save(path)


def pixels_of(path):
    return np.asarray(PilImage.open(path))


def test_a_whole_set_has_no_problems_in_one_process_or_in_two(root):
    report = verify(P3M, root, workers=2)
    assert report.problems == ()
    assert report.drawn
    assert not report.broken
    train = report.splits[0]
    assert (train.name, train.found, train.published) == ("train", 2, 2)
    assert train.kinds == dict.fromkeys(
        ("image", "alpha", "face_mask", "foreground", "background"), 2
    )


def test_each_picture_is_told_when_it_is_done(root):
    calls = []
    verify(P3M, root, workers=1, tell=lambda *call: calls.append(call))
    assert calls == [(number, 6) for number in range(1, 7)]


def test_counts_are_held_to_the_published_ones(root):
    (root / DRAWN).unlink()
    assert told(root) == [
        ("error", "p3m-500-np: 2 pictures; there should be 500"),
        ("error", "p3m-500-p: 2 pictures; there should be 500"),
        ("error", "train: 2 pictures; there should be 9421"),
    ]
    assert told(root, "train") == [("error", "train: 2 pictures; there should be 9421")]


def test_the_whole_of_a_set_counts_where_nobody_published_its_parts(tmp_path):
    root = write_drawn_set(DATASETS["bg-20k"], tmp_path / "set")
    (root / DRAWN).unlink()
    entry = DATASETS["bg-20k"]
    assert told(root, entry=entry) == [("error", "4 pictures in all; 20000 were published")]
    assert told(root, "train", entry=entry) == []


def test_a_file_that_lacks_its_other_is_named(root):
    (root / MASK).unlink()
    assert told(root) == [("error", f"{IMAGE}: has no alpha")]


def test_a_damaged_file_is_named(root):
    for name in (IMAGE, MASK, TRIMAP):
        path = root / name
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    problems = told(root)
    assert [text.partition(":")[0] for _, text in problems] == [TRIMAP, IMAGE, MASK]
    assert all("damaged" in text and str(root) not in text for _, text in problems)


def test_an_empty_file_and_a_text_are_no_pictures(root):
    (root / IMAGE).write_bytes(b"")
    (root / MASK).write_text("alpha", encoding="utf-8")
    assert [text.partition(";")[0] for _, text in told(root)] == [
        f"{IMAGE}: the file is empty (0 bytes)",
        f"{MASK}: not a picture that p3m reads",
    ]


def test_sizes_that_differ_are_told(root):
    save(root / MASK, pixels_of(root / MASK)[:-1])
    assert told(root) == [("error", f"{MASK}: is 64x79, its picture 64x80")]


def test_a_trimap_holds_three_values(root):
    trimap = pixels_of(root / TRIMAP).copy()
    trimap[0, :4] = (1, 127, 129, 254)
    save(root / TRIMAP, trimap)
    text = f"{TRIMAP}: holds 1, 127, 129, 254; only 0, 128, 255 may be in it"
    assert told(root) == [("error", text)]


def test_a_resampled_trimap_is_not_told_to_the_last_value(root):
    save(root / TRIMAP, np.arange(80 * 64, dtype=np.uint8).reshape(80, 64))
    assert told(root)[0][1].endswith("holds 1, 2, 3, 4, 5, 6 …; only 0, 128, 255 may be in it")


@pytest.mark.parametrize(
    ("change", "severity", "text"),
    [
        (lambda a: (a > 127).astype(np.uint8), "error", "seems to be written as 0 and 1"),
        (np.zeros_like, "warning", "is 0 everywhere"),
        (lambda a: np.full_like(a, 255), "warning", "is 1 everywhere"),
        (lambda a: a // 2, "warning", "reaches 0.5 at most"),
        (lambda a: (a > 127).astype(np.uint8) * 255, "warning", "a mask without soft edges"),
        (lambda a: np.dstack([a, a, a]), "warning", "has three equal channels in place of one"),
        (lambda a: np.dstack([a, a, 255 - a]), "error", "holds no alpha"),
    ],
)
def test_values_of_alphas(root, change, severity, text):
    save(root / MASK, change(pixels_of(root / MASK)))
    ((told_severity, told_text),) = told(root)
    assert told_severity == severity
    assert told_text.startswith(f"{MASK}: ")
    assert text in told_text


def test_16_bits_are_as_good_as_8(root):
    save(root / MASK, pixels_of(root / MASK).astype(np.uint16) * 257)
    assert told(root) == []


def test_a_picture_twice_is_found_by_what_it_shows_and_worse_in_two_splits(root):
    train, p = root / "train", root / "validation/P3M-500-P"
    first, second = "p_00000000", "p_00000001"
    shown = pixels_of(train / f"blurred_image/{first}.jpg")
    (train / f"blurred_image/{second}.jpg").unlink()
    save(train / f"blurred_image/{second}.png", shown)
    (p / "blurred_image/p_01000000.jpg").unlink()
    save(p / "blurred_image/p_01000000.png", shown)
    assert told(root) == [
        (
            "error",
            f"validation/P3M-500-P/blurred_image/p_01000000.png: shows the same as {IMAGE}",
        ),
        ("warning", f"train/blurred_image/{second}.png: shows the same as {IMAGE}"),
    ]


def test_an_alpha_that_is_to_be_transparency_and_is_none(tmp_path):
    entry = DATASETS["aisegment"]
    root = write_drawn_set(entry, tmp_path)
    (path, *_) = sorted(root.rglob("matting_*/*.png"))
    save(path, portrait(80, 64)[0])
    ((severity, text),) = told(root, entry=entry)
    assert severity == "error"
    assert "a colour picture without transparency holds no alpha" in text


def test_made_files_are_verified_too(root):
    made = root / "prepared/train/trimap"
    made.mkdir(parents=True)
    for name in ("p_00000000", "p_00000001"):
        save(made / f"{name}.png", np.full((80, 64), 7, np.uint8))
    assert [text for _, text in told(root, "train")] == [
        f"prepared/train/trimap/{name}.png: holds 7; only 0, 128, 255 may be in it"
        for name in ("p_00000000", "p_00000001")
    ]
