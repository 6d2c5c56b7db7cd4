"""Tests of p3m.core.checks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from p3m.core.checks import check_range, check_same_shape, check_shape
from p3m.core.errors import RangeError, ShapeError

sizes = st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((2, 1, 4, 5), "B 1 H W"), ((4, 5), "H W"), ((4, 5, 3), "H W 3"), ((3, 3), "N N")],
)
def test_a_fitting_shape_passes(shape, expected):
    check_shape("alpha", np.zeros(shape), expected)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((2, 3, 4, 5), "B 1 H W"),  # a fixed axis differs
        ((4, 5), "B 1 H W"),  # too few axes
        ((4, 5, 3), "H W"),  # too many
        ((0, 5), "H W"),  # an empty axis
        ((3, 4), "N N"),  # one letter, two sizes
    ],
)
def test_another_shape_is_refused_with_both_shapes_named(shape, expected):
    with pytest.raises(ShapeError, match="alpha has shape") as caught:
        check_shape("alpha", np.zeros(shape), expected)
    assert caught.value.actual_shape == shape
    assert caught.value.expected == expected
    assert str(shape) in str(caught.value)
    assert f"({expected})" in str(caught.value)


@given(sizes)
def test_a_pattern_of_its_own_numbers_fits_any_shape(shape):
    check_shape("array", np.zeros(shape), " ".join(map(str, shape)))


@given(sizes, sizes)
def test_same_shape_accepts_equal_shapes_and_nothing_else(first, second):
    arrays = {"pred": np.zeros(first), "target": np.zeros(second)}
    if first == second:
        check_same_shape(**arrays)
    else:
        with pytest.raises(ShapeError, match=r"target has shape .* as pred") as caught:
            check_same_shape(**arrays)
        assert caught.value.name == "target"
        assert caught.value.actual_shape == second


def test_the_ends_of_a_range_belong_to_it():
    check_range("strength", 0.0, 0.0, 1.0)
    check_range("strength", 1.0, 0.0, 1.0)


@pytest.mark.parametrize("value", [-0.1, 1.5, float("nan"), float("inf")])
def test_a_number_out_of_range_is_refused(value):
    with pytest.raises(RangeError, match=r"strength is .*; it must lie between 0 and 1\."):
        check_range("strength", value, 0.0, 1.0)
