"""Tests of p3m.imaging.trimap."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from p3m.core.errors import RangeError, ShapeError
from p3m.imaging.trimap import (
    background_region,
    foreground_region,
    trimap_from_alpha,
    unknown_region,
)

SHAPES = st.tuples(st.integers(1, 16), st.integers(1, 16))
ALPHAS = arrays(np.float32, SHAPES, elements=st.sampled_from([0.0, 0.0, 0.5, 1.0, 1.0]))


@given(arrays(np.uint8, SHAPES))
def test_each_pixel_lies_in_exactly_one_region(trimap):
    regions = [foreground_region(trimap), background_region(trimap), unknown_region(trimap)]
    assert all(region.dtype == np.bool_ for region in regions)
    assert (np.sum(regions, axis=0) == 1).all()


@given(ALPHAS, st.integers(0, 4))
def test_a_trimap_says_nothing_that_the_alpha_contradicts(alpha, radius):
    trimap = trimap_from_alpha(alpha, radius)
    assert trimap.dtype == np.uint8
    assert set(np.unique(trimap)) <= {0, 128, 255}
    assert (alpha[foreground_region(trimap)] == 1).all()
    assert (alpha[background_region(trimap)] == 0).all()
    assert unknown_region(trimap)[(alpha > 0) & (alpha < 1)].all()


@given(ALPHAS, st.integers(0, 4))
def test_a_greater_radius_leaves_more_unknown(alpha, radius):
    near = unknown_region(trimap_from_alpha(alpha, radius))
    far = unknown_region(trimap_from_alpha(alpha, radius + 1))
    assert (far | ~near).all()


def test_the_unknown_region_reaches_the_radius_to_either_side():
    alpha = np.zeros((1, 20), np.float32)
    alpha[:, 10:] = 1
    trimap = trimap_from_alpha(alpha, 3)
    np.testing.assert_array_equal(np.flatnonzero(unknown_region(trimap)), np.arange(7, 13))


def test_radius_zero_marks_the_transition_alone():
    trimap = trimap_from_alpha(np.float32([[0, 0.001, 0.5, 0.999, 1]]), 0)
    np.testing.assert_array_equal(trimap, [[0, 0, 128, 255, 255]])


def test_the_border_erodes_nothing():
    assert (trimap_from_alpha(np.ones((5, 5), np.float32), 3) == 255).all()
    assert (trimap_from_alpha(np.zeros((5, 5), np.float32), 3) == 0).all()


def test_wrong_arguments_are_named():
    with pytest.raises(RangeError, match="radius_px is -1"):
        trimap_from_alpha(np.zeros((2, 2), np.float32), -1)
    with pytest.raises(ShapeError, match="alpha has shape"):
        trimap_from_alpha(np.zeros((2, 2, 3), np.float32), 1)
    with pytest.raises(ShapeError, match="trimap has shape"):
        unknown_region(np.zeros((2, 2, 3), np.uint8))
