import numpy as np
import pytest
import torch

from p3m.core.errors import ShapeError
from p3m.losses.laplacian import laplacian_loss
from support.gradcheck import assert_gradient
from support.references import losses as reference
from support.tolerances import tolerance


def test_hand_computed() -> None:
    # A constant difference has no detail at any level: the residual is all that is left.
    target = torch.zeros(1, 1, 64, 32)
    assert laplacian_loss(target + 0.25, target).item() == pytest.approx(0.25)
    # One pixel of 1 in a line of one: its detail is 1 less the kernel's middle, its residual 1.
    assert laplacian_loss(torch.ones(1, 1, 1, 1), torch.zeros(1, 1, 1, 1)).item() == pytest.approx(
        1
    )


def test_zero_at_perfection() -> None:
    alpha = torch.rand(2, 1, 40, 24)
    assert laplacian_loss(alpha, alpha).item() == 0


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize(("height", "width"), [(32, 64), (13, 7), (1, 3)])
def test_agrees_with_reference(dtype: torch.dtype, height: int, width: int) -> None:
    pred, target = torch.rand(2, 2, 1, height, width, dtype=dtype).unbind()
    expected = reference.laplacian(pred.double().numpy(), target.double().numpy())
    assert laplacian_loss(pred, target).item() == pytest.approx(
        expected, rel=tolerance(dtype)["rtol"]
    )


def test_masked_forms_agree_with_reference() -> None:
    pred, target, mask = torch.rand(3, 2, 1, 32, 32, dtype=torch.float64).unbind()
    p, t, m = (x.numpy() for x in (pred, target, mask))
    released = reference.laplacian(p * m, t * m)
    assert laplacian_loss(pred, target, mask, normalize="area").item() == pytest.approx(released)
    by_mask = released / float(np.mean(m))
    assert laplacian_loss(pred, target, mask).item() == pytest.approx(by_mask)


def test_the_released_kernel_agrees_with_reference() -> None:
    pred, target = torch.rand(2, 2, 1, 32, 64, dtype=torch.float64).unbind()
    expected = reference.laplacian(pred.numpy(), target.numpy(), blur=reference.plus_blur)
    assert laplacian_loss(pred, target, kernel="plus").item() == pytest.approx(expected)


def test_a_small_band_is_not_a_small_loss() -> None:
    # The same error within a band counts alike, however much of the picture lies outside.
    pred, band = torch.zeros(1, 1, 64, 64), torch.zeros(1, 1, 64, 64)
    band[:, :, :, 24:40] = 1
    pred += 0.5 * band
    wide = torch.nn.functional.pad(pred, (64, 64)), torch.nn.functional.pad(band, (64, 64))
    small = laplacian_loss(pred, torch.zeros_like(pred), band)
    assert laplacian_loss(wide[0], torch.zeros_like(wide[0]), wide[1]).item() == pytest.approx(
        small.item(), rel=0.1
    )


def test_levels_are_summed_from_fine_to_coarse() -> None:
    pred, target = torch.rand(2, 1, 1, 32, 32).unbind()
    assert laplacian_loss(pred, target, levels=0).item() == pytest.approx(
        (pred - target).abs().mean().item()
    )


@pytest.mark.parametrize(("normalize", "kernel"), [("mask", "gaussian"), ("area", "plus")])
def test_gradient(normalize, kernel) -> None:
    pred, target, mask = torch.rand(3, 1, 1, 6, 5).double().unbind()
    options = {"levels": 2, "normalize": normalize, "kernel": kernel}
    assert_gradient(lambda p: laplacian_loss(p, target, mask, **options), pred)


@pytest.mark.parametrize("normalize", ["mask", "area"])
def test_empty_mask_is_zero(normalize: str) -> None:
    pred, target = torch.rand(2, 1, 1, 8, 8).unbind()
    empty = torch.zeros(1, 1, 8, 8)
    assert laplacian_loss(pred, target, empty, normalize=normalize).item() == 0  # type: ignore[arg-type]


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_dtype_and_device_follow_the_prediction(dtype: torch.dtype) -> None:
    alpha = torch.rand(1, 1, 8, 8, dtype=dtype)
    assert laplacian_loss(alpha, alpha, alpha).dtype == dtype
    assert laplacian_loss(alpha.to("meta"), alpha.to("meta")).device.type == "meta"


def test_wrong_shapes_are_refused_by_name() -> None:
    alpha = torch.rand(1, 1, 4, 4)
    with pytest.raises(ShapeError, match=r"pred has shape \(1, 3, 4, 4\); it must be \(B 1 H W\)"):
        laplacian_loss(alpha.expand(1, 3, 4, 4), alpha)
    with pytest.raises(ShapeError, match=r"target has shape \(1, 1, 4, 3\)"):
        laplacian_loss(alpha, alpha[..., :3])
    with pytest.raises(ShapeError, match=r"mask has shape \(1, 1, 1, 4\)"):
        laplacian_loss(alpha, alpha, alpha[:, :, :1])
