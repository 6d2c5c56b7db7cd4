"""Writes a trained network as an ONNX file."""

from functools import partial
from pathlib import Path

from torch import nn

from p3m.core.errors import ConfigError
from p3m.core.paths import is_file
from p3m.export.onnx import ExportReport, Storage, export_onnx
from p3m.models.catalog import MODELS
from p3m.models.contract import ModelEntry
from p3m.models.identify import identify
from p3m.models.p3mnet_lite.model import COARSE, P3MNetLite
from p3m.models.state import load_state, read_state
from p3m.pipelines.outputs import check_weights_target


def export(
    source: str | Path,
    target: Path,
    *,
    weights: Path | None = None,
    storage: Storage = "single",
    overwrite: bool = False,
) -> ExportReport:
    """Exports a network in p3m's ONNX format.

    p3mnet-lite becomes one file of two graphs, base and detail path; every other network one graph
    with the outputs ``alpha``, ``local_alpha`` and ``global_logits``.

    Args:
        source: A name in the catalogue of models, which needs ``weights``; or a checkpoint, whose
            network is told by its tensors. Text that is a name is taken as one.
        target: The file to write.
        weights: Trained weights of the network that ``source`` names.
        storage: How kernels are stored; the graph computes in single precision whichever it is.
        overwrite: Whether a file that exists may be replaced.

    Returns:
        The file's hash and size, and how far it agrees with the network in torch.

    Raises:
        ConfigError: If a name comes without weights, or weights with a checkpoint, or the file to
            write is not named ``.onnx``.
        UnknownNameError: If ``source`` is no name and does not look like a path.
        InputError: If there is no such checkpoint.
        WeightsError: If it cannot be read, or fits no network or not the named one.
        ExportMismatchError: If the graphs give other numbers; nothing is written then.
        OutputError: If the file exists already, is the checkpoint itself, or cannot be written.
    """
    check_weights_target(target, ".onnx", Path(weights or source), overwrite=overwrite)
    entry, network = trained(source, weights)
    write = partial(
        export_onnx,
        target=target,
        name=entry.name,
        stride=entry.stride,
        area_px=entry.area_px,
        mean=entry.mean,
        std=entry.std,
        storage=storage,
        overwrite=overwrite,
    )
    if not isinstance(network, P3MNetLite):
        return write(network, None)
    return write(
        network.base,
        network.detail,
        coarse_channels=COARSE,
        detail_halo_px=network.detail.HALO_PX,
        detail_multiple=network.detail.MULTIPLE,
        detail_from_halves=network.detail.FROM_HALVES,
    )


def trained(source: str | Path, weights: Path | None) -> tuple[ModelEntry, nn.Module]:
    """A network of the catalogue with weights from a file, and its record.

    Args:
        source: As of :func:`export`.
        weights: Likewise.

    Raises:
        ConfigError: Likewise; and all else but what writing can raise.
    """
    if isinstance(source, str) and (source in MODELS or not _is_path(source)):
        entry = MODELS[source]
        if weights is None:
            raise ConfigError(
                f"{source!r} names a network, which has no weights of its own: add --weights FILE "
                "(weights=Path(...)), or give a checkpoint in place of the name."
            )
        state = read_state(weights)
    else:
        if weights is not None:
            raise ConfigError(
                f"{source} is a checkpoint already; give {weights} alone, or with a network's name."
            )
        state = read_state(Path(source))
        entry = MODELS[identify(state)]
    network: nn.Module = entry.build()
    load_state(network, state)
    return entry, network


def _is_path(source: str) -> bool:
    """Whether text looks like a file rather than like a misspelt name."""
    path = Path(source)
    return bool(path.suffix) or len(path.parts) > 1 or is_file(path)
