"""Faces found by CenterFace in real and drawn pictures."""

import numpy as np
import pytest

from p3m.core.errors import RangeError, ShapeError
from p3m.imaging.io import read_image
from p3m.imaging.resize import resize
from p3m.privacy.boxes import overlap
from p3m.privacy.centerface import AUDIT_SIDES_PX, SIDES_PX, CenterFace


@pytest.fixture(scope="module")
def detector():
    return CenterFace(threads=1)


@pytest.fixture(scope="module")
def portrait(project):
    return read_image(project / "examples" / "portrait.jpg")


def test_the_example_has_one_face_whose_landmarks_are_in_order(detector, portrait):
    (face,) = detector(portrait)
    assert face.score > 0.5
    left_eye, right_eye, nose, left_mouth, right_mouth = face.landmarks
    assert left_eye[0] < nose[0] < right_eye[0]
    assert left_mouth[0] < right_mouth[0]
    assert max(left_eye[1], right_eye[1]) < nose[1] < min(left_mouth[1], right_mouth[1])
    left, top, right, bottom = face.box
    assert all(left < x < right and top < y < bottom for x, y in face.landmarks)


@pytest.mark.parametrize("share", [0.35, 2.0])
def test_the_face_is_found_at_other_sizes(detector, portrait, share):
    height, width = portrait.shape[:2]
    (expected,) = detector(portrait)
    found = detector(resize(portrait, (round(height * share), round(width * share))))
    assert overlap(found[0].box, tuple(v * share for v in expected.box)) > 0.7


def test_a_picture_without_faces_has_none(detector):
    noise = np.random.default_rng(0).integers(0, 256, (240, 320, 3), np.uint8)
    assert detector(noise) == ()
    assert detector(np.full((33, 1, 3), 128, np.uint8)) == ()


@pytest.mark.parametrize("across", [False, True], ids=["high", "wide"])
def test_every_face_of_a_long_picture_is_found(detector, portrait, across):
    side = min(portrait.shape[:2])
    tile = resize(portrait[:side, :side], (200, 200))
    (expected,) = detector(tile)
    found = detector(np.concatenate([tile] * 45, axis=int(across)))
    for number in range(45):
        right, down = (200 * number, 0) if across else (0, 200 * number)
        left, top, far_right, bottom = expected.box
        box = (left + right, top + down, far_right + right, bottom + down)
        best = max(found, key=lambda face: overlap(face.box, box))
        assert overlap(best.box, box) > 0.7
        assert all(box[0] < x < box[2] and box[1] < y < box[3] for x, y in best.landmarks)
    assert len(found) < 60


def test_the_threshold_is_the_least_score(portrait):
    assert CenterFace(threshold=1.0, threads=1)(portrait) == ()


def test_the_audit_looks_at_other_sizes():
    assert not set(SIDES_PX) & set(AUDIT_SIDES_PX)


def test_arguments_are_checked(detector):
    with pytest.raises(RangeError, match="threshold"):
        CenterFace(threshold=2)
    with pytest.raises(RangeError, match="sides_px"):
        CenterFace(sides_px=())
    with pytest.raises(ShapeError, match="image"):
        detector(np.zeros((8, 8), np.uint8))
