import numpy as np
import pytest

from p3m.core.errors import UnknownNameError
from p3m.metrics.catalog import METRICS, MetricEntry


@pytest.mark.parametrize("entry", METRICS.values(), ids=list(METRICS))
def test_every_metric_tells_a_better_matte_by_its_direction(entry: MetricEntry) -> None:
    target = np.random.default_rng(0).random((16, 16), np.float32)
    good, bad = (np.abs(target - error) for error in (0.01, 0.5))
    scores = [entry.function(pred.astype(np.float32), target, None) for pred in (good, bad)]
    assert (scores[0] < scores[1]) == (entry.direction == "lower")


@pytest.mark.parametrize("entry", METRICS.values(), ids=list(METRICS))
def test_every_metric_says_its_unit_and_source(entry: MetricEntry) -> None:
    assert entry.unit
    assert entry.paper


def test_a_misspelt_metric_gets_a_suggestion() -> None:
    with pytest.raises(UnknownNameError, match=r"No metric named 'sda'. Did you mean 'sad'\?"):
        METRICS["sda"]
