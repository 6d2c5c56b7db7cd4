"""ViTAE-S as P3M-Net changes it, restated cell by cell with every pair of tokens spelled out."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from support.references.tokens import Encoded, State, merge, mlp, norm, stem, under

_DEPTHS = (2, 2, 12, 2)
_HEADS = (1, 2, 4, 8)
_EPS = 1e-6


def vitae_s(state: State, image: Tensor, directions: Sequence[Tensor]) -> Encoded:
    """The encoder's features and indices; the first cells' random directions are given."""
    tokens, encoded = stem(under(state, "layers.0.RC."), image)
    for stage, (depth, heads) in enumerate(zip(_DEPTHS, _HEADS, strict=True)):
        if stage:
            tokens = merge(under(state, f"layers.{stage}.RC."), tokens, encoded)
        for index in range(depth):
            drawn = None if stage else directions[index]
            tokens = cell(under(state, f"layers.{stage}.NC.{index}."), tokens, heads, drawn)
    encoded.features.append(tokens.permute(0, 3, 1, 2))
    return encoded


def cell(state: State, tokens: Tensor, heads: int, directions: Tensor | None) -> Tensor:
    """One normal cell on tokens (B, H, W, C); with directions, attention by random features."""
    normed = norm(under(state, "norm1."), tokens, _EPS).flatten(1, 2)
    own = under(state, "attn.")
    if directions is None:
        found = torch.stack([attention(own, picture, heads) for picture in normed])
    else:
        found = torch.stack([kernel_attention(own, picture, directions) for picture in normed])
    out = tokens + found.view_as(tokens) + _convolutions(under(state, "PCM."), tokens)
    return out + mlp(under(state, "mlp."), norm(under(state, "norm2."), out, _EPS))


def attention(state: State, tokens: Tensor, heads: int) -> Tensor:
    """Softmax attention among tokens (N, C)."""
    qkv = F.linear(tokens, state["qkv.weight"], state["qkv.bias"])
    query, key, value = (part.chunk(heads, -1) for part in qkv.chunk(3, -1))
    found = []
    for q, k, v in zip(query, key, value, strict=True):
        weights = (q @ k.T / q.shape[-1] ** 0.5).exp()
        found.append(weights @ v / weights.sum(-1, keepdim=True))
    return F.linear(torch.cat(found, -1), state["proj.weight"], state["proj.bias"])


def kernel_attention(state: State, tokens: Tensor, directions: Tensor) -> Tensor:
    """Attention among tokens (N, C) whose weights are means over random features, pair by pair."""
    kqv = F.linear(tokens, state["kqv.weight"], state["kqv.bias"])
    key, query, value = kqv.chunk(3, -1)
    # exp(w.q - |q|^2/2) exp(w.k - |k|^2/2), averaged over the directions w
    lengths = (query.square().sum(-1)[:, None] + key.square().sum(-1)) / 2
    sums = query[:, None] + key[None, :]
    weights = torch.stack([(sums @ w - lengths).exp() for w in directions]).mean(0)
    found = weights @ value / (weights.sum(-1, keepdim=True) + 1e-8)
    return F.linear(found, state["proj.weight"], state["proj.bias"])


def _convolutions(state: State, tokens: Tensor) -> Tensor:
    feature = tokens.permute(0, 3, 1, 2)
    for conv, bn in (("0.", "1."), ("3.", "4."), ("6.", None)):
        weight = state[f"{conv}weight"]
        groups = feature.shape[1] // weight.shape[1]
        feature = F.conv2d(feature, weight, state[f"{conv}bias"], padding=1, groups=groups)
        if bn is not None:
            own = under(state, bn)
            mean, variance = own["running_mean"], own["running_var"]
            feature = F.batch_norm(feature, mean, variance, own["weight"], own["bias"])
        feature = feature * feature.sigmoid()
    return feature.permute(0, 2, 3, 1)
