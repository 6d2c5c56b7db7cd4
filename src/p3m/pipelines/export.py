"""Writes a trained network as an ONNX file."""

from pathlib import Path

from p3m.core.errors import ConfigError
from p3m.export.onnx import ExportReport, export_onnx
from p3m.models.catalog import MODELS
from p3m.models.p3mnet_lite.model import HIDDEN, P3MNetLite
from p3m.models.state import load_state, read_state


def export(
    model: str, weights: Path, target: Path, *, half: bool = False, overwrite: bool = False
) -> ExportReport:
    """Exports a network in p3m's ONNX format: one file, base and detail path.

    Args:
        model: A name in the catalogue of models.
        weights: Its trained weights.
        target: The file to write.
        half: Stores kernels in half precision; the graph still computes in single precision.
        overwrite: Whether a file that exists may be replaced.

    Returns:
        The file's hash and size, and its greatest difference to the network in torch.

    Raises:
        UnknownNameError: If no network has that name.
        ConfigError: If the network has no detail path.
        WeightsError: If the weights do not fit.
        ExportMismatchError: If the graphs give other numbers; nothing is written then.
        OutputError: If the file exists already or cannot be written.
    """
    entry = MODELS[model]
    network = entry.build()
    if not isinstance(network, P3MNetLite):
        raise ConfigError(f"model {model!r} has no base and detail path; 'p3mnet-lite' has.")
    load_state(network, read_state(weights))
    return export_onnx(
        network.base,
        network.detail,
        target,
        name=model,
        stride=entry.stride,
        area_px=entry.area_px,
        mean=entry.mean,
        std=entry.std,
        coarse_channels=2 + HIDDEN,
        detail_halo_px=network.detail.HALO_PX,
        detail_multiple=network.detail.MULTIPLE,
        half_storage=half,
        overwrite=overwrite,
    )
