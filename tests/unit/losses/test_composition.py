import pytest
import torch
from torch import Tensor

from p3m.core.errors import ShapeError
from p3m.losses.composition import composition_loss
from p3m.ops.normalize import normalize
from support.gradcheck import assert_gradient
from support.references import losses as reference
from support.tolerances import tolerance


def _colours(dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor, Tensor]:
    foreground, background, image = torch.rand(3, 2, 3, 5, 4, dtype=dtype).unbind()
    return foreground, background, image


def test_hand_computed() -> None:
    foreground = torch.tensor([1.0, 0.5, 0.0]).view(1, 3, 1, 1)
    background = torch.tensor([0.0, 0.5, 1.0]).view(1, 3, 1, 1)
    alpha = torch.full((1, 1, 1, 1), 0.25)
    # The composition is (0.25, 0.5, 0.75); the picture is black.
    loss = composition_loss(alpha, foreground, background, torch.zeros(1, 3, 1, 1))
    assert loss.item() == pytest.approx(1.5)


def test_true_alpha_costs_three_eps() -> None:
    foreground, background, _ = _colours(torch.float64)
    alpha = torch.rand(2, 1, 5, 4, dtype=torch.float64)
    image = alpha * foreground + (1 - alpha) * background
    assert composition_loss(alpha, foreground, background, image).item() == pytest.approx(3e-6)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_agrees_with_reference(dtype: torch.dtype) -> None:
    alpha, mask = torch.rand(2, 2, 1, 5, 4, dtype=dtype).unbind()
    colours = _colours(dtype)
    expected = reference.composition(*(x.double().numpy() for x in (alpha, *colours, mask)))
    assert composition_loss(alpha, *colours, mask).item() == pytest.approx(
        expected, rel=tolerance(dtype)["rtol"]
    )


def test_normalised_colours_agree_with_reference() -> None:
    alpha, mask = torch.rand(2, 2, 1, 5, 4, dtype=torch.float64).unbind()
    colours = _colours(torch.float64)
    normalised = [normalize(colour).numpy() for colour in colours]
    expected = reference.composition(alpha.numpy(), *normalised, mask.numpy())
    loss = composition_loss(alpha, *colours, mask, colours="imagenet")
    assert loss.item() == pytest.approx(expected)


@pytest.mark.parametrize("colours", ["rgb", "imagenet"])
def test_gradient(colours) -> None:
    pictures = [colour.double() for colour in _colours()]
    assert_gradient(
        lambda a: composition_loss(a, *pictures, colours=colours), torch.rand(2, 1, 5, 4)
    )


def test_empty_mask_is_zero() -> None:
    alpha = torch.rand(2, 1, 5, 4)
    assert composition_loss(alpha, *_colours(), torch.zeros_like(alpha)).item() == 0


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_dtype_and_device_follow_alpha(dtype: torch.dtype) -> None:
    inputs = torch.rand(2, 1, 5, 4, dtype=dtype), *_colours(dtype)
    assert composition_loss(*inputs).dtype == dtype
    assert composition_loss(*(x.to("meta") for x in inputs)).device.type == "meta"


def test_wrong_shapes_are_refused_by_name() -> None:
    foreground, background, image = _colours()
    alpha = torch.rand(2, 1, 5, 4)
    with pytest.raises(ShapeError, match=r"alpha has shape \(2, 3, 5, 4\); it must be \(B 1 H W\)"):
        composition_loss(image, foreground, background, image)
    with pytest.raises(ShapeError, match=r"background has shape \(2, 3, 5, 3\)"):
        composition_loss(alpha, foreground, background[..., :3], image)
    with pytest.raises(ShapeError, match=r"image has shape \(2, 3, 5, 4\); it must be \(2 3 5 3\)"):
        composition_loss(alpha[..., :3], foreground, background, image)
    with pytest.raises(ShapeError, match=r"mask has shape \(2, 3, 5, 4\)"):
        composition_loss(alpha, foreground, background, image, image)
