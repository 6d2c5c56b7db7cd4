"""Learning from those samples of a batch on which a network errs most."""

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from p3m.ops.normalize import normalize, to_planes
from p3m.training.norm import set_training

_GLANCE_PX = 224


def take_hardest(base: nn.Module, batch: Mapping[str, Any], share: float) -> dict[str, Any]:
    """The samples of a batch whose alpha a network gets most wrong, at a glance.

    A glance is the alpha of the picture at 224 by 224 pixels, without gradients and by batch norm's
    running statistics; so it costs far less than learning from a sample. Shrivastava et al.,
    "Training Region-based Object Detectors with Online Hard Example Mining", CVPR 2016, choose
    regions so.

    Args:
        base: From a normalised picture to a `MattingOutput`; in training mode afterwards.
        batch: uint8 tensors: image (B, S, S, 3) and alpha (B, S, S), and whatever else there is of
            each sample, in tensors or lists.
        share: How many of the samples, in (0, 1]; rounded, but at least one.

    Returns:
        The batch of those samples, in their order.
    """
    count = max(1, round(share * len(batch["image"])))
    if count == len(batch["image"]):
        return dict(batch)
    image, alpha = (
        F.interpolate(to_planes(pixels), (_GLANCE_PX, _GLANCE_PX), mode="area")
        for pixels in (batch["image"], batch["alpha"][..., None])
    )
    base.eval()
    with torch.no_grad():
        errors = (base(normalize(image)).alpha - alpha).abs().mean(dim=(1, 2, 3))
    # Else learning would find the weights as they were cast here, without their gradients.
    torch.clear_autocast_cache()
    set_training(base)
    kept = errors.topk(count).indices.sort().values
    return {name: _take(values, kept) for name, values in batch.items()}


def _take(values: Any, kept: Tensor) -> Any:
    return values[kept] if isinstance(values, Tensor) else [values[n] for n in kept.tolist()]
