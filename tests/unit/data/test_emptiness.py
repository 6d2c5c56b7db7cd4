import numpy as np
import pytest

from p3m.data.emptiness import empty_part
from support.images import portrait


@pytest.mark.parametrize("seed", range(20))
def test_nobody_is_in_the_part(seed) -> None:
    _, alpha = portrait(96, 128, seed=seed)
    part = empty_part(alpha, np.random.default_rng(seed))
    assert part is not None
    assert alpha[part].size
    assert alpha[part].max() <= 0.01
    rows, columns = (piece.stop - piece.start for piece in part)
    assert 1 / 1.9 < rows / columns < 1.9


def test_nothing_is_found_where_somebody_is_everywhere() -> None:
    alpha = np.full((64, 64), 0.5, np.float32)
    assert empty_part(alpha, np.random.default_rng(0)) is None


def test_an_empty_picture_is_taken_nearly_whole() -> None:
    part = empty_part(np.zeros((80, 120), np.float32), np.random.default_rng(0))
    assert part is not None
    rows, columns = (piece.stop - piece.start for piece in part)
    assert rows * columns > 0.6 * 80 * 80


def test_soft_outlines_are_kept_away_from() -> None:
    alpha = np.zeros((60, 60), np.float32)
    alpha[:, 30:] = 1
    for seed in range(20):
        part = empty_part(alpha, np.random.default_rng(seed))
        assert part is not None
        assert part[1].stop <= 30 - 4
