"""The distance between two alpha mattes, pixel by pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import torch

from p3m.core.checks import check_same_shape, check_shape

if TYPE_CHECKING:
    from torch import Tensor


def alpha_l1(
    pred: Tensor,
    target: Tensor,
    mask: Tensor | None = None,
    *,
    eps: float = 1e-6,
    normalize: Literal["mask", "released"] = "mask",
) -> Tensor:
    r"""Smooth L1 distance between two alpha mattes, averaged over a mask.

    .. math::
        L = \frac{\sum_i m_i \sqrt{(p_i - t_i)^2 + \epsilon^2}}{\max(1, \sum_i m_i)}

    Args:
        pred: Predicted alpha in [0, 1], shape (B, 1, H, W).
        target: True alpha in [0, 1], shape (B, 1, H, W).
        mask: Weight of each pixel in [0, 1], shape (B, 1, H, W). ``None`` weighs every pixel alike.
        eps: Softens the corner of the absolute value at zero, in alpha units; the loss of a perfect
            matte is ``eps``.
        normalize: ``"mask"`` is the formula above; ``"released"`` is that of the note below.

    Returns:
        The loss in alpha units, a scalar on the device and with the dtype of ``pred``; lower is
        better. Where the mask is empty it is 0, and ``eps`` times the pixels in the released form.

    Raises:
        ShapeError: If ``pred``, ``target`` and ``mask`` do not share one (B, 1, H, W) shape.

    References:
        Xu et al., "Deep Image Matting", CVPR 2017: the alpha-prediction loss.

    Note:
        The code released with P3M-Net divides by ``n + 1`` for a mask of ``n`` pixels, and counts
        ``eps`` for each pixel outside of it, for it masks the difference before the root:

        .. math:: \frac{\sum_i \sqrt{m_i^2 (p_i - t_i)^2 + \epsilon^2}}{1 + \sum_i m_i}

        ``normalize="released"`` gives that form. Without a mask both are the plain mean.

    Example:
        >>> target = torch.zeros(1, 1, 2, 2)
        >>> alpha_l1(torch.full((1, 1, 2, 2), 0.5), target)
        tensor(0.5000)
    """
    check_shape("pred", pred, "B 1 H W")
    if normalize == "released" and mask is not None:
        check_same_shape(pred=pred, target=target, mask=mask)
        distance = torch.sqrt(((pred - target) * mask) ** 2 + eps**2)
        return distance.sum() / (mask.sum() + 1.0)
    mask = torch.ones_like(pred) if mask is None else mask
    check_same_shape(pred=pred, target=target, mask=mask)
    distance = torch.sqrt((pred - target) ** 2 + eps**2)
    return (distance * mask).sum() / mask.sum().clamp(min=1.0)
