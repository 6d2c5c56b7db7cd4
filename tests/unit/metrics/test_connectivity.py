import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from p3m.core.errors import ShapeError
from p3m.metrics.connectivity import connectivity_dim, connectivity_p3m

SHAPE = (6, 7)
alphas = arrays(np.float32, SHAPE, elements=st.floats(0, 1, width=32))
regions = arrays(np.bool_, SHAPE)
every_metric = pytest.mark.parametrize("metric", [connectivity_p3m, connectivity_dim])


@every_metric
def test_hand_computed(metric):
    # The right pixel never belongs to the largest piece: its level is 0, its phi 1 - alpha.
    target = np.float64([[1, 1, 1, 0, 0.8]])
    assert metric(np.float64([[1, 1, 1, 0, 0.3]]), target) == pytest.approx(0.5e-3)
    # Less than 0.15 above its level counts as well connected.
    assert metric(np.float64([[1, 1, 1, 0, 0.1]]), target) == pytest.approx(0.8e-3)
    # In one piece with the person up to 0.4, and 0.4 or 0.05 above it.
    near = np.float64([[1, 1, 1, 0.8]])
    assert metric(np.float64([[1, 1, 1, 0.45]]), near) == pytest.approx(0.4e-3, rel=1e-6)


def test_the_two_differ_where_no_pixel_reaches_a_threshold():
    target, pred = np.full((3, 3), 0.55), np.full((3, 3), 0.25)
    # P3M looks no further after 0.2, and takes all for connected.
    assert connectivity_p3m(pred, target) == 0
    # Deep Image Matting lets all drop out at 0.3: 0.35 and 0.05 above 0.2.
    assert connectivity_dim(pred, target) == pytest.approx(9 * 0.35e-3, rel=1e-6)


@every_metric
def test_of_two_largest_pieces_the_first_counts(metric):
    # Both pairs have two pixels; the lone one begins first, but is smaller.
    target = np.float64([[0, 0, 0, 1], [0, 0, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 1, 1]])
    pred = target.copy()
    pred[2, 0] = 0.95
    pred[4, 2] = 0.5
    # At every threshold up to 0.5 the upper pair is first among equals; then it is the larger.
    # The upper pair's levels are 0.9 and 1. The lower one and the lone pixel have level 0.
    assert metric(pred, target) == pytest.approx(0.5e-3, rel=1e-6)


@every_metric
def test_bytes_at_a_threshold_fall_as_in_the_released_codes(metric):
    # 153/255 is 0.6 exactly, and the sixth threshold is the next number above it.
    alone = np.full((1, 8), 1.0)
    target, pred = alone.copy(), alone.copy()
    target[0, 7], pred[0, 7] = 0.75, 153 / 255
    # Its level is 0.5: 0.25 above it, or 0.1, which is tolerated.
    assert metric(pred, target) == pytest.approx(0.25e-3, rel=1e-6)


@every_metric
@given(pred=alphas, target=alphas)
def test_never_negative_symmetric_and_zero_for_equals(metric, pred, target):
    assert metric(pred, target) >= 0
    assert metric(pred, target) == metric(target, pred)
    assert metric(pred, pred) == 0


@given(alpha=alphas, error=st.floats(0.2, 1), row=st.integers(0, 5), column=st.integers(0, 6))
def test_a_pixel_cut_off_is_an_error(alpha, error, row, column):
    target = np.float64(alpha) * 0
    target[:, :3] = 1
    pred = target.copy()
    target[row, 4:] = 1
    expected = sum(target[row, 4:])
    assert connectivity_p3m(pred, target) == pytest.approx(expected / 1000)


@every_metric
@given(pred=alphas, target=alphas)
def test_unchanged_by_flips_where_one_piece_is_largest(metric, pred, target):
    # A solid person is the largest piece at every threshold, so no tie depends on the order.
    for alpha in (pred, target):
        alpha[:4] = np.maximum(alpha[:4], 1)
    flipped = metric(pred[::-1, ::-1], target[::-1, ::-1])
    assert flipped == pytest.approx(metric(pred, target), rel=1e-9, abs=1e-15)


@every_metric
@given(pred=alphas, target=alphas, region=regions)
def test_regions_add_up(metric, pred, target, region):
    parts = metric(pred, target, region) + metric(pred, target, ~region)
    assert parts == pytest.approx(metric(pred, target), rel=1e-9, abs=1e-15)


@every_metric
@given(pred=alphas, target=alphas)
def test_float32_and_float64_agree(metric, pred, target):
    exact = metric(pred.astype(np.float64), target.astype(np.float64))
    assert metric(pred, target) == pytest.approx(exact, rel=1e-9)


@every_metric
def test_a_crowd_is_searched_to_the_end(metric):
    # More pieces than are flooded one by one, the largest amid them; half of it lost.
    target = np.zeros((64, 64))
    target[::4, ::4] = 1
    target[33:36, 20:40] = 1
    pred = target.copy()
    pred[33:36, 20:30] = 0
    # What is left of it is the largest: its level is 1. All dots, and the lost half, have level 0.
    assert metric(pred, target) == pytest.approx(30e-3)


@every_metric
def test_wrong_shapes_are_refused_by_name(metric):
    alpha = np.ones((4, 4))
    with pytest.raises(ShapeError, match=r"pred has shape \(4, 4, 1\)"):
        metric(alpha[..., None], alpha)
    with pytest.raises(ShapeError, match=r"target has shape \(4, 3\)"):
        metric(alpha, alpha[:, :3])
    with pytest.raises(ShapeError, match=r"region has shape \(3, 4\)"):
        metric(alpha, alpha, np.ones((3, 4), np.bool_))


@every_metric
@pytest.mark.parametrize("bad", ["pred", "target"])
def test_what_is_no_number_has_no_error(metric, bad):
    alphas = {"pred": np.full((40, 30), 0.5), "target": np.full((40, 30), 0.5)}
    alphas[bad][-1, -1] = np.nan
    assert np.isnan(metric(**alphas))
    assert np.isnan(metric(**alphas, region=np.zeros((40, 30), bool)))
