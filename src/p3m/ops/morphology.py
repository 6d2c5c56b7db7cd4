"""Dilation and erosion as max-pooling, on any device."""

import torch
import torch.nn.functional as F
from torch import Tensor

from p3m.core.checks import check_shape

_KNOWN = 0.02


def dilate(mask: Tensor, radius: int) -> Tensor:
    """The greatest value within a square around each pixel.

    Args:
        mask: Shape (B, C, H, W), non-negative.
        radius: The square's side is ``2 * radius + 1`` pixels.

    Example:
        >>> dilate(torch.tensor([[[[0.0, 0.0, 1.0, 0.0]]]]), 1)
        tensor([[[[0., 1., 1., 1.]]]])
    """
    side = 2 * radius + 1
    rows = F.max_pool2d(mask, (side, 1), stride=1, padding=(radius, 0))
    return F.max_pool2d(rows, (1, side), stride=1, padding=(0, radius))


def trimap_classes(alpha: Tensor, radius: int) -> Tensor:
    """The class of each pixel: 0 background, 1 transition, 2 foreground.

    The transition reaches ``radius`` pixels around all that is neither 0 nor 1, up to 0.02.

    Args:
        alpha: In [0, 1], shape (B, 1, H, W).
        radius: Pixels by which the transition is widened.

    Returns:
        int64, shape (B, 1, H, W).

    Raises:
        ShapeError: If ``alpha`` is not (B, 1, H, W).

    Note:
        The released code of P3M-Net widens by an ellipse; a square is what max-pooling gives.
    """
    check_shape("alpha", alpha, "B 1 H W")
    some = dilate((alpha > _KNOWN).to(alpha.dtype), radius)
    lacking = dilate((alpha < 1 - _KNOWN).to(alpha.dtype), radius)
    return (some + (1 - lacking)).to(torch.int64)
