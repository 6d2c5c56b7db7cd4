"""Turns a checkpoint of somebody's into a file of tensors that says what it is."""

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from p3m.models.catalog import MODELS
from p3m.models.identify import identify
from p3m.models.state import load_state, read_state, save_state, shared_names
from p3m.pipelines.outputs import check_weights_target
from p3m.weights.store import sha256_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """What was found in a checkpoint, and what was made of it.

    Attributes:
        path: The file that was written.
        model: The network's name.
        tensors: How many tensors it has.
        parameters: How many numbers are in them, each tensor counted once.
        repeated: Names that stood for a tensor of another name, and are not in the file.
        source_sha256: The checkpoint's hash, 64 hexadecimal digits.
    """

    path: Path
    model: str
    tensors: int
    parameters: int
    repeated: int
    source_sha256: str


def convert(
    source: Path, target: Path, *, model: str | None = None, overwrite: bool = False
) -> Converted:
    """Reads a checkpoint, checks it against its network, and writes its tensors as safetensors.

    The file's metadata are the network's name (``p3m.name``), the checkpoint's hash
    (``p3m.source_sha256``) and the version of p3m (``p3m.version``).

    Args:
        source: A checkpoint as `p3m.models.state.read_state` takes it: the published ones among
            them.
        target: The file to write.
        model: The network's name in the catalogue. None: it is told by the tensors.
        overwrite: Whether a file that exists may be replaced.

    Returns:
        What was found and written.

    Raises:
        UnknownNameError: If no network has that name.
        InputError: If there is no such checkpoint.
        WeightsError: If it is damaged, needs more than tensors, or fits no network or not the named
            one, every name and shape.
        ConfigError: If the file to write is not named ``.safetensors``.
        OutputError: If the file exists already, is the checkpoint itself, or cannot be written.
    """
    check_weights_target(target, ".safetensors", source, overwrite=overwrite)
    state = read_state(source)
    entry = MODELS[identify(state) if model is None else model]
    network = entry.build()
    load_state(network, state)
    sha256 = sha256_of(source)
    metadata = {
        "p3m.name": entry.name,
        "p3m.source_sha256": sha256,
        "p3m.version": version("p3m"),
    }
    save_state(target, network, metadata)
    repeated = shared_names(network)
    kept = [tensor for name, tensor in network.state_dict().items() if name not in repeated]
    return Converted(
        path=target,
        model=entry.name,
        tensors=len(kept),
        parameters=sum(tensor.numel() for tensor in kept),
        repeated=sum(name in state for name in repeated),
        source_sha256=sha256,
    )
