import numpy as np
import pytest

from p3m.core.errors import ShapeError
from p3m.imaging.types import Alpha, Mask
from p3m.privacy.region import protect_transition


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
