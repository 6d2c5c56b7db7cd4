import numpy as np
import pytest

from p3m.core.errors import UnknownNameError
from p3m.metrics.catalog import METRICS, MetricEntry

SHAPES = {"alpha": (16, 16), "frames": (3, 16, 16)}
every_entry = pytest.mark.parametrize("entry", METRICS.values(), ids=list(METRICS))


@every_entry
def test_every_metric_tells_a_better_matte_by_its_direction(entry: MetricEntry) -> None:
    random = np.random.default_rng(0)
    target, noise = random.random((2, *SHAPES[entry.takes]), np.float32)
    good, bad = (np.abs(target - error * noise) for error in (0.01, 0.5))
    scores = [entry.function(pred.astype(np.float32), target, None) for pred in (good, bad)]
    assert (scores[0] < scores[1]) == (entry.direction == "lower")


@every_entry
def test_every_metric_is_zero_for_the_truth_itself(entry: MetricEntry) -> None:
    target = np.random.default_rng(0).random(SHAPES[entry.takes])
    assert entry.function(target.copy(), target, None) == 0


@every_entry
def test_every_metric_counts_its_region_alone(entry: MetricEntry) -> None:
    random = np.random.default_rng(0)
    target, pred = random.random((2, *SHAPES[entry.takes]))
    nothing = np.zeros(target.shape, np.bool_)
    assert entry.function(pred, target, nothing) == 0
    whole = entry.function(pred, target, None)
    assert entry.function(pred, target, ~nothing) == pytest.approx(whole, rel=1e-6)


@every_entry
def test_every_metric_says_its_unit_and_source(entry: MetricEntry) -> None:
    assert entry.unit
    assert entry.paper


def test_a_misspelt_metric_gets_a_suggestion() -> None:
    with pytest.raises(UnknownNameError, match=r"No metric named 'sda'. Did you mean 'sad'\?"):
        METRICS["sda"]
