"""What is left of a face, measured."""

import cv2
import numpy as np
import pytest
from skimage.metrics import structural_similarity as reference

from p3m.core.errors import ShapeError
from p3m.imaging.io import read_image
from p3m.privacy.anonymize import hide_faces
from p3m.privacy.catalog import EFFECTS, create_effect
from p3m.privacy.centerface import CenterFace
from p3m.privacy.similarity import (
    PATCH_PX,
    detail,
    face_patch,
    pattern_correlation,
    structural_similarity,
)
from support.images import noise


@pytest.fixture(scope="module")
def portrait(project):
    return read_image(project / "examples" / "portrait.jpg")


@pytest.fixture(scope="module")
def face(portrait):
    return CenterFace(threads=1)(portrait)[0]


def test_a_patch_is_the_middle_of_the_box():
    image = np.zeros((200, 200, 3), np.uint8)
    image[60:140, 70:130] = 255  # the middle three fifths of a box
    patch = face_patch(image, (50, 33, 150, 167))
    assert patch.shape == (PATCH_PX, PATCH_PX)
    assert patch[2:-2, 2:-2].min() > 250


@pytest.mark.parametrize("scale", [0.5, 0.25])
def test_detail_hardly_depends_on_the_size_of_the_picture(portrait, face, scale):
    small = cv2.resize(portrait, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    box = tuple(side * scale for side in face.box)
    whole, half = detail(face_patch(portrait, face.box)), detail(face_patch(small, box))
    assert half == pytest.approx(whole, rel=0.2)


def test_one_colour_has_no_detail():
    assert detail(np.full((96, 96), 7, np.float32)) == 0


def test_a_ramp_has_its_slope():
    ramp = np.tile(np.arange(96, dtype=np.float32) * 2, (96, 1))
    assert detail(ramp) == pytest.approx(2, rel=0.03)


@pytest.mark.parametrize("name", list(EFFECTS))
def test_a_hidden_face_has_little_detail_and_is_not_alike(portrait, face, name):
    hidden = hide_faces(portrait, [face], effect=create_effect(name)).image
    before, after = face_patch(portrait, face.box), face_patch(hidden, face.box)
    assert detail(after) < 1.75 < detail(before)
    assert structural_similarity(before, after) < 0.7


def test_similarity_is_that_of_skimage():
    one, two = (noise(60, 80, seed=seed)[..., 0].astype(np.float32) for seed in (1, 2))
    blurred = cv2.GaussianBlur(one, (0, 0), 1)
    for other in (one, two, blurred):
        expected = reference(
            one, other, data_range=255, gaussian_weights=True, sigma=1.5,
            use_sample_covariance=False, full=True,
        )[1]  # fmt: skip
        ours = structural_similarity(one, other)
        assert ours == pytest.approx(float(expected.mean()), abs=0.01)  # borders are met otherwise
    assert structural_similarity(one, one) == pytest.approx(1)


def test_shapes_are_checked():
    with pytest.raises(ShapeError, match="second"):
        structural_similarity(np.zeros((4, 4), np.float32), np.zeros((4, 5), np.float32))
    with pytest.raises(ShapeError, match="image"):
        face_patch(np.zeros((4, 4), np.uint8), (0, 0, 1, 1))


def changes():
    yield "negative", lambda patch, _: 255 - patch
    yield "mirrored", lambda patch, _: patch[:, ::-1]
    yield "low contrast", lambda patch, _: 100 + patch / 4
    yield "noise", lambda patch, rng: patch + rng.normal(0, 50, patch.shape).astype(np.float32)
    yield "mosaic", lambda patch, _: patch[4::8, 4::8].repeat(8, axis=0).repeat(8, axis=1)


@pytest.mark.parametrize("change", [c for _, c in changes()], ids=[name for name, _ in changes()])
def test_a_pattern_outlives_what_a_likeness_does_not(portrait, face, rng, change):
    patch = face_patch(portrait, face.box)
    assert pattern_correlation(patch, change(patch, rng)) > 0.85


def test_patterns_of_other_things_are_apart(portrait, face):
    patch = face_patch(portrait, face.box)
    assert pattern_correlation(patch, patch.T) < 0.6
    assert pattern_correlation(patch, np.full_like(patch, 7)) == 0
    with pytest.raises(ShapeError, match="second"):
        pattern_correlation(patch, patch[1:])
