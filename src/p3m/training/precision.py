"""Mixed precision: which one a device gets, and the context that a forward pass runs in."""

from typing import Literal

import torch

Precision = Literal["no", "bf16", "fp16"]

_DTYPES = {"no": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def mixed_precision(
    wanted: Literal["auto", "no", "bf16", "fp16"], device: torch.device
) -> Precision:
    """The precision to compute in.

    Args:
        wanted: ``auto`` takes ``bf16`` on a GPU that has it, ``fp16`` on an older one, and ``no``
            elsewhere.
        device: Where it is computed.
    """
    if wanted != "auto":
        return wanted
    if device.type != "cuda":
        return "no"
    return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"


def autocast(precision: Precision, device: torch.device) -> torch.autocast:
    """The context in which convolutions and products are computed in that precision.

    Args:
        precision: For ``no``, the context does nothing.
        device: Where it is computed.
    """
    return torch.autocast(device.type, dtype=_DTYPES[precision], enabled=precision != "no")
