"""Tests of p3m.data.paint: shapes cover what geometry says, and alpha is kept."""

import numpy as np
import pytest

from p3m.data.paint import Canvas, ellipse, smooth, turned

SQUARE = np.array([(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)])


@pytest.fixture
def canvas():
    return Canvas((40, 60), (30, 20), 10.0)


def test_a_shape_covers_its_area(canvas):
    canvas.lay(canvas.shape(SQUARE), (200, 100, 50))
    colours, alpha = canvas.finish()
    assert 400 <= alpha.sum() < 20.8**2  # OpenCV's polygons are a little wider, see the source
    centre = np.argwhere(alpha > 0.5).mean(axis=0)
    assert np.allclose(centre, (19.5, 29.5), atol=0.5)
    assert alpha[20, 30] == 1
    assert alpha[0, 0] == 0
    assert colours[20, 30].tolist() == [200, 100, 50]
    assert (alpha.min(), alpha.max()) == (0, 1)


def test_colours_are_straight_at_soft_edges(canvas):
    canvas.lay(canvas.shape(SQUARE, blur=0.3), (200, 100, 50))
    colours, alpha = canvas.finish()
    soft = (alpha > 0.1) & (alpha < 0.9)
    assert soft.any()
    assert np.abs(colours[soft].astype(int) - (200, 100, 50)).max() <= 1


def test_what_lies_over_hides_and_half_hides(canvas):
    canvas.lay(canvas.shape(SQUARE), (0, 0, 0))
    canvas.lay(canvas.shape(SQUARE), (200, 100, 50), opacity=0.5)
    colours, alpha = canvas.finish()
    assert colours[20, 30].tolist() == [100, 50, 25]
    assert alpha[20, 30] == 1


def test_a_cover_within_another_is_their_product(canvas):
    left = canvas.shape(SQUARE - np.array([1, 0]))
    both = canvas.shape(SQUARE).within(left)
    canvas.lay(both, (9, 9, 9))
    _, alpha = canvas.finish()
    assert alpha.sum() == pytest.approx(210, rel=0.05)
    apart = canvas.shape(SQUARE * 0.2).within(canvas.shape(SQUARE * 0.2 + np.array([2.5, 0])))
    assert not apart.share.any()


def test_shapes_beyond_the_canvas_are_cut(canvas):
    assert canvas.shape(SQUARE + np.array([100, 0])).share.size == 0
    canvas.lay(canvas.shape(SQUARE * 50), (1, 2, 3))
    assert canvas.finish()[1].min() == 1


def test_a_wide_blur_keeps_the_area(canvas):
    sharp, soft = canvas.shape(SQUARE * 0.5), canvas.shape(SQUARE * 0.5, blur=0.5)
    assert soft.share.sum() == pytest.approx(sharp.share.sum(), rel=0.2)
    assert soft.share.max() < 0.9


def test_shading_changes_colours_alone(canvas):
    canvas.lay(canvas.shape(SQUARE), (200, 100, 50))
    canvas.shade(canvas.shape(SQUARE), 0.5)
    x, _ = canvas.grid()
    canvas.shade(canvas.shape(SQUARE), np.where(x > 0, 0.5, 1).astype(np.float32))
    colours, alpha = canvas.finish()
    assert colours[20, 25].tolist() == [100, 50, 25]
    assert colours[20, 35].tolist() == [50, 25, 12]
    assert alpha[20, 35] == 1


def test_curves_go_through_their_corners_and_turning_keeps_lengths(canvas):
    corners = [(0.0, 0.0), (2.0, 1.0), (3.0, -1.0)]
    curve = smooth(corners, closed=False)
    for corner in corners:
        assert np.hypot(*(curve - corner).T).min() < 1e-9
    assert np.allclose(smooth(corners)[0], smooth(corners)[-1])
    ring = ellipse((0, 0), (1, 1))
    assert np.allclose(
        np.hypot(*(turned(ring, 30, (2, 0)) - (2, 0)).T), np.hypot(*(ring - (2, 0)).T)
    )
    assert np.allclose(turned(np.array([(1.0, 0.0)]), 90, (0, 0)), [(0, 1)])
    assert np.allclose(canvas.pixels(SQUARE[:1]), [(20, 10)])
