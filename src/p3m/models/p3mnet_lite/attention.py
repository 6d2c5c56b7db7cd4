"""Attention: every place of the deepest feature asks every other one what it belongs to."""

import torch.nn.functional as F
from torch import Tensor, nn

from p3m.models.layers import Attention, DepthwiseConv


class AttentionBlock(nn.Module):
    """Attention among all places of a feature, then two linear maps; norms before, sums after.

    A depthwise convolution before them tells where something is, so that any height and width will
    do (Chu et al., "Conditional Positional Encodings for Vision Transformers", ICLR 2023). A fresh
    block changes nothing.

    Args:
        channels: Channels of the feature, a multiple of ``heads``.
        heads: Heads that attend independently.

    Attributes:
        place: The depthwise convolution.
        attend: The attention, behind ``norm``.
        widen: The first linear map, behind ``norm_wide``.
        narrow: The second one, behind a ReLU.
    """

    def __init__(self, channels: int, heads: int = 4) -> None:
        super().__init__()
        self.place = DepthwiseConv(channels, 3)
        self.norm = nn.LayerNorm(channels)
        self.attend = Attention(channels, heads)
        self.norm_wide = nn.LayerNorm(channels)
        self.widen = nn.Linear(channels, 2 * channels)
        self.narrow = nn.Linear(2 * channels, channels)
        for last in (self.place, self.attend.proj, self.narrow):
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)  # type: ignore[arg-type]

    def forward(self, feature: Tensor) -> Tensor:
        """Features of the input's shape, (B, channels, H, W)."""
        placed = feature + self.place(feature)
        tokens = placed.flatten(2).transpose(1, 2)
        tokens = tokens + self.attend(self.norm(tokens))
        tokens = tokens + self.narrow(F.relu(self.widen(self.norm_wide(tokens))))
        attended: Tensor = tokens.transpose(1, 2).unflatten(2, feature.shape[2:])
        return attended
