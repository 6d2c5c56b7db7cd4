import cv2
import numpy as np
import pytest

from p3m.data.things import draw_thing

SIDE = 128


def _thing(seed: int, centre=(64.0, 64.0), reach_px=40.0):
    rng = np.random.default_rng(seed)
    pattern = rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)
    return draw_thing(SIDE, centre, reach_px, pattern, rng)


@pytest.mark.parametrize("seed", range(30))
def test_a_thing_lies_within_its_reach(seed) -> None:
    colours, alpha = _thing(seed)
    assert colours.shape == (SIDE, SIDE, 3)
    assert alpha.shape == (SIDE, SIDE)
    assert colours.dtype == alpha.dtype == np.uint8
    assert (alpha == 255).sum() > 20
    _, alpha = _thing(seed, reach_px=4.0)
    rows, columns = np.nonzero(alpha)
    assert np.hypot(rows - 64, columns - 64).max() < 4.0 * 4 + 2


@pytest.mark.parametrize("seed", range(8))
def test_nothing_is_drawn_far_outside(seed) -> None:
    _, alpha = _thing(seed, centre=(900.0, -500.0))
    assert not alpha.any()


def test_a_generator_decides() -> None:
    for one, again in zip(_thing(5), _thing(5), strict=True):
        assert np.array_equal(one, again)
    assert not np.array_equal(_thing(5)[1], _thing(6)[1])


@pytest.mark.parametrize("seed", range(12))
def test_colours_are_straight(seed) -> None:
    """Along the outline they are as light as beside it, however little of a pixel is covered."""
    colours, alpha = _thing(seed)
    light = colours.max(axis=2)
    beside = cv2.dilate(np.where(alpha == 255, light, np.uint8(0)), np.ones((5, 5)))
    faint = (alpha > 0) & (alpha < 60) & (beside > 30)
    assert np.median(light[faint] / beside[faint]) > 0.4


def test_light_falls_on_things(monkeypatch) -> None:
    """A body of one colour is not of one lightness."""
    monkeypatch.setattr(
        "p3m.data.things._texture", lambda size, *_: np.full((*size, 3), 150, np.float32)
    )
    spreads = [np.ptp(colours[alpha == 255]) for colours, alpha in map(_thing, range(20))]
    assert np.median(spreads) > 30


def test_a_body_may_fill_the_picture() -> None:
    for seed in range(12):
        colours, alpha = _thing(seed, reach_px=3000.0)
        assert colours.shape == (SIDE, SIDE, 3)
        assert alpha.max() in {0, 255}
