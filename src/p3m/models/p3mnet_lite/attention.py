"""Attention: every place of the deepest feature asks every other one what it belongs to."""

import torch.nn.functional as F
from torch import Tensor, nn


class AttentionBlock(nn.Module):
    """Attention among all places of a feature, then two linear maps; norms before, sums after.

    A depthwise convolution before them tells where something is, so that any height and width will
    do (Chu et al., "Conditional Positional Encodings for Vision Transformers", ICLR 2023). A fresh
    block changes nothing.

    Args:
        channels: Channels of the feature.
        heads: Heads that attend independently.
    """

    def __init__(self, channels: int, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.place = nn.Conv2d(channels, channels, 3, padding=1, groups=channels)
        self.norm = nn.LayerNorm(channels)
        self.qkv = nn.Linear(channels, 3 * channels)
        self.join = nn.Linear(channels, channels)
        self.norm_wide = nn.LayerNorm(channels)
        self.widen = nn.Linear(channels, 2 * channels)
        self.narrow = nn.Linear(2 * channels, channels)
        for last in (self.place, self.join, self.narrow):
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)  # type: ignore[arg-type]

    def forward(self, feature: Tensor) -> Tensor:
        """Features of the input's shape, (B, channels, H, W)."""
        placed = feature + self.place(feature)
        tokens = placed.flatten(2).transpose(1, 2)
        tokens = tokens + self._attended(self.norm(tokens))
        tokens = tokens + self.narrow(F.relu(self.widen(self.norm_wide(tokens))))
        attended: Tensor = tokens.transpose(1, 2).unflatten(2, feature.shape[2:])
        return attended

    def _attended(self, tokens: Tensor) -> Tensor:
        query, key, value = (
            part.transpose(1, 2)
            for part in self.qkv(tokens).unflatten(-1, (3, self.heads, -1)).unbind(2)
        )
        found = F.scaled_dot_product_attention(query, key, value)
        joined: Tensor = self.join(found.transpose(1, 2).flatten(2))
        return joined
