"""What a training starts from: fresh weights, an encoder's, a checkpoint or an exported file."""

from pathlib import Path
from typing import TYPE_CHECKING, cast

from accelerate.utils import broadcast
from torch import Tensor, nn
from torch.utils.data import default_collate

from p3m.core.errors import ConfigError
from p3m.export.restore import restore
from p3m.models.catalog import MODELS
from p3m.models.contract import UserInitial
from p3m.models.initial import SCRATCH, load_initial
from p3m.models.p3mnet_lite.model import HIDDEN, STRIDE, P3MNetLite
from p3m.models.state import find_mismatch, load_state, read_state
from p3m.ops.normalize import normalize, to_planes
from p3m.pipelines.train_settings import TrainRun
from p3m.training.batches import Samples
from p3m.training.norm import settle_norms
from p3m.weights.catalog import WEIGHTS
from p3m.weights.store import find_weights

if TYPE_CHECKING:
    from p3m.models.p3mnet_lite.semantic import SemanticBlock

_SETTLED_ON = 32
_AT_ONCE = 4


def build_model(run: TrainRun) -> nn.Module:
    """The network that a run trains, with the weights that it starts from.

    Args:
        run: Its settings.

    Raises:
        ConfigError: If the network has no weights of the kind that is asked for.
        UnknownNameError: If the catalogue has no such weights.
        InputError: If there is no such file.
        WeightsError: If the file fits neither the network nor its encoder.
    """
    entry = MODELS[run.model]
    model = entry.build()
    packaged = entry.initials.get(run.initial)
    if isinstance(packaged, UserInitial):
        raise ConfigError(
            f"{run.model!r} starts from a file of yours: {packaged.summary.rstrip('.')}. "
            "Name it with --set initial=FILE, or start from nothing with --set initial=scratch."
        )
    if run.initial == SCRATCH or packaged is not None:
        load_initial(model, entry, run.initial)
    elif exported := exported_weights(run.initial):
        _restore(model, run, exported)
    else:
        if not Path(run.initial).suffix:
            load_initial(model, entry, run.initial)  # tells the names that there are
        _load_file(model, run)
    return model


def exported_weights(initial: str) -> Path | None:
    """The ONNX file from which a training starts; None if it starts from something else.

    Args:
        initial: As of `TrainRun`: the file, or weights of the catalogue by their name.

    Raises:
        UnknownNameError: If the catalogue has no such weights of its model.
        WeightsError: If the file is missing or has not the catalogue's hash.
    """
    model = initial.partition("@")[0]
    if initial.endswith(".onnx") or any(record.model == model for record in WEIGHTS.values()):
        return find_weights(initial)
    return None


def settle_on_samples(model: nn.Module, dataset: Samples) -> None:
    """Gives the batch norms of restored weights the statistics of a training's first samples.

    Args:
        model: A network of two scales, with `p3m.export.restore`'s weights; alike in all processes
            that train together afterwards.
        dataset: Samples whose ``image`` is uint8 of shape (S, S, 3), S a multiple of 32.
    """
    device = next(model.parameters()).device

    def look() -> None:
        for start in range(0, min(_SETTLED_ON, len(dataset)), _AT_ONCE):
            numbers = range(start, min(start + _AT_ONCE, len(dataset)))
            batch: Tensor = default_collate([dataset[number]["image"] for number in numbers])
            side = batch.shape[1]
            base = max(STRIDE, side * 3 // 4 // STRIDE * STRIDE)
            model(normalize(to_planes(batch.to(device))), base_size=(base, base))

    settle_norms(model, look)
    model.load_state_dict(broadcast(model.state_dict()))


def _restore(model: nn.Module, run: TrainRun, path: Path) -> None:
    if not isinstance(model, P3MNetLite):
        raise ConfigError(
            f"{run.model!r} cannot start from an ONNX file, p3mnet-lite alone can: start from the "
            f"checkpoint that {path.name} was made from."
        )
    restore(
        path,
        model.base,
        model.detail,
        stride=STRIDE,
        coarse_channels=2 + HIDDEN,
        detail_multiple=model.detail.MULTIPLE,
    )
    # Files lack the side heads. At random they would err more than all else, and pull at the rest.
    for block in model.base.semantic:
        side = cast("SemanticBlock", block).side
        nn.init.zeros_(side.weight)
        nn.init.zeros_(cast("Tensor", side.bias))


def _load_file(model: nn.Module, run: TrainRun) -> None:
    """Loads a file of the whole network, or of its encoder where such files are known."""
    entry, path = MODELS[run.model], Path(run.initial)
    state = read_state(path)
    takes_encoders = [
        name for name, kind in entry.initials.items() if isinstance(kind, UserInitial)
    ]
    if not takes_encoders or not any(find_mismatch(model, state)):
        load_state(model, state)
        return
    load_initial(model, entry, takes_encoders[0], file=path)
