import torch

from p3m.models.p3mnet.fusion import fuse
from support.gradcheck import assert_gradient


def test_each_class_has_its_alpha() -> None:
    logits = torch.tensor([[3.0, 1, 1], [1, 3, 1], [1, 1, 3]])[None, :, None]
    local = torch.tensor([0.2, 0.4, 0.6])[None, None, None]
    assert torch.equal(fuse(logits, local), torch.tensor([0.0, 0.4, 1.0])[None, None, None])


def test_the_gradient_passes_through_the_transition_alone() -> None:
    logits = torch.randn(2, 3, 4, 4, dtype=torch.float64)
    assert_gradient(lambda local: fuse(logits, local), torch.rand(2, 1, 4, 4))


def test_the_dtype_is_that_of_local_alpha() -> None:
    fused = fuse(torch.randn(1, 3, 2, 2), torch.rand(1, 1, 2, 2, dtype=torch.bfloat16))
    assert fused.dtype == torch.bfloat16
