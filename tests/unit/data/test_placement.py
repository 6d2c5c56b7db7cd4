import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from p3m.data.placement import Placement, random_placement

seeds = st.integers(0, 2**32 - 1)


def test_the_whole_source_at_its_own_size_is_the_source(rng) -> None:
    source = rng.integers(0, 256, (16, 16, 3), dtype=np.uint8)
    assert np.array_equal(Placement(0, 0, 16, 16, flip=False, side_px=16).apply(source), source)
    mirrored = Placement(0, 0, 16, 16, flip=True, side_px=16).apply(source)
    assert np.array_equal(mirrored, source[:, ::-1])


def test_picture_and_alpha_stay_aligned(rng) -> None:
    alpha = np.zeros((60, 40), np.float32)
    alpha[10:60, 5:30] = 1
    ramp = np.tile(np.arange(0, 240, 6, dtype=np.uint8), (60, 1))
    for _ in range(20):
        placement = random_placement(alpha, 64, rng)
        moved = placement.apply(ramp, repeat_border=True).astype(int)
        x = (np.arange(64) + 0.5) * placement.width / 64 + placement.left - 0.5
        expected = np.clip(x, 0, 39) * 6
        expected = expected[::-1] if placement.flip else expected
        assert np.abs(moved[32] - expected).max() <= 2


@given(seeds)
def test_a_body_that_is_cut_is_never_shown_cut(seed) -> None:
    alpha = np.zeros((50, 40), np.float32)
    alpha[20:, 10:30] = 1
    placement = random_placement(alpha, 32, np.random.default_rng(seed))
    assert placement.top + placement.height <= 50 + 1e-9


@given(seeds)
def test_a_natural_photo_is_never_left(seed) -> None:
    alpha = np.zeros((50, 40), np.float32)
    alpha[20:40, 10:30] = 1
    place = random_placement(alpha, 32, np.random.default_rng(seed), inside=True)
    assert place.left >= -1e-9
    assert place.top >= -1e-9
    assert place.left + place.width <= 40 + 1e-9
    assert place.top + place.height <= 50 + 1e-9
