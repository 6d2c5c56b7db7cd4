import numpy as np
import pytest

from p3m.core.errors import ConfigError
from p3m.evaluation.statistics import summarize


def test_mean_and_median_are_those_of_the_pictures():
    summary = summarize({"sad": [4.0, 1.0, 10.0], "mse": [0.5, 0.5, 0.5]})
    assert (summary["sad"].mean, summary["sad"].median) == (5.0, 4.0)
    assert (summary["mse"].low, summary["mse"].high) == (0.5, 0.5)


def test_the_interval_is_the_bootstraps():
    values = np.random.default_rng(1).normal(5, 2, 400)
    one = summarize({"sad": list(values)})["sad"]
    # For many pictures it is the normal interval of the mean, within the noise of 10,000 draws.
    spread = 1.96 * values.std() / np.sqrt(len(values))
    assert one.low == pytest.approx(one.mean - spread, abs=0.03 * spread)
    assert one.high == pytest.approx(one.mean + spread, abs=0.03 * spread)


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    random = np.random.default_rng(2)
    hits = 0
    for _ in range(200):
        one = summarize({"sad": list(random.exponential(1.0, 60))}, resamples=500)["sad"]
        hits += one.low <= 1 <= one.high
    assert 175 <= hits <= 199


def test_the_seed_decides_the_draws():
    values = {"sad": [1.0, 2.0, 4.0, 8.0, 16.0]}
    assert summarize(values, seed=3) == summarize(values, seed=3)
    assert summarize(values, seed=3, resamples=50) != summarize(values, seed=4, resamples=50)


def test_all_columns_share_the_draws():
    values = [1.0, 2.0, 4.0, 8.0, 16.0]
    both = summarize({"sad": values, "mad": [2 * value for value in values]})
    assert both["mad"].high == pytest.approx(2 * both["sad"].high)


def test_one_picture_has_no_spread():
    one = summarize({"sad": [3.0]})["sad"]
    assert one.low == one.high == one.mean == 3.0


def test_no_picture_is_refused():
    with pytest.raises(ConfigError, match="no picture to summarize"):
        summarize({"sad": []})
