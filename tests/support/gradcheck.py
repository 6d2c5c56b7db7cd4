"""Gradients checked against finite differences."""

from collections.abc import Callable

import torch
from torch import Tensor


def assert_gradient(function: Callable[..., Tensor], *inputs: Tensor) -> None:
    """Checks a function's gradient in float64 with respect to every input.

    Args:
        function: From tensors to a tensor.
        *inputs: Where to check; far enough from corners such as that of ``abs``.
    """
    exact = [value.detach().double().requires_grad_() for value in inputs]
    assert torch.autograd.gradcheck(function, exact)
