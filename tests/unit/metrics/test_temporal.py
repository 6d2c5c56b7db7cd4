import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from p3m.core.errors import ShapeError
from p3m.metrics.temporal import dtssd, messddt
from support.images import portrait
from support.references import metrics_papers as reference

frames = arrays(np.float32, (3, 5, 6), elements=st.floats(0, 1, width=32))
every_metric = pytest.mark.parametrize("metric", [dtssd, messddt])


@given(pred=frames, target=frames)
def test_flicker_agrees_with_the_reference(pred, target):
    pred, target = pred.astype(np.float64), target.astype(np.float64)
    assert dtssd(pred, target) == pytest.approx(reference.dtssd(pred, target), rel=1e-9)


def test_errors_are_compared_along_the_motion():
    # A person who moves by whole pixels; the flow of a flat surround is 0 anyway.
    still = portrait(96, 96)[1].astype(np.float64)
    target = np.stack([np.roll(still, 3 * t, axis=1) for t in range(3)])
    carried = np.stack([np.roll(still * 0.8, 3 * t, axis=1) for t in range(3)])
    stuck = target * np.linspace(0.7, 0.9, 96)
    assert messddt(carried, target) < 0.2 * messddt(stuck, target)


def test_without_motion_only_the_errors_change_counts(rng):
    target = np.repeat(portrait(48, 40)[1][None].astype(np.float64), 3, axis=0)
    pred = rng.random(target.shape)
    expected = reference.messddt_of_moved(pred, target, (0, 0))
    # Farneback's flow of two equal frames is not 0 everywhere at the lower border.
    assert messddt(pred, target) == pytest.approx(expected, rel=5e-3)


@every_metric
@given(pred=frames, target=frames)
def test_never_negative_and_zero_for_equals(metric, pred, target):
    assert metric(pred, target) >= 0
    assert metric(pred, pred) == 0


def test_an_error_that_stays_is_no_flicker(rng):
    target = rng.random((4, 6, 6)) / 2
    assert dtssd(target + 0.3, target) == pytest.approx(0, abs=1e-12)


@every_metric
def test_only_the_region_counts(metric, rng):
    target = np.repeat(rng.random((1, 6, 6)), 3, axis=0)
    pred = target.copy()
    pred[1, :3] = 1 - pred[1, :3]
    below = np.zeros(pred.shape, np.bool_)
    below[:, 3:] = True
    assert metric(pred, target, below) == 0
    assert metric(pred, target, ~below) > metric(pred, target)
    assert metric(pred, target, below & ~below) == 0


@every_metric
def test_wrong_shapes_are_refused_by_name(metric):
    video = np.ones((2, 4, 4))
    with pytest.raises(ShapeError, match=r"pred has shape \(4, 4\); it must be \(T H W\)"):
        metric(video[0], video[0])
    with pytest.raises(ShapeError, match=r"two frames at least"):
        metric(video[:1], video[:1])
    with pytest.raises(ShapeError, match=r"target has shape \(2, 4, 3\)"):
        metric(video, video[..., :3])
    with pytest.raises(ShapeError, match=r"region has shape \(1, 4, 4\)"):
        metric(video, video, np.ones((1, 4, 4), np.bool_))
