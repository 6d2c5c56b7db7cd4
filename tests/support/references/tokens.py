"""What the restated transformer encoders share, as functions of a state dict."""

from collections.abc import Mapping
from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor

State = Mapping[str, Tensor]


class Encoded(NamedTuple):
    """A restated encoder's results.

    Attributes:
        e0: The feature at stride 1.
        features: Those at strides 2, 4, 8, 16 and 32.
        indices: Of the five pools.
    """

    e0: Tensor
    features: list[Tensor]
    indices: list[Tensor]


def under(state: State, prefix: str) -> dict[str, Tensor]:
    """The tensors whose names begin with a prefix, without it."""
    return {n.removeprefix(prefix): t for n, t in state.items() if n.startswith(prefix)}


def stem(state: State, image: Tensor) -> tuple[Tensor, Encoded]:
    """The tokens (B, H / 4, W / 4, C), and the features at strides 1 and 2."""
    e0 = F.conv2d(image, state["proj1.weight"], state["proj1.bias"], padding=1).relu()
    pooled, index0 = F.max_pool2d(e0, 2, 2, return_indices=True)
    half = F.conv2d(pooled, state["proj2.weight"], state["proj2.bias"], padding=1).relu()
    pooled, index1 = F.max_pool2d(half, 2, 2, return_indices=True)
    tokens = F.conv2d(pooled, state["proj3.weight"], state["proj3.bias"], padding=1)
    tokens = norm(under(state, "norm."), tokens.permute(0, 2, 3, 1))
    return tokens, Encoded(e0, [half], [index0, index1])


def merge(state: State, tokens: Tensor, encoded: Encoded) -> Tensor:
    """The halved map of tokens; the feature that was pooled and the indices join the encoded."""
    feature = norm(under(state, "norm."), tokens).permute(0, 3, 1, 2)
    pooled, index = F.max_pool2d(feature, 2, 2, return_indices=True)
    encoded.features.append(feature)
    encoded.indices.append(index)
    return F.linear(pooled.permute(0, 2, 3, 1), state["linear.weight"])


def norm(state: State, tokens: Tensor, eps: float = 1e-5) -> Tensor:
    """Each token, less its mean, over its deviation."""
    centred = tokens - tokens.mean(-1, keepdim=True)
    variance = centred.square().mean(-1, keepdim=True)
    return centred / (variance + eps).sqrt() * state["weight"] + state["bias"]


def mlp(state: State, tokens: Tensor) -> Tensor:
    """Linear, exact GELU, linear."""
    wide = F.linear(tokens, state["fc1.weight"], state["fc1.bias"])
    wide = wide * (1 + (wide / 2**0.5).erf()) / 2
    return F.linear(wide, state["fc2.weight"], state["fc2.bias"])
