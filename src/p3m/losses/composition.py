"""The loss of a picture composed again from a predicted alpha matte."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import torch

from p3m.core.checks import check_same_shape, check_shape
from p3m.ops.normalize import IMAGENET_STD

if TYPE_CHECKING:
    from torch import Tensor


def composition_loss(
    alpha: Tensor,
    foreground: Tensor,
    background: Tensor,
    image: Tensor,
    mask: Tensor | None = None,
    *,
    eps: float = 1e-6,
    colours: Literal["rgb", "imagenet"] = "rgb",
) -> Tensor:
    r"""Smooth L1 distance between a picture and its composition under a predicted alpha.

    .. math::
        L = \frac{\sum_i m_i \sum_{c} \sqrt{(\alpha_i F_{ic} + (1 - \alpha_i) B_{ic} - I_{ic})^2
            + \epsilon^2}}{\max(1, \sum_i m_i)}

    Args:
        alpha: Predicted alpha in [0, 1], shape (B, 1, H, W).
        foreground: True foreground :math:`F`, RGB in [0, 1], shape (B, 3, H, W).
        background: True background :math:`B`, as ``foreground``.
        image: The picture :math:`I`, as ``foreground``.
        mask: Weight of each pixel in [0, 1], shape (B, 1, H, W). ``None`` weighs every pixel alike.
        eps: Softens the corner of the absolute value at zero, in colour units; the loss of a
            perfect matte is ``3 * eps``.
        colours: Whether colours are compared as they are, or as networks see them, normalised by
            ImageNet's mean and deviation. All three pictures are given in [0, 1] either way.

    Returns:
        The loss in colour units, summed over red, green and blue, a scalar on the device and with
        the dtype of ``alpha``; lower is better, 0 where the mask is empty.

    Raises:
        ShapeError: If the shapes are not as above.

    References:
        Xu et al., "Deep Image Matting", CVPR 2017: the compositional loss.

    Note:
        The code released with P3M-Net compares ImageNet-normalised colours, whose differences are
        about 4.4 times ours: ``colours="imagenet"``. (Its first version normalised the picture
        alone, and compared it with a composition in [0, 255]; a later one mended that.)

    Example:
        >>> black, white = torch.zeros(1, 3, 2, 2), torch.ones(1, 3, 2, 2)
        >>> composition_loss(torch.full((1, 1, 2, 2), 0.5), white, black, white)
        tensor(1.5000)
    """
    check_shape("alpha", alpha, "B 1 H W")
    batch, _, height, width = alpha.shape
    check_shape("image", image, f"{batch} 3 {height} {width}")
    check_same_shape(image=image, foreground=foreground, background=background)
    mask = torch.ones_like(alpha) if mask is None else mask
    check_same_shape(alpha=alpha, mask=mask)
    difference = background + alpha * (foreground - background) - image
    if colours == "imagenet":  # the mean drops out of a difference
        difference = difference / difference.new_tensor(IMAGENET_STD).view(1, 3, 1, 1)
    distance = torch.sqrt(difference**2 + eps**2).sum(dim=1, keepdim=True)
    return (distance * mask).sum() / mask.sum().clamp(min=1.0)
