import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from p3m.core.errors import ShapeError
from p3m.metrics.gradient import gradient_dim, gradient_p3m

SHAPE = (7, 9)
alphas = arrays(np.float32, SHAPE, elements=st.floats(0, 1, width=32))
regions = arrays(np.bool_, SHAPE)
every_metric = pytest.mark.parametrize("metric", [gradient_p3m, gradient_dim])


def test_a_straight_edge_gives_the_gaussian_itself():
    # Across a step the derivative of the smoothed picture is the Gaussian.
    step = np.zeros((40, 40))
    step[:, 20:] = 1
    at = np.arange(-6, 7)
    gaussian = np.exp(-(at**2) / (2 * 1.4**2))
    response = np.convolve(step[0], -at / 1.4**2 * gaussian / gaussian.sum(), "valid")
    expected = 40 * (response**2).sum() / 10
    assert gradient_p3m(step, np.zeros_like(step)) == pytest.approx(expected, rel=1e-6)


def test_the_square_filter_of_deep_image_matting_has_norm_one():
    # A single pixel answers with the filters themselves, whose squares add up to 1 each.
    pixel = np.zeros((21, 21))
    pixel[10, 10] = 1
    assert gradient_dim(pixel, np.zeros_like(pixel)) == pytest.approx(2e-3, rel=1e-6)


@every_metric
def test_a_constant_offset_is_no_error_of_gradients(metric):
    alpha = np.random.default_rng(0).random((20, 20)) / 2
    assert metric(alpha + 0.25, alpha) == pytest.approx(0, abs=1e-9)


@every_metric
@given(pred=alphas, target=alphas)
def test_never_negative_symmetric_and_zero_for_equals(metric, pred, target):
    assert metric(pred, target) >= 0
    assert metric(pred, target) == metric(target, pred)
    assert metric(pred, pred) == 0


@every_metric
@given(pred=alphas, target=alphas, region=regions)
def test_unchanged_by_flips(metric, pred, target, region):
    flipped = metric(pred[::-1, ::-1], target[::-1, ::-1], region[::-1, ::-1])
    assert flipped == pytest.approx(metric(pred, target, region), rel=1e-5, abs=1e-9)


@every_metric
@given(target=alphas, row=st.integers(0, 6), column=st.integers(0, 8))
def test_what_does_not_differ_need_not_be_filtered(metric, target, row, column):
    # One pixel of a larger picture differs: the same as where all around is cut away.
    large = np.pad(target, 30, mode="edge")
    pred = large.copy()
    pred[30 + row, 30 + column] = 1 - pred[30 + row, 30 + column]
    near = slice(10, -10), slice(10, -10)
    assert metric(pred, large) == pytest.approx(metric(pred[near], large[near]), rel=1e-5, abs=1e-9)


@every_metric
@given(pred=alphas, target=alphas, region=regions)
def test_regions_add_up(metric, pred, target, region):
    parts = metric(pred, target, region) + metric(pred, target, ~region)
    assert parts == pytest.approx(metric(pred, target), rel=1e-6, abs=1e-12)


@every_metric
@given(pred=alphas, target=alphas)
def test_float32_and_float64_agree(metric, pred, target):
    exact = metric(pred.astype(np.float64), target.astype(np.float64))
    assert metric(pred, target) == pytest.approx(exact, rel=1e-6)


@every_metric
def test_an_empty_region_is_zero(metric):
    alpha = np.random.default_rng(0).random((5, 5))
    assert metric(alpha, alpha.T, np.zeros((5, 5), np.bool_)) == 0


@every_metric
def test_wrong_shapes_are_refused_by_name(metric):
    alpha = np.ones((4, 4))
    with pytest.raises(ShapeError, match=r"pred has shape \(4, 4, 1\)"):
        metric(alpha[..., None], alpha)
    with pytest.raises(ShapeError, match=r"target has shape \(4, 3\)"):
        metric(alpha, alpha[:, :3])
    with pytest.raises(ShapeError, match=r"region has shape \(3, 4\)"):
        metric(alpha, alpha, np.ones((3, 4), np.bool_))
