"""TFI: encoder, semantic decoder and matting decoder meet in every block of the latter."""

import torch
from torch import Tensor, nn

from p3m.models.layers import SeparableConv


class TripartiteIntegration(nn.Module):
    """Joins the features of the encoder and of both decoders at one level.

    Li et al., "Privacy-Preserving Portrait Matting", ACM MM 2021: TFI.

    Args:
        channels: Channels of the result; each input is projected to half of them.
        channels_semantic: Channels of the semantic decoder's feature.
        channels_matting: Channels of the matting decoder's feature.
        channels_encoder: Channels of the encoder's feature.

    Note:
        The paper's network shares one projection, since its three inputs have equal channels; ours
        have not, so each has its own. The convolution is a separable one.
    """

    def __init__(
        self, channels: int, *, channels_semantic: int, channels_matting: int, channels_encoder: int
    ) -> None:
        super().__init__()
        half = channels // 2
        self.project_semantic = nn.Conv2d(channels_semantic, half, 1)
        self.project_matting = nn.Conv2d(channels_matting, half, 1)
        self.project_encoder = nn.Conv2d(channels_encoder, half, 1)
        self.merge = SeparableConv(3 * half, channels)

    def forward(self, semantic: Tensor, matting: Tensor, encoder: Tensor) -> Tensor:
        """Features of shape (B, channels, H, W), from three features of that height and width."""
        joined = torch.cat(
            [
                self.project_semantic(semantic),
                self.project_matting(matting),
                self.project_encoder(encoder),
            ],
            dim=1,
        )
        merged: Tensor = self.merge(joined)
        return merged
