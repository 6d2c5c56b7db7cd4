"""The semantic decoder: where is background, transition, foreground?"""

import torch.nn.functional as F
from torch import Tensor, nn

from p3m.models.contract import CLASSES
from p3m.models.layers import ConvNormAct, SeparableConv, upsample
from p3m.models.p3mnet_lite.attention import AttentionBlock
from p3m.models.p3mnet_lite.dbfi import DeepBipartiteIntegration


class Context(nn.Module):
    """The deepest feature, narrowed, with the picture's mean added to every place, then attention.

    Args:
        channels_in: Channels of the encoder's deepest feature.
        channels: Channels of the result.
        blocks: Attention blocks at its end.
    """

    def __init__(self, channels_in: int, channels: int, *, blocks: int = 4) -> None:
        super().__init__()
        self.narrow = ConvNormAct(channels_in, channels)
        self.whole = nn.Conv2d(channels, channels, 1)
        self.merge = SeparableConv(channels, channels)
        self.blocks = nn.Sequential(*(AttentionBlock(channels) for _ in range(blocks)))

    def forward(self, deepest: Tensor) -> Tensor:
        """Features of shape (B, channels, H, W)."""
        narrow = self.narrow(deepest)
        whole = self.whole(F.adaptive_avg_pool2d(narrow, 1))
        attended: Tensor = self.blocks(self.merge(F.relu(narrow + whole)))
        return attended


class SemanticBlock(nn.Module):
    """One level up: the decoder's feature enlarged, the encoder's added, filtered, joined by dBFI.

    Args:
        channels_in: Channels from the level below.
        channels_encoder: Channels of the encoder's feature at this level.
        channels: Channels of the result.
        channels_deep: Channels of the context feature.
    """

    def __init__(
        self, channels_in: int, channels_encoder: int, channels: int, *, channels_deep: int
    ) -> None:
        super().__init__()
        self.narrow = nn.Conv2d(channels_in, channels, 1)
        self.lateral = nn.Conv2d(channels_encoder, channels, 1)
        self.filter = SeparableConv(channels, channels)
        self.dbfi = DeepBipartiteIntegration(channels, channels_deep)
        self.side = nn.Conv2d(channels, CLASSES, 1)

    def forward(self, below: Tensor, encoder: Tensor, deep: Tensor) -> tuple[Tensor, Tensor]:
        """The level's feature (B, channels, H, W) and its side logits (B, 3, H, W)."""
        raised = upsample(self.narrow(below), 2) + self.lateral(encoder)
        feature = self.dbfi(self.filter(F.relu(raised)), deep)
        return feature, self.side(feature)
