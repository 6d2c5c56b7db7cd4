"""The matting decoder: what is alpha within the transition?"""

from torch import Tensor, nn

from p3m.models.layers import SeparableConv, upsample
from p3m.models.p3mnet_lite.sbfi import ShallowBipartiteIntegration
from p3m.models.p3mnet_lite.tfi import TripartiteIntegration


class MattingBlock(nn.Module):
    """One level up: the decoder's feature enlarged, joined by TFI, then by sBFI, filtered.

    Args:
        channels_in: Channels from the level below.
        channels: Channels of the result.
        channels_semantic: Channels of the semantic feature at this level.
        channels_encoder: Channels of the encoder's feature at this level.
        channels_shallow: Channels of the shallowest feature.
        reduction: How many times smaller than the shallowest feature this level is; at 1 there is
            no sBFI, for the encoder's feature is the shallowest one itself.
    """

    def __init__(
        self,
        channels_in: int,
        channels: int,
        *,
        channels_semantic: int,
        channels_encoder: int,
        channels_shallow: int,
        reduction: int,
    ) -> None:
        super().__init__()
        self.narrow = nn.Conv2d(channels_in, channels, 1)
        self.tfi = TripartiteIntegration(
            channels,
            channels_semantic=channels_semantic,
            channels_matting=channels,
            channels_encoder=channels_encoder,
        )
        self.sbfi = (
            ShallowBipartiteIntegration(channels, channels_shallow, reduction=reduction)
            if reduction > 1
            else None
        )
        self.filter = SeparableConv(channels, channels)

    def forward(self, below: Tensor, semantic: Tensor, encoder: Tensor, shallow: Tensor) -> Tensor:
        """Features of shape (B, channels, H, W)."""
        feature = self.tfi(semantic, upsample(self.narrow(below), 2), encoder)
        if self.sbfi is not None:
            feature = self.sbfi(feature, shallow)
        filtered: Tensor = self.filter(feature)
        return filtered
