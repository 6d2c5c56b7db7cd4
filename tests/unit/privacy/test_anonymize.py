"""A picture without its faces: only they change, and the matte's edge stays."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from p3m.core.errors import ShapeError
from p3m.imaging.trimap import trimap_from_alpha, unknown_region
from p3m.privacy.anonymize import hide_faces, hide_in_opacity
from p3m.privacy.catalog import EFFECTS, create_effect
from p3m.privacy.contract import Face
from p3m.privacy.region import faces_region
from support.images import noise, portrait

FACE = Face(box=(30, 25, 66, 75))
SIZE = (120, 96)

effects = pytest.mark.parametrize("name", list(EFFECTS))


@effects
@given(
    left=st.integers(-20, 80), top=st.integers(-20, 90), side=st.integers(3, 70),
    seed=st.integers(0, 5),
)  # fmt: skip
def test_outside_of_the_mask_not_one_pixel_changes(name, left, top, side, seed):
    image = noise(*SIZE, seed=seed)
    before = image.copy()
    hidden = hide_faces(
        image, [Face(box=(left, top, left + side, top + side * 1.3))], effect=create_effect(name)
    )
    np.testing.assert_array_equal(image, before)
    np.testing.assert_array_equal(hidden.image[~hidden.mask], image[~hidden.mask])
    expected = faces_region(hidden.faces, SIZE)
    np.testing.assert_array_equal(hidden.mask, expected)
    if expected.sum() > 200:  # noise is all but never equal to what replaces it
        assert (hidden.image[expected] != image[expected]).any(axis=1).mean() > 0.95


@effects
def test_no_pattern_of_the_face_survives(name):
    """Noise within the region and what replaces it are all but uncorrelated, borders included."""
    image = noise(200, 160, seed=1)
    face = Face(box=(40, 40, 120, 150))
    hidden = hide_faces(image, [face], effect=create_effect(name))
    inside = faces_region([face], (200, 160), margin=0)
    edge = hidden.mask & ~faces_region([face], (200, 160), margin=0.15)
    for region in (inside, edge):
        before = image[region].astype(float).ravel()
        after = hidden.image[region].astype(float).ravel()
        correlation = np.corrcoef(before, after)[0, 1] if after.std() else 0.0
        assert abs(correlation) < 0.15


@effects
def test_a_second_time_changes_next_to_nothing(name):
    image = np.kron(noise(10, 8, seed=2), np.ones((12, 12, 1), np.uint8))
    once = hide_faces(image, [FACE], effect=create_effect(name))
    twice = hide_faces(once.image, [FACE], effect=create_effect(name))
    first, second = (
        np.abs(a[once.mask].astype(int) - b[once.mask]).mean()
        for a, b in ((image, once.image), (once.image, twice.image))
    )
    assert first > 20
    assert second < 0.25 * first


@effects
def test_with_an_alpha_the_transition_keeps_its_pixels(name):
    image, alpha = portrait(160, 120)
    face = Face(box=(35, 20, 85, 90))
    hidden = hide_faces(image, [face], effect=create_effect(name), alpha=alpha)
    assert 0 < hidden.mask.sum() < faces_region([face], alpha.shape).sum()
    soft = (alpha > 0.02) & (alpha < 0.98)
    assert (soft & faces_region([face], alpha.shape)).any()
    np.testing.assert_array_equal(hidden.image[soft], image[soft])
    edge = unknown_region(trimap_from_alpha(alpha, 2))
    np.testing.assert_array_equal(hidden.image[edge], image[edge])


@effects
def test_the_opacity_of_a_cutout_stays_and_one_that_draws_the_face_is_hidden(name):
    rng = np.random.default_rng(0)
    mask, effect = faces_region([FACE], SIZE), create_effect(name)
    cutout = np.where(np.arange(96) < 48, 0, 255).astype(np.uint8)[None].repeat(120, 0)
    np.testing.assert_array_equal(hide_in_opacity(cutout, mask, effect=effect), cutout)
    drawn = rng.integers(256, size=SIZE, dtype=np.uint8)
    hidden = hide_in_opacity(drawn, mask, effect=effect)
    np.testing.assert_array_equal(hidden[~mask], drawn[~mask])
    assert hidden[mask].std() < 0.25 * drawn[mask].std()


def test_a_face_behind_the_person_is_covered_too():
    image, alpha = noise(*SIZE), np.zeros(SIZE, np.float32)
    hidden = hide_faces(image, [FACE], alpha=alpha)
    np.testing.assert_array_equal(hidden.mask, faces_region([FACE], SIZE))
    assert hidden.covered == (1.0,)


def test_how_much_of_a_face_is_covered_is_told():
    alpha = np.zeros(SIZE, np.float32)
    alpha[:50] = 1
    (share,) = hide_faces(noise(*SIZE), [FACE], alpha=alpha).covered
    assert 0 < share < 0.9


def test_no_faces_change_nothing():
    image = noise(*SIZE)
    hidden = hide_faces(image, [])
    np.testing.assert_array_equal(hidden.image, image)
    assert hidden.faces == hidden.covered == ()


def test_shapes_are_checked():
    with pytest.raises(ShapeError, match="image"):
        hide_faces(np.zeros((4, 4), np.uint8), [])
    with pytest.raises(ShapeError, match="alpha"):
        hide_faces(noise(8, 8), [], alpha=np.zeros((4, 4), np.float32))
