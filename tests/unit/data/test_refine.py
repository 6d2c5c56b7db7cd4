"""Tests of p3m.data.refine: sharper where colours tell, as it was elsewhere, nothing lost."""

import sys

import cv2
import numpy as np
import pytest

from p3m.core.errors import InputError, MissingExtraError, OutputError, ShapeError
from p3m.data.drawn_person import draw_person
from p3m.data.drawn_scene import draw_scene
from p3m.data.portraits import read_portrait_folder
from p3m.data.refine import DOUBTFUL, RECORD, refine_alphas, refine_transition
from p3m.imaging.compositing import composite
from p3m.imaging.io import read_alpha, read_image, write_picture

SIZE = (200, 160)


def drawn(seed, *, plain=True):
    """A picture of a drawn person, the exact alpha, and one as soft as networks make."""
    rng = np.random.default_rng(seed)
    person = draw_person(rng, SIZE)
    wall = np.full((*SIZE, 3), (228, 222, 214), np.uint8)
    image = composite(person.foreground, wall if plain else draw_scene(rng, SIZE), person.alpha)
    return image, person.alpha, np.asarray(cv2.GaussianBlur(person.alpha, (0, 0), 1.5))


@pytest.fixture
def root(tmp_path):
    for seed in range(3):
        image, _, soft = drawn(seed)
        write_picture(tmp_path / f"pack/images/p{seed}.png", image)
        write_picture(tmp_path / f"pack/alpha/p{seed}.png", soft)
    return tmp_path / "pack"


def portraits(root):
    return read_portrait_folder(root, scenes=False).portraits


@pytest.mark.parametrize("plain", [True, False], ids=["wall", "scene"])
@pytest.mark.parametrize("seed", range(4))
def test_soft_hair_gets_nearer_to_the_exact_alpha(seed, plain):
    image, exact, soft = drawn(seed, plain=plain)
    refined = refine_transition(image, soft)
    assert np.abs(refined.alpha - exact).mean() < 0.6 * np.abs(soft - exact).mean()
    assert 0 <= refined.alpha.min() <= refined.alpha.max() <= 1
    assert refined.alpha.dtype == np.float32
    assert refined.trusted > 0.3
    assert refined.doubtful < DOUBTFUL


def test_the_closed_form_counts_by_its_weight():
    image, _, soft = drawn(1)
    refined = refine_transition(image, soft)
    mixed = soft + refined.weight * (refined.closed_form - soft)
    np.testing.assert_allclose(refined.alpha, mixed, atol=1e-6)
    assert 0.3 < refined.weight.max() <= 1
    assert 0 < np.mean(refined.weight > 0) < 0.5


def test_far_from_the_transition_nothing_changes():
    image, _, soft = drawn(1)
    refined = refine_transition(image, soft)
    sure = cv2.dilate(((soft > 0.03) & (soft < 0.97)).astype(np.uint8), np.ones((15, 15))) == 0
    assert np.array_equal(refined.alpha[sure], soft[sure])


def test_where_colours_do_not_tell_the_alpha_stays(rng):
    _, _, soft = drawn(2)
    noise = rng.integers(0, 256, (*SIZE, 3), dtype=np.uint8)
    refined = refine_transition(noise, soft)
    assert refined.trusted < 0.02
    assert np.abs(refined.alpha - soft).mean() < 1e-3


