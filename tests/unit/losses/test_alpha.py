import pytest
import torch

from p3m.core.errors import ShapeError
from p3m.losses.alpha import alpha_l1
from support.gradcheck import assert_gradient
from support.references import losses as reference
from support.tolerances import tolerance


def test_hand_computed() -> None:
    pred = torch.tensor([[[[0.1, 0.9], [0.4, 0.0]]]])
    target = torch.tensor([[[[0.3, 0.5], [0.4, 1.0]]]])
    mask = torch.tensor([[[[1.0, 0.5], [0.0, 0.0]]]])
    assert alpha_l1(pred, target).item() == pytest.approx((0.2 + 0.4 + 0.0 + 1.0) / 4, abs=1e-6)
    assert alpha_l1(pred, target, mask).item() == pytest.approx((0.2 + 0.5 * 0.4) / 1.5, abs=1e-6)


def test_perfect_matte_costs_eps() -> None:
    alpha = torch.rand(1, 1, 8, 8)
    assert alpha_l1(alpha, alpha).item() == pytest.approx(1e-6)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_agrees_with_reference(dtype: torch.dtype) -> None:
    pred, target, mask = torch.rand(3, 2, 1, 9, 7, dtype=dtype).unbind()
    expected = reference.alpha_l1(*(x.double().numpy() for x in (pred, target, mask)))
    assert alpha_l1(pred, target, mask).item() == pytest.approx(
        expected, rel=tolerance(dtype)["rtol"]
    )


def test_released_form_counts_eps_outside_of_the_mask() -> None:
    pred, target = torch.tensor([[[[0.5, 0.9, 0.3]]]]).double(), torch.zeros(1, 1, 1, 3).double()
    mask = torch.tensor([[[[1.0, 0.0, 0.0]]]]).double()
    loss = alpha_l1(pred, target, mask, eps=0.1, normalize="released").item()
    assert loss == pytest.approx((0.26**0.5 + 0.1 + 0.1) / 2)


def test_both_forms_are_the_mean_without_a_mask() -> None:
    pred, target = torch.rand(2, 1, 1, 4, 4).unbind()
    assert alpha_l1(pred, target, normalize="released") == alpha_l1(pred, target)


@pytest.mark.parametrize("normalize", ["mask", "released"])
def test_gradient(normalize) -> None:
    pred, target, mask = torch.rand(3, 1, 1, 4, 5).unbind()
    assert_gradient(
        lambda p: alpha_l1(p, target.double(), mask.double(), normalize=normalize), pred
    )


def test_gradient_of_a_perfect_matte_is_zero_and_finite() -> None:
    pred = torch.zeros(1, 1, 2, 2, requires_grad=True)
    alpha_l1(pred, torch.zeros(1, 1, 2, 2)).backward()
    assert pred.grad is not None
    assert torch.equal(pred.grad, torch.zeros(1, 1, 2, 2))


def test_pixels_outside_of_the_mask_do_not_matter() -> None:
    pred, target = torch.rand(2, 1, 1, 4, 4).unbind()
    mask = (torch.arange(16).view(1, 1, 4, 4) < 5).float()
    assert alpha_l1(pred, target, mask) == alpha_l1(pred + (1 - mask), target, mask)


def test_empty_mask_is_zero() -> None:
    pred, target = torch.rand(2, 1, 1, 4, 4).unbind()
    empty = torch.zeros(1, 1, 4, 4)
    assert alpha_l1(pred, target, empty).item() == 0
    assert alpha_l1(pred, target, empty, normalize="released").item() == pytest.approx(16e-6)


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_dtype_and_device_follow_the_prediction(dtype: torch.dtype) -> None:
    alpha = torch.rand(1, 1, 4, 4, dtype=dtype)
    assert alpha_l1(alpha, alpha).dtype == dtype
    assert alpha_l1(alpha.to("meta"), alpha.to("meta")).device.type == "meta"


def test_wrong_shapes_are_refused_by_name() -> None:
    alpha = torch.rand(1, 1, 4, 4)
    with pytest.raises(ShapeError, match=r"pred has shape \(4, 4\); it must be \(B 1 H W\)"):
        alpha_l1(alpha[0, 0], alpha)
    with pytest.raises(ShapeError, match=r"target has shape \(1, 1, 4, 3\)"):
        alpha_l1(alpha, alpha[..., :3])
    with pytest.raises(ShapeError, match=r"mask has shape \(1, 1, 1, 4\)"):
        alpha_l1(alpha, alpha, alpha[:, :, :1])
