import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from p3m.core.errors import RangeError, ShapeError
from p3m.imaging.types import Alpha, Mask
from p3m.privacy.contract import Face
from p3m.privacy.region import face_outline, faces_region, protect_transition


@pytest.fixture
def alpha() -> Alpha:
    """A person on the right: the edge runs between columns 19 and 20."""
    alpha = np.zeros((40, 60), np.float32)
    alpha[:, 20:] = 1
    return alpha


@pytest.fixture
def region() -> Mask:
    """A face that reaches over the person's edge."""
    region = np.zeros((40, 60), np.bool_)
    region[10:30, 15:45] = True
    return region


def test_the_edge_is_spared_to_the_radius_and_the_rest_covered(alpha: Alpha, region: Mask) -> None:
    protected = protect_transition(region, alpha, radius_px=3)
    columns = np.nonzero(protected.any(axis=0))[0]
    np.testing.assert_array_equal(columns, [15, 16, *range(23, 45)])
    assert not (protected & ~region).any()


def test_soft_pixels_are_spared(alpha: Alpha, region: Mask) -> None:
    alpha[0:25, 30] = 0.5
    protected = protect_transition(region, alpha, radius_px=0)
    assert not protected[10:25, 30].any()
    assert protected[25:30, 30].all()


def test_a_flaw_within_the_face_is_covered(alpha: Alpha, region: Mask) -> None:
    alpha[18:22, 33:36] = 0.7
    spot = np.s_[16:24, 31:38]
    assert protect_transition(region, alpha, radius_px=2)[spot].all()


def test_input_is_not_altered(alpha: Alpha, region: Mask) -> None:
    before = region.copy()
    protect_transition(region, alpha, radius_px=5)
    np.testing.assert_array_equal(region, before)


def test_an_empty_region_stays_empty(alpha: Alpha) -> None:
    assert not protect_transition(np.zeros_like(alpha, np.bool_), alpha, radius_px=5).any()


def test_wrong_shapes_are_refused_by_name(alpha: Alpha, region: Mask) -> None:
    with pytest.raises(ShapeError, match=r"region has shape \(40, 60, 1\); it must be \(H W\)"):
        protect_transition(region[:, :, None], alpha, radius_px=1)
    with pytest.raises(ShapeError, match=r"alpha has shape \(20, 60\); it must be \(40 60, as reg"):
        protect_transition(region, alpha[:20], radius_px=1)


def tilted(along: float, across: float, degrees: float) -> Face:
    """A face whose oval has these half axes, with its landmarks, in a box that just holds it."""
    sine, cosine = np.sin(np.radians(degrees)), np.cos(np.radians(degrees))
    half_width = np.hypot(along * sine, across * cosine)
    half_height = np.hypot(along * cosine, across * sine)
    places = [(-0.4, -0.3), (-0.4, 0.3), (0, 0), (0.4, -0.2), (0.4, 0.2)]
    return Face(
        box=(100 - half_width, 100 - half_height, 100 + half_width, 100 + half_height),
        landmarks=tuple(
            (
                100 + u * along * sine + v * across * cosine,
                100 + u * along * cosine - v * across * sine,
            )
            for u, v in places
        ),
    )


@given(st.floats(-25, 25), st.floats(1.1, 1.5))
def test_an_outline_follows_the_face_s_tilt(degrees, shape):
    """The oval's far points, down and across, lie on the outline."""
    face = tilted(40 * shape, 40, degrees)
    corners = face_outline(face, margin=0) - 100
    down = np.array([np.sin(np.radians(degrees)), np.cos(np.radians(degrees))])
    across = np.array([down[1], -down[0]])
    assert (corners @ down).max() == pytest.approx(40 * shape, rel=0.01)
    assert (corners @ across).max() == pytest.approx(40, rel=0.01)


@given(st.floats(-180, 180))
def test_an_outline_holds_the_oval_at_any_tilt(degrees):
    """At a tilt near 45 degrees the box says nothing of the shape; the usual one nearly fits."""
    angle = np.linspace(0, 2 * np.pi, 200)
    face = tilted(52, 40, degrees)
    sine, cosine = np.sin(np.radians(degrees)), np.cos(np.radians(degrees))
    u, v = 50 * np.cos(angle), 38.5 * np.sin(angle)
    columns = (100 + u * sine + v * cosine).astype(int)
    rows = (100 + u * cosine - v * sine).astype(int)
    assert faces_region([face], (200, 200), margin=0)[rows, columns].mean() > 0.97


def test_a_face_without_landmarks_is_upright():
    region = faces_region([Face(box=(10, 20, 50, 80))], (100, 60), margin=0)
    rows, columns = np.nonzero(region)
    assert (columns.min(), rows.min()) == (10, 20)
    assert columns.max() + 1 == pytest.approx(50, abs=1)
    assert rows.max() + 1 == pytest.approx(80, abs=1)
    assert not region[20, 10]


def test_a_margin_only_adds():
    face = tilted(30, 25, 20)
    inner, outer = (faces_region([face], (200, 200), margin=m) for m in (0.0, 0.3))
    assert (outer | inner).sum() == outer.sum() > inner.sum()


def test_a_face_beyond_the_picture_is_cut_off():
    region = faces_region(
        [Face(box=(-500, -500, -400, -400)), Face(box=(60, 60, 140, 140))], (100, 100)
    )
    assert region[99, 99]
    assert not region[:40, :40].any()


def test_no_faces_are_no_region():
    assert not faces_region([], (4, 5)).any()


def test_a_margin_that_is_none_is_refused():
    with pytest.raises(RangeError, match="margin"):
        face_outline(Face(box=(0, 0, 1, 1)), margin=-0.1)
