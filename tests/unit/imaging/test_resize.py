"""Tests of p3m.imaging.resize."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from p3m.core.errors import ShapeError
from p3m.imaging.resize import fit_area, pad_to_multiple, resize, unpad

SIDES = st.integers(1, 12)
PICTURES = st.one_of(
    arrays(np.uint8, st.tuples(SIDES, SIDES, st.sampled_from([1, 3, 4, 7]))),
    arrays(np.float32, st.tuples(SIDES, SIDES), elements=st.floats(0, 1, width=32)),
)


@given(PICTURES, SIDES, SIDES)
def test_a_resized_picture_has_the_size_type_channels_and_range(picture, height, width):
    resized = resize(picture, (height, width))
    assert resized.shape == (height, width, *picture.shape[2:])
    assert resized.dtype == picture.dtype
    assert resized.min() >= picture.min() - 1e-6  # sums in float32
    assert resized.max() <= picture.max() + 1e-6


@given(SIDES, SIDES, SIDES, SIDES, st.sampled_from([None, "nearest", "linear", "area"]))
def test_a_flat_picture_stays_flat(height, width, new_height, new_width, interpolation):
    resized = resize(
        np.full((height, width, 3), 77, np.uint8),
        (new_height, new_width),
        interpolation=interpolation,
    )
    assert (resized == 77).all()


def test_shrinking_averages_areas():
    picture = np.arange(16, dtype=np.float32).reshape(4, 4)
    np.testing.assert_allclose(resize(picture, (2, 2)), [[2.5, 4.5], [10.5, 12.5]])


def test_growing_interpolates_between_pixel_centres():
    np.testing.assert_allclose(resize(np.float32([[0, 1]]), (1, 4)), [[0, 0.25, 0.75, 1]])


def test_each_axis_goes_its_own_way():
    picture = np.float32([[0, 1], [0, 3]])
    np.testing.assert_allclose(resize(picture, (1, 4)), [[0, 0.5, 1.5, 2]])


def test_nearest_makes_no_new_values(rng):
    trimap = rng.choice(np.uint8([0, 128, 255]), (9, 9))
    assert set(np.unique(resize(trimap, (17, 5), interpolation="nearest"))) <= {0, 128, 255}


def test_a_picture_of_that_size_is_returned_as_it_is():
    picture = np.zeros((2, 3), np.uint8)
    assert resize(picture, (2, 3)) is picture


def test_resize_names_the_shape():
    with pytest.raises(ShapeError, match="array has shape"):
        resize(np.zeros((1, 1, 1, 1), np.uint8), (2, 2))


@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(1, 10**6))
def test_a_fitted_size_stays_within_the_area_and_near_the_ratio(height, width, area):
    fitted = fit_area((height, width), area)
    assert min(fitted) >= 1
    assert math.prod(fitted) <= area
    scale = math.sqrt(area / (height * width))
    if scale * min(height, width) >= 1:
        assert abs(fitted[0] - scale * height) <= 1
        assert abs(fitted[1] - scale * width) <= 1


@given(st.integers(1, 5000), st.integers(1, 5000))
def test_the_own_area_gives_the_own_size(height, width):
    assert fit_area((height, width), height * width) == (height, width)


@pytest.mark.parametrize(("size", "fitted"), [((1, 10**6), (1, 100)), ((10**6, 1), (100, 1))])
def test_a_strip_gives_up_its_ratio_before_the_area(size, fitted):
    assert fit_area(size, 100) == fitted


@given(PICTURES, st.integers(1, 9))
def test_unpadding_undoes_padding_exactly(picture, multiple):
    padded = pad_to_multiple(picture, multiple)
    assert padded.shape[0] % multiple == padded.shape[1] % multiple == 0
    assert padded.shape[0] - picture.shape[0] < multiple
    assert padded.shape[1] - picture.shape[1] < multiple
    np.testing.assert_array_equal(unpad(padded, picture.shape[:2]), picture)


def test_padding_repeats_the_edge():
    padded = pad_to_multiple(np.uint8([[1, 2], [3, 4], [5, 6]]), 4)
    np.testing.assert_array_equal(padded, [[1, 2, 2, 2], [3, 4, 4, 4], [5, 6, 6, 6], [5, 6, 6, 6]])


def test_nothing_is_copied_where_nothing_is_missing():
    picture = np.zeros((4, 8, 3), np.uint8)
    assert pad_to_multiple(picture, 4) is picture


def test_unpad_refuses_to_grow():
    with pytest.raises(ShapeError, match="at least 5 high and 2 wide"):
        unpad(np.zeros((4, 4), np.uint8), (5, 2))
