"""Tests of p3m.imaging.depth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from p3m.core.errors import RangeError, ShapeError
from p3m.imaging.depth import dequantize, quantize

ALPHAS = arrays(
    np.float32, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.floats(0, 1, width=32)
)


@pytest.mark.parametrize(("bits", "top", "dtype"), [(8, 255, np.uint8), (16, 65535, np.uint16)])
@given(alpha=ALPHAS)
def test_there_and_back_is_within_half_a_step(alpha, bits, top, dtype):
    steps = quantize(alpha, bits)
    back = dequantize(steps)
    assert steps.dtype == dtype
    assert back.dtype == np.float32
    np.testing.assert_allclose(back, alpha, rtol=0, atol=0.5 / top + 1e-7)  # 1e-7: float32


@given(arrays(np.uint16, (3, 4)))
def test_steps_survive_the_way_through_alpha(steps):
    np.testing.assert_array_equal(quantize(dequantize(steps), 16), steps)


def test_quantize_keeps_its_input():
    alpha = np.full((2, 2), 0.3, np.float32)
    quantize(alpha)
    assert (alpha == np.float32(0.3)).all()


@pytest.mark.parametrize("value", [-0.1, 1.01, np.nan])
def test_quantize_refuses_what_is_no_alpha(value):
    with pytest.raises(RangeError, match="must lie between 0 and 1"):
        quantize(np.array([[0.5, value]], np.float32))


def test_quantize_names_the_shape():
    with pytest.raises(ShapeError, match=r"alpha has shape \(2, 2, 1\); it must be \(H W\)"):
        quantize(np.zeros((2, 2, 1), np.float32))