def test_a_sharp_outline_is_not_frayed(rng):
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    alpha = (60.5 - np.hypot(rows - 100, columns - 80)).clip(0, 1).astype(np.float32)
    image = composite(np.full((*SIZE, 3), 170, np.uint8), (40, 60, 90), alpha)
    grainy = np.clip(image + rng.normal(0, 8, image.shape), 0, 255).astype(np.uint8)
    refined = refine_transition(grainy, alpha)
    assert refined.trusted < 0.05
    assert np.abs(refined.alpha - alpha).max() < 0.05


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("patch", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("size", [(40, 30), (2, 30), (40, 1), (1, 1)])
def test_an_alpha_without_both_sides_stays(value, patch, size, rng):
    image = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
    alpha = np.full(size, value, np.float32)
    alpha[: size[0] // 2, : size[1] // 2] = patch
    refined = refine_transition(image, alpha)
    assert refined.alpha.shape == size
    if {value, patch} != {0.0, 1.0}:
        assert np.array_equal(refined.alpha, alpha)


def test_only_what_fits_is_refined():
    image, _, soft = drawn(0)
    with pytest.raises(ShapeError):
        refine_transition(image[1:], soft)


def lacking_a_shoulder(seed):
    image, _, soft = drawn(seed)
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    share = 1 - 0.9 * ((columns - 105) / 8).clip(0, 1) * (rows > 120)
    return image, soft, (share * soft).astype(np.float32)


@pytest.mark.parametrize("seed", range(4))
def test_an_alpha_that_lacks_a_shoulder_is_doubted(seed):
    image, soft, lacking = lacking_a_shoulder(seed)
    sound = refine_transition(image, soft)
    assert refine_transition(image, lacking).doubtful > 0.015 > 5 * sound.doubtful


def test_an_alpha_in_doubt_is_left_out(root, tmp_path, monkeypatch):
    monkeypatch.setattr("p3m.data.refine.DOUBTFUL", 0.015)
    out = tmp_path / "out"
    refine_alphas(portraits(root), out, workers=1)
    assert (out / "p1.png").is_file()
    write_picture(root / "alpha/p1.png", lacking_a_shoulder(1)[2], overwrite=True)
    outcomes = refine_alphas(portraits(root), out, workers=1)
    assert [outcome.written for outcome in outcomes] == [True, False, True]
    assert sorted(path.name for path in out.iterdir()) == ["p0.png", "p2.png", RECORD]


def test_a_folder_is_refined_beside_its_own_alphas(root, tmp_path):
    before = {path: path.read_bytes() for path in root.rglob("*.png")}
    told = []
    out = tmp_path / "out"
    outcomes = refine_alphas(portraits(root), out, workers=1, tell=lambda *at: told.append(at))
    assert [outcome.name for outcome in outcomes] == ["p0", "p1", "p2"]
    assert all(outcome.written for outcome in outcomes)
    assert told[-1] == (3, 3)
    assert {path: path.read_bytes() for path in root.rglob("*.png")} == before
    for portrait in portraits(root):
        expected = refine_transition(read_image(portrait.image), read_alpha(portrait.alpha))
        written = read_alpha(out / f"{portrait.name}.png")
        assert np.abs(written - expected.alpha).max() <= 0.5 / 255 + 1e-6
    assert refine_alphas(portraits(root), out, workers=1) == outcomes


def test_a_run_goes_on_where_it_was(root, tmp_path):
    """Pictures whose files are the same are not looked at again, those that are gone are."""
    out, told = tmp_path / "out", []
    refine_alphas(portraits(root)[:2], out, workers=1)
    (out / "p0.png").write_bytes(b"not touched again")
    (out / "p1.png").unlink()
    refine_alphas(portraits(root), out, workers=1, tell=lambda *at: told.append(at))
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert (out / "p0.png").read_bytes() == b"not touched again"
    assert (out / "p1.png").is_file()


def test_another_alpha_is_refined_again(root, tmp_path):
    out = tmp_path / "out"
    refine_alphas(portraits(root), out, workers=1)
    before = (out / "p1.png").read_bytes()
    write_picture(root / "alpha/p1.png", drawn(1)[1], overwrite=True)
    refine_alphas(portraits(root), out, workers=1)
    assert (out / "p1.png").read_bytes() != before


@pytest.mark.parametrize("cut", [0, 3, 9, 15, 25])
def test_a_record_that_was_cut_off_costs_its_last_picture(root, tmp_path, cut):
    """As a killed run may leave it; what follows is not glued to the rest of it."""
    out = tmp_path / "out"
    whole = refine_alphas(portraits(root), out, workers=1)
    record = (out / RECORD).read_bytes()
    last = record.rstrip(b"\n").rindex(b"\n") + 1
    (out / RECORD).write_bytes(record[: last + cut])
    assert refine_alphas(portraits(root), out, workers=1) == whole
    assert (out / RECORD).read_bytes() == record


def test_a_damaged_picture_is_told_and_tried_again(root, tmp_path):
    good = (root / "images/p1.png").read_bytes()
    (root / "images/p1.png").write_bytes(good[:200])
    first = refine_alphas(portraits(root), tmp_path / "out", workers=1)
    assert "p1.png" in first[1].problem
    assert not first[1].written
    (root / "images/p1.png").write_bytes(good)
    assert refine_alphas(portraits(root), tmp_path / "out", workers=1)[1].written


def test_an_alpha_of_another_size_is_told(root, tmp_path):
    """And what was made of an earlier one goes."""
    refine_alphas(portraits(root), tmp_path / "out", workers=1)
    write_picture(root / "alpha/p1.png", np.ones((9, 9), np.float32), overwrite=True)
    outcomes = refine_alphas(portraits(root), tmp_path / "out", workers=1)
    assert [bool(outcome.problem) for outcome in outcomes] == [False, True, False]
    assert not (tmp_path / "out/p1.png").exists()


@pytest.mark.parametrize("folder", ["alpha", "images"])
def test_the_own_files_are_never_overwritten(root, folder):
    before = {path: path.read_bytes() for path in root.rglob("*.*")}
    with pytest.raises(OutputError, match="holds other files"):
        refine_alphas(portraits(root), root / folder, workers=1)
    assert {path: path.read_bytes() for path in root.rglob("*.*")} == before


@pytest.mark.parametrize(
    "text", ["", "name,size\np0,12\n", "\xff"], ids=["empty", "other", "bytes"]
)
def test_another_file_in_the_record_s_place_is_refused(root, tmp_path, text):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / RECORD).write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match="no record of refined alphas"):
        refine_alphas(portraits(root), tmp_path / "out", workers=1)


def test_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pymatting", None)
    image, _, soft = drawn(0)
    with pytest.raises(MissingExtraError, match="train"):
        refine_transition(image, soft)
