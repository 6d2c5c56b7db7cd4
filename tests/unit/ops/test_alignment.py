import numpy as np
import pytest
import torch

from p3m.core.errors import ShapeError
from p3m.ops.alignment import map_between, mask_ellipse, sample


def _ellipse(centre=(40, 50), radii=(10, 20), degrees=0.0, side=100) -> torch.Tensor:
    """A filled ellipse: column and row of its centre, radii across and along, and its tilt."""
    y, x = np.mgrid[:side, :side]
    angle = np.deg2rad(degrees)
    dx, dy = x - centre[0], y - centre[1]
    across = dx * np.cos(angle) - dy * np.sin(angle)
    along = dx * np.sin(angle) + dy * np.cos(angle)
    inside = np.hypot(across / radii[0], along / radii[1]) < 1
    return torch.from_numpy(inside.astype(np.float32))[None, None]


def _tilt(axes: torch.Tensor) -> float:
    across, along = axes[0, :, 1].tolist()
    return float(np.rad2deg(np.arctan2(across, along)))


@pytest.mark.parametrize("degrees", [-40, -10, 0, 15, 40])
def test_moments_of_a_filled_ellipse(degrees) -> None:
    found = mask_ellipse(_ellipse(degrees=degrees))
    assert found.centre[0].tolist() == pytest.approx([40, 50], abs=0.1)
    assert _tilt(found.axes) == pytest.approx(degrees, abs=0.7)
    # The deviation of a filled ellipse along an axis is half its radius; pixels round it.
    assert found.spread[0].tolist() == pytest.approx([5, 10], rel=0.03)


@pytest.mark.parametrize(("degrees", "expected"), [(60, -30), (90, 0), (-70, 20)])
def test_what_lies_on_its_side_is_taken_as_wide(degrees, expected) -> None:
    found = mask_ellipse(_ellipse(degrees=degrees))
    assert _tilt(found.axes) == pytest.approx(expected, abs=0.7)
    assert found.spread[0, 0] > found.spread[0, 1]


def test_a_round_mask_stands_upright() -> None:
    assert _tilt(mask_ellipse(_ellipse(radii=(15, 15))).axes) == 0


def test_axes_are_at_right_angles_and_of_length_one() -> None:
    axes = mask_ellipse(torch.cat([_ellipse(degrees=33), _ellipse(degrees=-80)])).axes
    torch.testing.assert_close(axes.transpose(1, 2) @ axes, torch.eye(2).expand(2, 2, 2))


def test_an_empty_mask_gives_numbers() -> None:
    found = mask_ellipse(torch.zeros(1, 1, 8, 8))
    assert all(torch.isfinite(part).all() for part in found)


def test_equal_masks_give_the_identity() -> None:
    mask = _ellipse(degrees=20)
    at = map_between(mask_ellipse(mask), mask_ellipse(mask))
    torch.testing.assert_close(at.matrix[0], torch.eye(2), atol=1e-5, rtol=0)
    torch.testing.assert_close(at.offset[0], torch.zeros(2), atol=1e-3, rtol=0)
    picture = torch.rand(1, 3, 100, 100)
    torch.testing.assert_close(sample(picture, at, (100, 100)), picture, atol=1e-3, rtol=0)


def test_the_source_lands_on_the_target() -> None:
    source = _ellipse((30, 60), (8, 14), -25)
    target = _ellipse((55, 40), (12, 24), 30)
    at = map_between(mask_ellipse(target), mask_ellipse(source))
    landed = sample(source, at, (100, 100))
    both = torch.minimum(landed, target).sum() / torch.maximum(landed, target).sum()
    assert both > 0.9


def test_a_turn_by_half_keeps_the_place_and_swaps_the_ends() -> None:
    mask = _ellipse()
    picture = torch.arange(100.0).view(1, 1, 100, 1).expand(1, 1, 100, 100)
    at = map_between(mask_ellipse(mask), mask_ellipse(mask), -torch.eye(2)[None])
    turned = sample(picture, at, (100, 100))
    assert turned[0, 0, 50, 40].item() == pytest.approx(50, abs=0.1)
    assert turned[0, 0, 60, 40].item() == pytest.approx(40, abs=0.1)


def test_beyond_the_border_is_nothing_and_the_dtype_is_kept() -> None:
    mask = _ellipse((50, 50), (10, 10))
    far = map_between(mask_ellipse(_ellipse((5, 5), (4, 4))), mask_ellipse(mask))
    seen = sample(torch.ones(1, 2, 100, 100, dtype=torch.bfloat16), far, (80, 100))
    assert seen.shape == (1, 2, 80, 100)
    assert seen.dtype == torch.bfloat16
    assert seen[..., -1, -1].abs().max() == 0


def test_gradients_flow_into_what_is_sampled() -> None:
    ellipse = mask_ellipse(_ellipse((3, 3), (2, 3), 10, side=8))
    maps = torch.rand(1, 2, 8, 8, requires_grad=True)
    sample(maps, map_between(ellipse, ellipse), (8, 8)).sum().backward()
    assert maps.grad is not None
    assert maps.grad.abs().sum() > 0


def test_other_shapes_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"mask has shape \(1, 3, 4, 4\)"):
        mask_ellipse(torch.ones(1, 3, 4, 4))
