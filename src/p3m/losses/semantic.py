"""The loss of the segmentation into background, transition and foreground."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch.nn import functional

from p3m.core.checks import check_shape

if TYPE_CHECKING:
    from torch import Tensor


def trimap_cross_entropy(logits: Tensor, trimap: Tensor) -> Tensor:
    r"""Cross-entropy of a three-class segmentation against a trimap.

    .. math:: L = -\frac{1}{N} \sum_i \log \operatorname{softmax}(z_i)_{c_i}

    Args:
        logits: Scores :math:`z` before the softmax, shape (B, 3, H, W): channel 0 for
            background, 1 for the transition, 2 for foreground.
        trimap: True classes :math:`c` in {0, 1, 2}, int64, shape (B, 1, H, W).

    Returns:
        The loss in nats, a scalar on the device and with the dtype of ``logits``; lower is better.

    Raises:
        ShapeError: If ``logits`` is not (B, 3, H, W), or ``trimap`` not (B, 1, H, W) of that size.

    References:
        Li et al., "Privacy-Preserving Portrait Matting", ACM MM 2021: the loss of the global
        branch.

    Example:
        >>> import torch
        >>> logits = torch.zeros(1, 3, 2, 2)
        >>> trimap = torch.ones(1, 1, 2, 2, dtype=torch.int64)
        >>> trimap_cross_entropy(logits, trimap)
        tensor(1.0986)
    """
    check_shape("logits", logits, "B 3 H W")
    batch, _, height, width = logits.shape
    check_shape("trimap", trimap, f"{batch} 1 {height} {width}")
    return functional.cross_entropy(logits, trimap.squeeze(1))
