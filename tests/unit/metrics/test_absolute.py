from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from p3m.core.errors import ShapeError
from p3m.imaging.types import Alpha, Mask
from p3m.metrics.absolute import mad, mse, sad
from support.references import metrics as reference
from support.tolerances import tolerance

Metric = Callable[[Alpha, Alpha, Mask | None], float]

SHAPE = (5, 4)
alphas = arrays(np.float32, SHAPE, elements=st.floats(0, 1, width=32))
regions = arrays(np.bool_, SHAPE)
every_metric = pytest.mark.parametrize("metric", [sad, mse, mad])


def test_hand_computed() -> None:
    pred = np.float32([[0.25, 1.0], [0.5, 0.0]])
    target = np.float32([[0.75, 1.0], [0.25, 1.0]])
    assert sad(pred, target) == pytest.approx(1.75e-3)
    assert mad(pred, target) == pytest.approx(1.75 / 4)
    assert mse(pred, target) == pytest.approx((0.25 + 0.0625 + 1) / 4)
    region = np.array([[True, True], [False, False]])
    assert sad(pred, target, region) == pytest.approx(0.5e-3)
    assert mad(pred, target, region) == pytest.approx(0.25)
    assert mse(pred, target, region) == pytest.approx(0.125)


@pytest.mark.parametrize("name", ["sad", "mse", "mad"])
@given(pred=alphas, target=alphas, region=regions)
def test_agrees_with_reference(name: str, pred: Alpha, target: Alpha, region: Mask) -> None:
    assume(region.any())
    metric: Metric = {"sad": sad, "mse": mse, "mad": mad}[name]
    expected = getattr(reference, name)(pred, target, region)
    assert metric(pred, target, region) == pytest.approx(expected, rel=1e-12)


@every_metric
@given(pred=alphas, target=alphas)
def test_zero_only_for_equal_mattes_and_symmetric(
    metric: Metric, pred: Alpha, target: Alpha
) -> None:
    score = metric(pred, target, None)
    assert score >= 0
    assert (score == 0) == bool((pred == target).all())
    assert metric(target, pred, None) == score


@every_metric
@given(pred=alphas, target=alphas, region=regions)
def test_unchanged_by_flips(metric: Metric, pred: Alpha, target: Alpha, region: Mask) -> None:
    flipped = metric(pred[::-1, ::-1], target[::-1, ::-1], region[::-1, ::-1])
    assert flipped == pytest.approx(metric(pred, target, region), rel=1e-12)


@every_metric
@given(target=alphas, error=alphas, less=st.floats(0, 1))
def test_never_falls_under_a_growing_error(
    metric: Metric, target: Alpha, error: Alpha, less: float
) -> None:
    assert metric(target + np.float32(less) * error, target, None) <= metric(
        target + error, target, None
    )


@every_metric
@given(pred=alphas, target=alphas)
def test_float32_and_float64_agree(metric: Metric, pred: Alpha, target: Alpha) -> None:
    exact = metric(pred.astype(np.float64), target.astype(np.float64), None)  # type: ignore[arg-type]
    assert metric(pred, target, None) == pytest.approx(exact, rel=tolerance("float64")["rtol"])


@given(pred=alphas, target=alphas, region=regions)
def test_sad_adds_up_over_disjoint_regions(pred: Alpha, target: Alpha, region: Mask) -> None:
    parts = sad(pred, target, region) + sad(pred, target, ~region)
    assert parts == pytest.approx(sad(pred, target), rel=1e-12)


def test_sums_are_exact_on_many_pixels() -> None:
    # In float32, 1e7 steps of 0.1 would drift.
    pred, target = np.full((2000, 5000), 0.1, np.float32), np.zeros((2000, 5000), np.float32)
    assert sad(pred, target) == pytest.approx(float(np.float32(0.1)) * 1e4, rel=1e-9)


@every_metric
def test_empty_region_is_zero(metric: Metric) -> None:
    ones, zeros = np.ones((3, 3), np.float32), np.zeros((3, 3), np.float32)
    assert metric(ones, zeros, np.zeros((3, 3), np.bool_)) == 0.0


@every_metric
def test_wrong_shapes_are_refused_by_name(metric: Metric) -> None:
    alpha, region = np.ones((4, 4), np.float32), np.ones((4, 4), np.bool_)
    with pytest.raises(ShapeError, match=r"pred has shape \(4, 4, 1\); it must be \(H W\)"):
        metric(alpha[:, :, None], alpha, None)
    with pytest.raises(ShapeError, match=r"target has shape \(4, 3\); it must be \(4 4, as pred\)"):
        metric(alpha, alpha[:, :3], None)
    with pytest.raises(ShapeError, match=r"region has shape \(3, 4\)"):
        metric(alpha, alpha, region[:3])
