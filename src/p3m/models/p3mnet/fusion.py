"""Fusion: the semantic decoder says where the matting decoder is heard."""

from torch import Tensor

from p3m.models.contract import FOREGROUND, TRANSITION


def fuse(global_logits: Tensor, local_alpha: Tensor) -> Tensor:
    """Local alpha in the transition, 1 in the foreground, 0 in the background.

    Li et al., "Privacy-Preserving Portrait Matting", ACM MM 2021. Each pixel goes by its most
    likely class alone, so no gradient reaches ``global_logits``.

    Args:
        global_logits: Scores of background, transition and foreground, shape (B, 3, H, W).
        local_alpha: Alpha in [0, 1], shape (B, 1, H, W).

    Returns:
        Alpha in [0, 1], shape (B, 1, H, W), of the dtype of ``local_alpha``.

    Example:
        >>> import torch
        >>> logits = torch.eye(3)[None, :, :, None]
        >>> fuse(logits, torch.full((1, 1, 3, 1), 0.25)).flatten().tolist()
        [0.0, 0.25, 1.0]
    """
    classes = global_logits.argmax(dim=1, keepdim=True)
    transition = (classes == TRANSITION).to(local_alpha.dtype)
    foreground = (classes == FOREGROUND).to(local_alpha.dtype)
    return local_alpha * transition + foreground
