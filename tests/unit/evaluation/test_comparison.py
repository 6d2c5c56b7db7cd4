from dataclasses import replace

import numpy as np
import pytest

from p3m.core.errors import ConfigError
from p3m.evaluation.comparison import compare


def test_differences_are_taken_picture_by_picture(evaluation):
    hard = np.random.default_rng(0).uniform(1, 50, 40)
    baseline = evaluation({"sad": list(hard), "mad": list(hard)})
    better = evaluation({"sad": list(hard - 0.1), "mad": list(hard + np.sin(np.arange(40)))})
    found = compare(better, baseline)
    # The means' own intervals are a hundred times as wide as this difference.
    assert found.differences["sad"].mean == pytest.approx(-0.1)
    assert found.differences["sad"].verdict == "better"
    assert found.differences["mad"].verdict == "unclear"
    assert compare(baseline, better).differences["sad"].verdict == "worse"
    assert (len(found.names), found.left_out) == (40, 0)


def test_only_pictures_of_both_are_compared(evaluation):
    ours = evaluation({"sad": [1.0, 2.0, 3.0]}, names=["a", "b", "c"])
    theirs = evaluation({"sad": [9.0, 2.0, 1.0, 5.0], "mse": [1.0] * 4}, names=["z", "b", "a", "y"])
    found = compare(ours, theirs)
    assert found.names == ("a", "b")
    assert found.left_out == 3
    assert found.differences.keys() == {"sad"}
    assert found.differences["sad"].mean == 0


@pytest.mark.parametrize(("pictures", "verdict"), [(1, "unclear"), (5, "unclear"), (6, "better")])
def test_few_pictures_decide_nothing(evaluation, pictures, verdict):
    ours, theirs = ([base + 0.1 * n for n in range(pictures)] for base in (1.0, 2.0))
    found = compare(evaluation({"sad": ours}), evaluation({"sad": theirs}))
    assert found.differences["sad"].mean == pytest.approx(-1)
    assert found.differences["sad"].verdict == verdict


def test_pictures_of_other_sizes_are_others(evaluation):
    ours, theirs = evaluation({"sad": [1.0, 2.0]}), evaluation({"sad": [9.0, 5.0]})
    first, second = theirs.rows
    grown = replace(theirs, rows=(replace(first, size=(8, 10)), second))
    found = compare(ours, grown)
    assert (found.names, found.left_out) == (("p1",), 1)
    assert found.differences["sad"].mean == -3
    with pytest.raises(ConfigError, match="have other sizes"):
        compare(ours, replace(grown, rows=grown.rows[:1]))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"protocol": "alphamatting"}, "by the protocol alphamatting, this by p3m"),
        ({"values": "truncated"}, "values were taken truncated, these exact"),
        ({"names": ["x", "y"]}, "no name is the same"),
    ],
)
def test_what_cannot_be_compared_is_refused(evaluation, change, reason):
    scores = {"sad": [1.0, 2.0]}
    with pytest.raises(ConfigError, match=reason):
        compare(evaluation(scores), evaluation(scores, **change))
