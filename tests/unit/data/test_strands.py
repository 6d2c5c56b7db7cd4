import numpy as np

from p3m.data.strands import StrandStyle, add_strands

STYLE = StrandStyle(count=30, length_px=20, width_px=1.0, curl=0.3)


def _head() -> tuple[np.ndarray, np.ndarray]:
    y, x = np.mgrid[:96, :96]
    alpha = (np.hypot(x - 48, y - 60) < 25).astype(np.float32)
    return np.full((96, 96, 3), (120, 80, 40), np.uint8), alpha


def test_strands_only_add_and_stay_in_range(rng) -> None:
    foreground, alpha = _head()
    _, grown = add_strands(foreground, alpha, np.ones((96, 96), bool), STYLE, rng)
    assert (grown >= alpha - 1e-6).all()
    assert grown.max() <= 1
    assert grown.sum() > alpha.sum() + 50


def test_their_colour_is_that_of_their_roots_and_the_inside_stays(rng) -> None:
    foreground, alpha = _head()
    colours, grown = add_strands(foreground, alpha, np.ones((96, 96), bool), STYLE, rng)
    hue = colours[(grown > 0.5) & (alpha == 0)].astype(float)
    assert np.allclose(hue[:, 0] / hue[:, 1], 1.5, atol=0.15)
    assert np.array_equal(colours[60, 48], foreground[60, 48])


def test_they_begin_within_the_region_only(rng) -> None:
    foreground, alpha = _head()
    region = np.zeros((96, 96), bool)
    region[:50] = True
    _, grown = add_strands(foreground, alpha, region, STYLE, rng)
    assert np.array_equal(grown[88:], alpha[88:])


def test_nobody_there_means_no_strands(rng) -> None:
    foreground, alpha = _head()
    same = add_strands(foreground, alpha * 0, np.ones((96, 96), bool), STYLE, rng)
    assert same[0] is foreground
    assert not same[1].any()
