"""MODELS: every network that p3m can build, by name."""

from pathlib import Path

from torch import nn

from p3m.core.catalog import Catalog
from p3m.models.contract import ModelEntry
from p3m.models.p3mnet_lite.model import STRIDE, P3MNetLite
from p3m.models.state import load_state, read_state
from p3m.ops.normalize import IMAGENET_MEAN, IMAGENET_STD

MODELS: Catalog[ModelEntry] = Catalog(
    "model",
    [
        ModelEntry(
            name="p3mnet-lite",
            summary="P3M-Net's design on EfficientNet-Lite0, made for plain CPUs; the default.",
            paper='Li et al., "Privacy-Preserving Portrait Matting", ACM MM 2021',
            build=P3MNetLite,
            stride=STRIDE,
            area_px=320 * 320,
            mean=IMAGENET_MEAN,
            std=IMAGENET_STD,
        ),
    ],
)


def create_model(name: str, weights: Path | None = None) -> nn.Module:
    """The network of that name, in eval mode.

    Args:
        name: A name in `MODELS`.
        weights: A file of trained weights (.safetensors, or a .pt of tensors). None: fresh ones.

    Raises:
        UnknownNameError: If no network has that name.
        WeightsError: If the file does not fit the network.

    Example:
        >>> sum(p.numel() for p in create_model("p3mnet-lite").parameters()) < 6_000_000
        True
    """
    model = MODELS[name].build()
    if weights is not None:
        load_state(model, read_state(weights))
    return model.eval()
