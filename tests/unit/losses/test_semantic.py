import math

import pytest
import torch

from p3m.core.errors import ShapeError
from p3m.losses.semantic import trimap_cross_entropy
from support.gradcheck import assert_gradient
from support.references import losses as reference
from support.tolerances import tolerance


def test_hand_computed() -> None:
    # Odds of 1 : 2 : 1 for the true class in the middle: its probability is one half.
    logits = torch.tensor([0.0, math.log(2), 0.0]).view(1, 3, 1, 1)
    trimap = torch.ones(1, 1, 1, 1, dtype=torch.int64)
    assert trimap_cross_entropy(logits, trimap).item() == pytest.approx(math.log(2))


def test_zero_for_a_sure_and_right_segmentation() -> None:
    trimap = torch.tensor([0, 1, 2, 1]).view(1, 1, 2, 2)
    logits = 1e3 * torch.nn.functional.one_hot(trimap[:, 0], 3).permute(0, 3, 1, 2).float()
    assert trimap_cross_entropy(logits, trimap).item() == 0


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_agrees_with_reference(dtype: torch.dtype) -> None:
    logits, trimap = torch.randn(2, 3, 5, 4, dtype=dtype), torch.randint(3, (2, 1, 5, 4))
    expected = reference.cross_entropy(logits.double().numpy(), trimap.numpy())
    assert trimap_cross_entropy(logits, trimap).item() == pytest.approx(
        expected, rel=tolerance(dtype)["rtol"]
    )


def test_gradient() -> None:
    trimap = torch.randint(3, (1, 1, 3, 2))
    assert_gradient(lambda z: trimap_cross_entropy(z, trimap), torch.randn(1, 3, 3, 2))


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_dtype_and_device_follow_the_logits(dtype: torch.dtype) -> None:
    logits, trimap = torch.randn(1, 3, 2, 2, dtype=dtype), torch.zeros(1, 1, 2, 2).long()
    assert trimap_cross_entropy(logits, trimap).dtype == dtype
    assert trimap_cross_entropy(logits.to("meta"), trimap.to("meta")).device.type == "meta"


def test_wrong_shapes_are_refused_by_name() -> None:
    logits, trimap = torch.randn(2, 3, 4, 4), torch.zeros(2, 1, 4, 4).long()
    with pytest.raises(
        ShapeError, match=r"logits has shape \(2, 2, 4, 4\); it must be \(B 3 H W\)"
    ):
        trimap_cross_entropy(logits[:, :2], trimap)
    message = r"trimap has shape \(2, 4, 4\); it must be \(2 1 4 4\)"
    with pytest.raises(ShapeError, match=message):
        trimap_cross_entropy(logits, trimap[:, 0])
