import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from p3m.data.bend import random_bend

SIDE = 96
seeds = st.integers(0, 2**32 - 1)


@given(seeds)
def test_nothing_is_folded_and_the_border_stays(seed) -> None:
    """Each triangle between neighbouring pixels keeps its orientation, so the map is one to one."""
    bend = random_bend(SIDE, np.random.default_rng(seed))
    assert bend.shape == (SIDE, SIDE, 2)
    for edge in (bend[0], bend[-1], bend[:, 0], bend[:, -1]):
        assert not edge.any()
    found = bend + np.dstack(np.meshgrid(np.arange(SIDE), np.arange(SIDE)))
    for corner in (found[:-1, :-1], found[1:, 1:]):
        right, down = found[:-1, 1:] - corner, found[1:, :-1] - corner
        turn = right[..., 0] * down[..., 1] - right[..., 1] * down[..., 0]
        assert (np.abs(turn) > 0.01).all()
        assert len(np.unique(np.sign(turn))) == 1


@given(seeds)
def test_bodies_change_visibly(seed) -> None:
    bend = random_bend(SIDE, np.random.default_rng(seed))
    assert np.abs(bend).max() > 0.015 * SIDE
