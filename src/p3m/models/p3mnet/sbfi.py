"""sBFI: the shallowest encoder feature brings fine structure to the matting decoder."""

import torch
from torch import Tensor, nn


class ShallowBipartiteIntegration(nn.Module):
    """Joins a matting feature with the shallowest one, and adds the result to it.

    Li et al., "Privacy-Preserving Portrait Matting", ACM MM 2021: sBFI. The released network pools
    the full-size feature in 2x2 windows at a step of 8, 4 or 2, so that at the larger steps most of
    it is never seen. Those windows are every fourth, every second and each of the windows that
    touch, whose maxima the encoder gives. Attributes are named as in the published weights.

    Args:
        channels: Channels of the matting feature.
        channels_shallow: Channels of the shallowest feature.
        reduction: How many times smaller than the picture the matting feature is.
    """

    def __init__(self, channels: int, channels_shallow: int, *, reduction: int) -> None:
        super().__init__()
        self.step = reduction // 2
        self.transform1 = nn.Conv2d(channels, channels // 2, 1, bias=False)
        self.transform2 = nn.Conv2d(channels_shallow, channels // 2, 1, bias=False)
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, feature: Tensor, shallow: Tensor) -> Tensor:
        """Adds what the shallowest feature has to say.

        Args:
            feature: Of the matting decoder, shape (B, channels, H, W).
            shallow: Maxima of 2x2 pixels of the shallowest feature, shape (B, channels_shallow,
                step * H, step * W).

        Returns:
            Features of shape (B, channels, H, W).
        """
        guidance = self.transform2(shallow[:, :, :: self.step, :: self.step])
        joined = torch.cat([self.transform1(feature), guidance], dim=1)
        merged: Tensor = self.relu(self.bn1(self.conv1(joined)))
        return merged + feature
