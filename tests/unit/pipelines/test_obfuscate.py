import cv2
import numpy as np
import pytest

from p3m.data.drawn_face import Face as DrawnFeatures
from p3m.pipelines.obfuscate import DrawnFace, obfuscate_like_p3m, obfuscate_randomly, widened


@pytest.fixture
def scene(rng) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Noise, the alpha of a disc, and a face well within it."""
    image = rng.integers(0, 256, (160, 120, 3), dtype=np.uint8)
    y, x = np.mgrid[:160, :120]
    alpha = np.clip(55 - np.hypot(x - 60, y - 80), 0, 1).astype(np.float32)
    return image, alpha, np.hypot((x - 60) / 24, (y - 80) / 32) < 1


def test_the_face_is_hidden_and_little_else_whatever_is_drawn(scene) -> None:
    image, alpha, faces = scene
    near = cv2.dilate(faces.astype(np.uint8), np.ones((61, 61))).astype(bool)
    core = cv2.erode(faces.astype(np.uint8), np.ones((19, 19))).astype(bool)
    kinds = set()
    for seed in range(60):
        hidden = obfuscate_randomly(image, alpha, faces, np.random.default_rng(seed))
        changed = (hidden != image).any(axis=2)
        assert changed[core].mean() > 0.95
        assert not changed[~near].any()
        kinds.add(len(np.unique(hidden[core].reshape(-1, 3), axis=0)) > 8)
    assert kinds == {True, False}


@pytest.fixture
def passer_by(scene) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The same, and a smaller face that is not the person's, clear of the transition."""
    image, alpha, faces = scene
    image, alpha = np.hstack([image, image]), np.hstack([alpha, np.zeros_like(alpha)])
    y, x = np.mgrid[:160, :240]
    other = np.hypot((x - 180) / 9, (y - 40) / 12) < 1
    return image, alpha, np.hstack([faces, np.zeros_like(faces)]), other


def test_faces_outside_of_the_matte_are_hidden_as_well_as_the_person_s(passer_by) -> None:
    image, alpha, own, other = passer_by
    for seed in range(60):
        hidden = obfuscate_randomly(image, alpha, own | other, np.random.default_rng(seed))
        changed = (hidden != image).any(axis=2)
        assert changed[other].mean() > 0.5
        assert changed[own].mean() > 0.5
    hidden = obfuscate_like_p3m(image, alpha, own | other)
    assert (hidden != image).any(axis=2)[other].mean() > 0.95


def test_another_s_face_lends_the_person_s_no_colour(passer_by) -> None:
    image, alpha, own, other = passer_by
    image[other] = (255, 0, 0)
    alone = obfuscate_like_p3m(image, alpha, own)
    both = obfuscate_like_p3m(image, alpha, own | other)
    assert np.array_equal(both[:, :120], alone[:, :120])


def test_p3m_spares_the_transition(scene) -> None:
    image, alpha, _ = scene
    right = np.arange(120) > np.full((160, 1), 60)
    hidden = obfuscate_like_p3m(image, alpha, right)
    transition = (alpha > 0) & (alpha < 1)
    assert np.array_equal(hidden[transition], image[transition])
    assert (hidden != image).any(axis=2)[right & (alpha == 1)].mean() > 0.8


def test_a_drawn_face_holds_nothing_of_the_hidden_one_but_its_mean_colour(scene, rng) -> None:
    image, _, faces = scene
    drawn = DrawnFace(DrawnFeatures.random(rng, beard=True))
    hidden = drawn(image, faces)
    shuffled = image.copy()
    shuffled[faces] = rng.permutation(image[faces])
    assert np.array_equal(drawn(shuffled, faces)[faces], hidden[faces])
    assert np.array_equal(hidden[~faces], image[~faces])
    assert len(np.unique(hidden[faces], axis=0)) > 20


def test_widening_reaches_so_far_and_no_farther() -> None:
    faces = np.zeros((41, 41), bool)
    faces[20, 20] = True
    y, x = np.mgrid[:41, :41]
    distance = np.hypot(y - 20, x - 20)
    wide = widened(faces, 10)
    assert wide[distance < 9].all()
    assert not wide[distance > 11].any()
