"""Side heads for weights that lack them, fitted to features that stay as they are."""

from collections.abc import Iterable, Sequence
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_ITERATIONS = 20
_RIDGE = 1e-4
"""Keeps weights finite where few samples leave classes that can be told without an error."""


def fit_side_heads(heads: Sequence[nn.Conv2d], classes: Iterable[Tensor]) -> None:
    """Gives heads weights of nearly the least cross-entropy on the features that they read.

    A head of 1x1 is a multinomial logistic regression, whose loss is convex; L-BFGS starts at 0.
    Untrained heads would pull at features that are good already, long and hard where they start at
    random, long where they start at 0.

    Args:
        heads: From features to logits of classes, 1x1 each; those that are not reached stay.
        classes: The true ones of pictures that the network has just seen, shape (B, 1, H, W), H and
            W not below the features'; the network must run once for each that is taken.
    """
    features: list[list[Tensor]] = [[] for _ in heads]
    handles = [
        head.register_forward_pre_hook(lambda _, inputs, kept=kept: kept.append(inputs[0].detach()))
        for head, kept in zip(heads, features, strict=True)
    ]
    try:
        with torch.no_grad():
            truth = [seen.float() for seen in classes]
    finally:
        for handle in handles:
            handle.remove()
    for head, kept in zip(heads, features, strict=True):
        if kept:
            size = kept[0].shape[-2:]
            there = torch.cat([F.interpolate(seen, size, mode="nearest-exact") for seen in truth])
            _fit(head, torch.cat(kept).float(), there.squeeze(1).long())


def _fit(head: nn.Conv2d, features: Tensor, classes: Tensor) -> None:
    weight, bias = (nn.Parameter(torch.zeros_like(value)) for value in head.parameters())
    search = torch.optim.LBFGS(
        [weight, bias],
        max_iter=_ITERATIONS,
        max_eval=2 * _ITERATIONS,
        line_search_fn="strong_wolfe",
    )

    def loss() -> Tensor:
        search.zero_grad()
        error = F.cross_entropy(F.conv2d(features, weight, bias), classes)
        value = error + _RIDGE * weight.square().sum()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    search.step(loss)  # type: ignore[no-untyped-call]
    with torch.no_grad():
        head.weight.copy_(weight)
        cast("Tensor", head.bias).copy_(bias)
