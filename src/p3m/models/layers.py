"""Building blocks that two or more networks use."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from p3m.imaging.resize import halvings

_RELU = partial(nn.ReLU, inplace=True)


class DepthwiseConv(nn.Conv2d):
    """A convolution of each channel by itself; the spatial size is kept at stride 1.

    On a CPU it stays in single precision under autocast, for its gradients take two to three times
    as long in bfloat16.

    Args:
        channels: Channels of input and output.
        kernel: Side of the kernel, odd.
        stride: Step of the convolution.
        bias: Whether a number is added to each channel.
    """

    def __init__(self, channels: int, kernel: int, *, stride: int = 1, bias: bool = True) -> None:
        super().__init__(
            channels, channels, kernel, stride, kernel // 2, groups=channels, bias=bias
        )

    def forward(self, features: Tensor) -> Tensor:
        """Features of shape (B, channels, H / stride, W / stride)."""
        if features.device.type != "cpu":
            return super().forward(features)
        with no_autocast("cpu"):
            return super().forward(features.to(self.weight.dtype))


class ConvNormAct(nn.Sequential):
    """Convolution, batch norm and activation; the spatial size is kept at stride 1.

    Args:
        channels_in: Channels of the input.
        channels_out: Channels of the output.
        kernel: Side of the kernel, odd.
        stride: Step of the convolution.
        groups: Groups of channels that do not mix.
        activation: Makes what follows; None for nothing.
        eps: Added to batch norm's variance.
        momentum: Share of a batch in batch norm's statistics.
    """

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        *,
        kernel: int = 1,
        stride: int = 1,
        groups: int = 1,
        activation: Callable[[], nn.Module] | None = _RELU,
        eps: float = 1e-5,
        momentum: float = 0.1,
    ) -> None:
        depthwise = 1 < groups == channels_in == channels_out
        super().__init__(
            DepthwiseConv(channels_in, kernel, stride=stride, bias=False)
            if depthwise
            else nn.Conv2d(
                channels_in, channels_out, kernel, stride, kernel // 2, groups=groups, bias=False
            ),
            nn.BatchNorm2d(channels_out, eps=eps, momentum=momentum),
        )
        if activation is not None:
            self.append(activation())

    @property
    def conv(self) -> nn.Conv2d:
        """The convolution, ``0`` in the state."""
        return cast("nn.Conv2d", self[0])

    @property
    def norm(self) -> _BatchNorm:
        """The batch norm, ``1`` in the state."""
        return cast("_BatchNorm", self[1])


class SeparableConv(nn.Sequential):
    """A 3x3 convolution, split into a depthwise and a pointwise one; norm after each, then ReLU."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__(
            ConvNormAct(channels_in, channels_in, kernel=3, groups=channels_in, activation=None),
            ConvNormAct(channels_in, channels_out),
        )


class Attention(nn.Module):
    """Every token attends to every other; attributes are named as in ViTAE's published weights.

    Args:
        channels: Channels of a token, a multiple of ``heads``.
        heads: Heads that attend independently.

    Attributes:
        qkv: Makes queries, keys and values, in this order.
        proj: Mixes what the heads have found.
    """

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(channels, 3 * channels)
        self.proj = nn.Linear(channels, channels)

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens of the input's shape, (B, N, channels)."""
        query, key, value = self.qkv(tokens).unflatten(-1, (3, self.heads, -1)).unbind(2)
        found = F.scaled_dot_product_attention(
            query.transpose(1, 2), key.transpose(1, 2), value.transpose(1, 2)
        )
        out: Tensor = self.proj(found.transpose(1, 2).flatten(2))
        return out


def upsample(features: Tensor, factor: int) -> Tensor:
    """Bilinear upsampling by a whole factor, half-pixel centres.

    Args:
        features: Shape (B, C, H, W).
        factor: How many times larger each side becomes.

    Returns:
        Shape (B, C, factor * H, factor * W).
    """
    return F.interpolate(features, scale_factor=factor, mode="bilinear", align_corners=False)


