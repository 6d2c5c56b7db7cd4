import numpy as np
import pytest
from torch import nn

from p3m.pipelines.scorer import Scorer
from support.images import portrait


class _Pictures:
    """Drawn people; the first one's alpha is wrong by a constant."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, number):
        return portrait(40, 30, seed=number)


def test_each_score_is_the_mean_over_its_columns_pictures() -> None:
    halves = Scorer(
        {"few": _Pictures(1), "many": _Pictures(3)}, lambda _, image: image[..., 0] * 0.0
    )
    scores, _ = halves(nn.Identity())
    truths = [portrait(40, 30, seed=number)[1].astype(float) for number in range(3)]
    assert tuple(scores) == halves.names
    assert scores["few/sad"] == pytest.approx(truths[0].sum() / 1000)
    assert scores["many/mad"] == pytest.approx(np.mean([truth.mean() for truth in truths]))
    assert scores["many/mse"] == pytest.approx(np.mean([(truth**2).mean() for truth in truths]))


def test_a_network_is_scored_in_eval_mode_and_shown_with_a_few_pictures() -> None:
    seen = []

    def predict(model, image):
        seen.append(model.training)
        return np.ones(image.shape[:2], np.float32)

    _, panel = Scorer({"people": _Pictures(6)}, predict)(nn.Dropout().train())
    assert seen == [False] * 6
    assert panel.shape == (4 * 192, 4 * 192, 3)
