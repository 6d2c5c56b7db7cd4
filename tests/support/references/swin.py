"""Swin-T as P3M-Net changes it, restated without padding tricks, rolling or masks.

A shifted block's windows are cut where they lie, at 3, 10, 17 and so on: the parts that rolling
would bring together, and a mask then keep apart, are groups of their own.
"""

from collections.abc import Iterator
from itertools import pairwise, product

import torch
import torch.nn.functional as F
from torch import Tensor

from support.references.tokens import Encoded, State, merge, mlp, norm, stem, under

_DEPTHS = (2, 2, 6, 2)
_HEADS = (3, 6, 12, 24)
_SIDE = 7


def swin_t(state: State, image: Tensor) -> Encoded:
    """The encoder's features and indices."""
    tokens, encoded = stem(under(state, "patch_embed."), image)
    for stage, (depth, heads) in enumerate(zip(_DEPTHS, _HEADS, strict=True)):
        for index in range(depth):
            own = under(state, f"layers.{stage}.blocks.{index}.")
            tokens = block(own, tokens, heads, shifted=index % 2 == 1)
        if stage < 3:
            tokens = merge(under(state, f"layers.{stage}.downsample."), tokens, encoded)
    encoded.features.append(norm(under(state, "norm."), tokens).permute(0, 3, 1, 2))
    return encoded


def block(state: State, tokens: Tensor, heads: int, *, shifted: bool) -> Tensor:
    """One block on tokens (B, H, W, C)."""
    _, height, width, _ = tokens.shape
    attended = tokens.clone()
    for number, picture in enumerate(norm(under(state, "norm1."), tokens)):
        padded = F.pad(picture, (0, 0, 0, -width % _SIDE, 0, -height % _SIDE))
        found = _attend(under(state, "attn."), padded, heads, shifted=shifted)
        attended[number] += found[:height, :width]
    return attended + mlp(under(state, "mlp."), norm(under(state, "norm2."), attended))


def _attend(state: State, picture: Tensor, heads: int, *, shifted: bool) -> Tensor:
    """Attention within each group of tokens of a picture (H, W, C), H and W multiples of 7."""
    result = torch.zeros_like(picture)
    for down, across in product(*(_cuts(side, shifted=shifted) for side in picture.shape[:2])):
        group = picture[slice(*down), slice(*across)]
        places = list(product(range(*down), range(*across)))
        qkv = F.linear(group.flatten(0, 1), state["qkv.weight"], state["qkv.bias"])
        query, key, value = qkv.chunk(3, -1)
        found = []
        size = group.shape[-1] // heads
        for head in range(heads):
            part = slice(head * size, (head + 1) * size)
            scores = query[:, part] @ key[:, part].T / size**0.5
            scores = scores + _bias(state["relative_position_bias_table"][:, head], places)
            found.append(scores.softmax(-1) @ value[:, part])
        out = F.linear(torch.cat(found, -1), state["proj.weight"], state["proj.bias"])
        result[slice(*down), slice(*across)] = out.view_as(group)
    return result


def _cuts(length: int, *, shifted: bool) -> Iterator[tuple[int, int]]:
    """Beginning and end of each group along one axis."""
    inner = range(_SIDE // 2, length, _SIDE) if shifted else range(_SIDE, length, _SIDE)
    return pairwise([0, *inner, length])


def _bias(table: Tensor, places: list[tuple[int, int]]) -> Tensor:
    """A head's bias for each pair of places, query first."""
    span = 2 * _SIDE - 1
    rows = [
        [table[(y - v + _SIDE - 1) * span + x - u + _SIDE - 1] for v, u in places]
        for y, x in places
    ]
    return torch.stack([torch.stack(row) for row in rows])