def max_pool_with_indices(
    features: Tensor, *, kernel: int = 3, stride: int = 2, padding: int = 1
) -> tuple[Tensor, Tensor]:
    """Maxima of windows, and where they were found.

    Args:
        features: Shape (B, C, H, W).
        kernel: Side of a window in pixels.
        stride: Step from window to window in pixels.
        padding: Pixels around the features that never are a maximum.

    Returns:
        The maxima, shape (B, C, H / stride, W / stride) for the defaults and even sides; and the
        place of each in its channel's plane, ``row * W + column``, of the same shape, int64.
    """
    pooled, indices = F.max_pool2d(features, kernel, stride, padding, return_indices=True)
    return pooled, indices


def max_unpool(features: Tensor, indices: Tensor, size: tuple[int, int]) -> Tensor:
    """Puts features where the maxima of a pooling were, and zero everywhere else.

    The values and gradients of ``torch.nn.functional.max_unpool2d`` in a form that can be exported
    with any height and width. Where overlapping windows had one maximum, the last of them in
    reading order wins on a CPU and any of them on a GPU; the gradient reaches all of them.

    Args:
        features: Shape (B, C, h, w).
        indices: Places in a plane of ``size``, by `max_pool_with_indices`, shape (B, C, h, w).
        size: Height and width of the result: those of what was pooled.

    Returns:
        Shape (B, C, height, width).

    Example:
        >>> import torch
        >>> pooled, indices = max_pool_with_indices(torch.arange(16.0).view(1, 1, 4, 4))
        >>> max_unpool(pooled, indices, (4, 4))[0, 0].int().tolist()
        [[0, 0, 0, 0], [0, 5, 0, 7], [0, 0, 0, 0], [0, 13, 0, 15]]
    """
    batch, channels = features.shape[:2]
    height, width = size
    planes = features.new_zeros((batch, channels, height * width))
    planes.scatter_(2, indices.flatten(2), features.flatten(2))
    return planes.view(batch, channels, height, width)


def refine(
    detail: nn.Module,
    image: Tensor,
    coarse: Tensor,
    *,
    enlargement: float,
    cut: Callable[[Tensor], Tensor] = lambda maps: maps,
) -> Tensor:
    """A picture's alpha by a detail path, halving by halving from the smallest that is needed.

    The smallest is at most twice as large as the picture that the coarse maps were made from.

    Args:
        detail: From a picture (B, 3, H, W) and maps (B, C, H, W), alpha first, to an alpha.
        image: Shape (B, 3, H, W), H and W multiples of what they are divided by.
        coarse: Maps of the picture seen small, alpha first, shape (B, C, h, w).
        enlargement: How many times as large as the picture seen small the picture is.
        cut: Cuts the part to refine out of the picture, or out of maps of a halving's size; nothing
            is cut by default.

    Returns:
        The alpha of what is cut out of the picture, shape (B, 1, H', W').
    """
    alpha: Tensor | None = None
    for seen in _halved(image, enlargement):
        maps = cut(enlarge(coarse, _size(seen)))
        if alpha is not None:
            maps = torch.cat([enlarge(alpha, _size(maps)), maps[:, 1:]], dim=1)
        alpha = detail(cut(seen), maps)
    return cast("Tensor", alpha)


def _halved(image: Tensor, enlargement: float) -> Iterator[Tensor]:
    """A picture, and before it those of its halvings that are needed, the smallest first."""
    for power in range(halvings(enlargement), 0, -1):
        yield F.avg_pool2d(image, 2**power)
    yield image


def _size(maps: Tensor) -> tuple[int, int]:
    return maps.shape[-2], maps.shape[-1]


def enlarge(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Maps brought bilinearly to a larger size, half-pixel centres.

    Args:
        maps: Shape (B, C, h, w).
        size: Height and width to reach.
    """
    return F.interpolate(maps, size=size, mode="bilinear", align_corners=False)


def single(values: Tensor) -> Tensor:
    """Half-precision values in single precision; others as they are.

    What decides about alphas near 0 and 1 is computed so under autocast, for next to 1 bfloat16 has
    steps of a 256th.

    Args:
        values: Of any shape.
    """
    return values.float() if values.dtype in (torch.bfloat16, torch.float16) else values


def no_autocast(device: str) -> AbstractContextManager[object]:
    """Lifts autocast where it is on; elsewhere nothing, so that an exported graph has no trace.

    Args:
        device: The type of the device.
    """
    if not torch.is_autocast_enabled(device):
        return nullcontext()
    return torch.autocast(device, enabled=False)
