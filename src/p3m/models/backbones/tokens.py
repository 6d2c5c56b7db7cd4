"""What P3M-Net's transformer encoders share: a stem and a merging that keep their pools' indices.

Tokens are kept as maps, channels last: (B, H, W, C).
"""

from typing import NamedTuple

from torch import Tensor, nn

from p3m.models.layers import max_pool_with_indices


class StemFeatures(NamedTuple):
    """What the stem gives of B pictures of H by W pixels.

    Attributes:
        tokens: One for 4x4 pixels, shape (B, H / 4, W / 4, C).
        shallow: E0, each 2x2 pixels by their maximum, shape (B, C / 2, H / 2, W / 2).
        half: The feature at stride 2, shape (B, C, H / 2, W / 2).
        indices: Where the two poolings found their maxima.
    """

    tokens: Tensor
    shallow: Tensor
    half: Tensor
    indices: tuple[Tensor, Tensor]


class MergeFeatures(NamedTuple):
    """What the halving of a map (B, H, W, C) gives.

    Attributes:
        tokens: Shape (B, H / 2, W / 2, channels).
        feature: What was pooled: the normed tokens, shape (B, C, H, W).
        indices: Where the pooling found its maxima.
    """

    tokens: Tensor
    feature: Tensor
    indices: Tensor


class PoolingStem(nn.Module):
    """Tokens of 4x4 pixels by three 3x3 convolutions of stride 1 and two 2x2 max-poolings.

    Attributes are named as in the published weights.

    Args:
        channels: Channels of a token; the first convolution has half of them.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.proj1 = nn.Conv2d(3, channels // 2, 3, padding=1)
        self.proj2 = nn.Conv2d(channels // 2, channels, 3, padding=1)
        self.proj3 = nn.Conv2d(channels, channels, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.norm = nn.LayerNorm(channels)

    def forward(self, image: Tensor) -> StemFeatures:
        """Features of a normalised image of shape (B, 3, H, W), H and W multiples of 4."""
        shallow, indices0 = _halve(self.relu(self.proj1(image)))
        half = self.relu(self.proj2(shallow))
        quarter, indices1 = _halve(half)
        tokens = self.norm(channels_last(self.proj3(quarter)))
        return StemFeatures(tokens, shallow, half, (indices0, indices1))


class PoolingMerge(nn.Module):
    """Halves the map of tokens: layer norm, 2x2 max-pooling, linear map to more channels.

    It stands where Swin concatenates four neighbours and where ViTAE has reduction cells, for the
    matting decoder needs indices to unpool by. Attributes are named as in the published weights.

    Args:
        channels_in: Channels of the input.
        channels_out: Channels of the result.
    """

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels_in)
        self.linear = nn.Linear(channels_in, channels_out, bias=False)

    def forward(self, tokens: Tensor) -> MergeFeatures:
        """Half the map, from tokens of shape (B, H, W, channels_in), H and W even."""
        feature = channels_first(self.norm(tokens))
        pooled, indices = _halve(feature)
        return MergeFeatures(self.linear(channels_last(pooled)), feature, indices)


class Mlp(nn.Module):
    """Linear map to four times the channels, GELU, linear map back."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(channels, 4 * channels)
        self.act = nn.GELU()
        self.fc2 = nn.Linear(4 * channels, channels)

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens of the input's shape, (..., channels)."""
        mixed: Tensor = self.fc2(self.act(self.fc1(tokens)))
        return mixed


def channels_first(tokens: Tensor) -> Tensor:
    """(B, H, W, C) to (B, C, H, W)."""
    return tokens.permute(0, 3, 1, 2).contiguous()


def channels_last(features: Tensor) -> Tensor:
    """(B, C, H, W) to (B, H, W, C)."""
    return features.permute(0, 2, 3, 1)


def init_linear(module: nn.Module) -> None:
    """Starts a linear layer as both papers do: weights of deviation 0.02, no bias.

    Args:
        module: For ``network.apply``; what is no linear layer stays as it is.
    """
    if isinstance(module, nn.Linear):
        nn.init.trunc_normal_(module.weight, std=0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def _halve(features: Tensor) -> tuple[Tensor, Tensor]:
    return max_pool_with_indices(features, kernel=2, padding=0)
