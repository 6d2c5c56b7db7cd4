"""TFI: encoder, semantic decoder and matting decoder meet before each block of the latter."""

import torch
from torch import Tensor, nn


class TripartiteIntegration(nn.Module):
    """Joins the features of the encoder and of both decoders at one level.

    Li et al., "Privacy-Preserving Portrait Matting", ACM MM 2021: TFI. One 1x1 projection serves
    all three inputs. Attributes are named as in the published weights.

    Args:
        channels: Channels of each input and of the result.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        half = channels // 2
        self.transform = nn.Conv2d(channels, half, 1, bias=False)
        self.conv1 = nn.Conv2d(3 * half, channels, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, semantic: Tensor, matting: Tensor, encoder: Tensor) -> Tensor:
        """Features of shape (B, channels, H, W), from three such features."""
        joined = torch.cat([self.transform(part) for part in (semantic, matting, encoder)], dim=1)
        merged: Tensor = self.relu(self.bn1(self.conv1(joined)))
        return merged
