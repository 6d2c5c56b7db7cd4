"""The Swin block: attention within windows, then an MLP."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from p3m.models.backbones.drop_path import DropPath
from p3m.models.backbones.swin.windows import (
    WINDOW,
    Windows,
    join,
    lay_windows,
    mask_regions,
    split,
)
from p3m.models.backbones.tokens import Mlp


class WindowAttention(nn.Module):
    """Attention among the tokens of a window, with a learned bias for each offset of two tokens.

    Attributes are named as in the published weights.

    Args:
        channels: Channels of a token.
        heads: Heads that attend independently.

    Attributes:
        relative_position_bias_table: The bias of each offset and head, ((2 * 7 - 1)^2, heads).
        relative_position_index: The table's row for each pair of tokens, (49, 49).
        qkv: Makes queries, keys and values, in this order.
        proj: Mixes what the heads have found.
    """

    relative_position_index: Tensor

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.relative_position_bias_table = nn.Parameter(torch.empty((2 * WINDOW - 1) ** 2, heads))
        nn.init.trunc_normal_(self.relative_position_bias_table, std=0.02)
        self.register_buffer("relative_position_index", _offsets())
        self.qkv = nn.Linear(channels, 3 * channels)
        self.proj = nn.Linear(channels, channels)

    def forward(self, windows: Tensor, mask: Tensor | None = None) -> Tensor:
        """Tokens of the input's shape.

        Args:
            windows: Tokens by window, shape (windows, 49, channels).
            mask: Added to the scores of each window's pairs, shape (windows, 49, 49).
        """
        query, key, value = self.qkv(windows).unflatten(-1, (3, self.heads, -1)).unbind(2)
        bias = self.relative_position_bias_table[self.relative_position_index]
        bias = bias.permute(2, 0, 1).unsqueeze(0)
        if mask is not None:
            bias = bias + mask.unsqueeze(1)
        found = F.scaled_dot_product_attention(
            query.transpose(1, 2), key.transpose(1, 2), value.transpose(1, 2), attn_mask=bias
        )
        out: Tensor = self.proj(found.transpose(1, 2).flatten(2))
        return out


class SwinBlock(nn.Module):
    """Attention within windows of 7x7 tokens, then an MLP, each behind a norm, each residual.

    Liu et al., "Swin Transformer", ICCV 2021. Attributes are named as in the published weights.

    Args:
        channels: Channels of a token.
        heads: Heads of the attention.
        shift: How far the map is rolled under the windows, in tokens.
        released_side: Side of this stage's map for the pictures of the released network, in tokens.
        drop_path: Share of the samples that lose a branch while training.

    Attributes:
        attn_mask: The mask for ``released_side``, which the published weights carry. It is never
            run: each map gets windows and mask of its own size.
    """

    def __init__(
        self, channels: int, heads: int, *, shift: int, released_side: int, drop_path: float
    ) -> None:
        super().__init__()
        released = lay_windows(released_side, released_side, shift=shift)
        self.register_buffer("attn_mask", mask_regions(released, batch=1))
        self.norm1 = nn.LayerNorm(channels)
        self.attn = WindowAttention(channels, heads)
        self.drop_path = DropPath(drop_path)
        self.norm2 = nn.LayerNorm(channels)
        self.mlp = Mlp(channels)

    def forward(self, tokens: Tensor, windows: Windows, mask: Tensor | None = None) -> Tensor:
        """Tokens of the input's shape.

        Args:
            tokens: Shape (B, H, W, channels).
            windows: On a map of this size.
            mask: Added to the scores of each window's pairs, shape (B * n, 49, 49).
        """
        size = (tokens.shape[1], tokens.shape[2])
        parts = self.attn(split(self.norm1(tokens), windows), mask)
        tokens = tokens + self.drop_path(join(parts, windows, size))
        out: Tensor = tokens + self.drop_path(self.mlp(self.norm2(tokens)))
        return out


def _offsets() -> Tensor:
    """A number for the offset from each token of a window to each, shape (49, 49)."""
    places = torch.arange(WINDOW * WINDOW)
    rows, columns = places // WINDOW, places % WINDOW
    down = rows[:, None] - rows + WINDOW - 1
    right = columns[:, None] - columns + WINDOW - 1
    return down * (2 * WINDOW - 1) + right
