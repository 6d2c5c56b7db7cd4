"""The distance between the Laplacian pyramids of two alpha mattes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import torch

from p3m.core.checks import check_same_shape, check_shape
from p3m.ops.pyramid import Kernel, laplacian_pyramid

if TYPE_CHECKING:
    from torch import Tensor


def laplacian_loss(
    pred: Tensor,
    target: Tensor,
    mask: Tensor | None = None,
    *,
    levels: int = 5,
    normalize: Literal["mask", "area"] = "mask",
    kernel: Kernel = "gaussian",
) -> Tensor:
    r"""Sum of mean absolute differences over the levels of two Laplacian pyramids.

    With :math:`\mathcal{L}_k` the k-th level of :func:`~p3m.ops.pyramid.laplacian_pyramid`, the
    last being its residual, and :math:`N_k` the pixels of that level in the batch:

    .. math::
        L = \frac{1}{\bar m} \sum_{k=0}^{K} \frac{1}{N_k} \sum_i
            \left| \mathcal{L}_k(m p)_i - \mathcal{L}_k(m t)_i \right|

    The pyramid is linear, so that the one of the masked difference is all that has to be built.

    Args:
        pred: Predicted alpha in [0, 1], shape (B, 1, H, W), any H and W.
        target: True alpha in [0, 1], shape (B, 1, H, W).
        mask: Weight of each pixel in [0, 1], shape (B, 1, H, W); both mattes are multiplied by it.
            ``None`` weighs every pixel alike.
        levels: Levels of detail :math:`K`, not counting the residual.
        normalize: ``"mask"`` divides by the mask's mean :math:`\bar m` (by that of a single
            pixel at least), ``"area"`` does not.
        kernel: The form of the pyramid's filter; see :func:`~p3m.ops.pyramid.gaussian_blur`.

    Returns:
        The loss in alpha units, a scalar on the device and with the dtype of ``pred``; lower is
        better, 0 for equal mattes and where the mask is empty.

    Raises:
        ShapeError: If ``pred``, ``target`` and ``mask`` do not share one (B, 1, H, W) shape.

    References:
        Hou and Liu, "Context-Aware Image Matting for Simultaneous Foreground and Alpha Estimation",
        ICCV 2019: the pyramid loss, there with a weight of :math:`2^k`. Li et al.,
        "Privacy-Preserving Portrait Matting", ACM MM 2021: without those weights.

    Note:
        The code released with P3M-Net takes means over the whole map also under a mask, so that a
        band of one tenth of the picture counts a tenth: ``normalize="area"`` gives that form. Its
        filter is the sum of two squared one-dimensional Gaussians, a plus sign, where ours is the
        product of two: ``kernel="plus"``. It halves an odd side downwards, ours upwards: sides that
        are multiples of 32 give both the same levels.

    Example:
        >>> target = torch.zeros(1, 1, 32, 32)
        >>> laplacian_loss(torch.full((1, 1, 32, 32), 0.5), target)
        tensor(0.5000)
    """
    check_shape("pred", pred, "B 1 H W")
    check_same_shape(pred=pred, target=target)
    difference = pred - target
    if mask is not None:
        check_same_shape(pred=pred, mask=mask)
        difference = difference * mask
    bands = laplacian_pyramid(difference, levels=levels, kernel=kernel)
    loss = torch.stack([band.abs().mean() for band in bands]).sum()
    if mask is None or normalize == "area":
        return loss
    return loss / mask.mean().clamp(min=1 / mask.numel())
