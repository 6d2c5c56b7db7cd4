"""Pixels as networks take them: as planes, with the colour statistics that they expect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from p3m.core import imagenet
from p3m.core.checks import check_shape

if TYPE_CHECKING:
    from torch import Tensor

IMAGENET_MEAN = imagenet.MEAN
"""Mean of ImageNet's red, green and blue in [0, 1]."""

IMAGENET_STD = imagenet.STD
"""Standard deviation of ImageNet's red, green and blue in [0, 1]."""


def normalize(
    image: Tensor,
    *,
    mean: tuple[float, float, float] = IMAGENET_MEAN,
    std: tuple[float, float, float] = IMAGENET_STD,
) -> Tensor:
    """The image with a mean subtracted and divided by a deviation, channel by channel.

    Args:
        image: RGB in [0, 1], shape (B, 3, H, W), floating point.
        mean: What is subtracted from red, green and blue.
        std: What the difference is divided by.

    Returns:
        The normalised image, of the same shape, dtype, device and memory format.

    Raises:
        ShapeError: If ``image`` is not (B, 3, H, W).

    Example:
        >>> grey = torch.full((1, 3, 1, 1), 0.5)
        >>> normalize(grey).flatten()
        tensor([0.0655, 0.1964, 0.4178])
    """
    check_shape("image", image, "B 3 H W")
    shift = torch.tensor(mean, dtype=image.dtype, device=image.device).view(1, 3, 1, 1)
    scale = torch.tensor(std, dtype=image.dtype, device=image.device).view(1, 3, 1, 1)
    return (image - shift) / scale


def to_planes(pixels: Tensor) -> Tensor:
    """Pixels of shape (B, H, W, C) in uint8 as (B, C, H, W) in [0, 1], channels last in memory."""
    return pixels.permute(0, 3, 1, 2).float() / 255
