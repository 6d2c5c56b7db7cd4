"""Dilation and erosion by a square, on any device."""

import torch
import torch.nn.functional as F
from torch import Tensor

from p3m.core.checks import check_shape

_KNOWN = 0.02


def dilate(mask: Tensor, radius: int) -> Tensor:
    """The greatest value within a square around each pixel.

    Args:
        mask: Shape (B, C, H, W), non-negative: beyond its rim everything is 0.
        radius: The square's side is ``2 * radius + 1`` pixels; not negative.

    Example:
        >>> dilate(torch.tensor([[[[0.0, 0.0, 1.0, 0.0]]]]), 1)
        tensor([[[[0., 1., 1., 1.]]]])
    """
    greatest = F.pad(mask, (radius, radius, radius, radius))
    for axis in (-2, -1):
        greatest = _greatest_ahead(greatest, 2 * radius + 1, axis)
    return greatest


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
        The released code of P3M-Net widens by an ellipse; squares are faster by far.
    """
    check_shape("alpha", alpha, "B 1 H W")
    some = dilate((alpha > _KNOWN).to(alpha.dtype), radius)
    lacking = dilate((alpha < 1 - _KNOWN).to(alpha.dtype), radius)
    return (some + (1 - lacking)).to(torch.int64)


def _greatest_ahead(values: Tensor, count: int, axis: int) -> Tensor:
    """The greatest of ``count`` values from each one on, by doubling; ``count - 1`` fewer.

    Max-pooling takes far longer on a CPU.
    """
    seen = 1
    while seen < count:
        shift = min(seen, count - seen)
        length = values.shape[axis] - shift
        values = torch.maximum(values.narrow(axis, 0, length), values.narrow(axis, shift, length))
        seen += shift
    return values
