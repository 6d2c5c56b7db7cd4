"""What a training starts from: fresh weights, an encoder's, a checkpoint or an exported file."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import Any, cast

import torch
import torch.nn.functional as F
from accelerate.utils import broadcast
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, Subset

from p3m.core.errors import ConfigError, InputError
from p3m.core.paths import is_file
from p3m.export.restore import restore
from p3m.models.backbones.efficientnet_lite import load_imagenet
from p3m.models.catalog import MODELS
from p3m.models.contract import UserInitial
from p3m.models.initial import SCRATCH, load_initial
from p3m.models.p3mnet_lite.model import COARSE, STRIDE, P3MNetLite
from p3m.models.p3mnet_lite.semantic import SemanticBlock
from p3m.models.state import find_mismatch, load_state, read_state
from p3m.ops.morphology import trimap_classes
from p3m.ops.normalize import normalize, to_planes
from p3m.pipelines.train_settings import TrainRun
from p3m.training.batches import Samples, load
from p3m.training.norm import settle_norms
from p3m.training.processes import first_process_does
from p3m.training.side_heads import fit_side_heads
from p3m.weights.catalog import WEIGHTS, weights_record
from p3m.weights.store import find_weights

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
        ModelFormatError: If it ends in .onnx and is none.
        WeightsError: If the file fits neither the network nor its encoder.
        MissingExtraError: If the packages for ONNX files or for ImageNet's weights are missing.
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


def with_permanent_name(run: TrainRun) -> TrainRun:
    """The run, for whose record a model's newest weights are called by their own name.

    Args:
        run: May start from weights of the catalogue.

    Raises:
        UnknownNameError: If the catalogue has no such weights of its model.
    """
    if not _in_catalogue(run.initial):
        return run
    return dataclasses.replace(run, initial=weights_record(run.initial).name)


def exported_weights(initial: str) -> Path | None:
    """The ONNX file from which a training starts; None if it starts from something else.

    Args:
        initial: As of `TrainRun`: the file, or weights of the catalogue by their name.

    Raises:
        UnknownNameError: If the catalogue has no such weights of its model.
        InputError: If there is no such file.
        WeightsError: If weights of the catalogue are not there, or have another hash.
    """
    if _in_catalogue(initial):
        return find_weights(initial)
    path = Path(initial)
    if path.suffix.lower() != ".onnx":
        return None
    if not is_file(path):
        raise InputError(f"{path}: no such weights file.")
    return path


def settle_on_samples(
    model: nn.Module,
    dataset: Samples,
    *,
    transition: float,
    workers: int = 0,
    worker_init: Callable[[int], None] | None = None,
) -> None:
    """Gives restored weights what their file lacks, on a training's first samples.

    That is statistics for batch norms, and side heads. The first process does it; all that train
    together have the same weights afterwards.

    Args:
        model: A network of two scales, with `p3m.export.restore`'s weights.
        dataset: Samples: ``image``, uint8 of shape (S, S, 3), and ``alpha``, uint8 of shape (S, S).
        transition: How far the training's trimaps reach, as a share of the picture's side.
        workers: How many processes make samples; with none, this one does.
        worker_init: Called in each of those.
    """
    first = Subset(cast("Dataset[Any]", dataset), range(min(_SETTLED_ON, len(dataset))))
    loader = DataLoader(first, _AT_ONCE, num_workers=workers, worker_init_fn=worker_init)
    device = next(model.parameters()).device
    heads = [block.side for block in model.modules() if isinstance(block, SemanticBlock)]

    def look(batches: Iterable[tuple[Tensor, Tensor]]) -> Iterator[Tensor]:
        """Runs the network on samples; gives the classes of those that it has just seen."""
        for pixels, alpha in batches:
            side = pixels.shape[1] // STRIDE * STRIDE
            base = max(STRIDE, side * 3 // 4 // STRIDE * STRIDE)
            image, truth = (
                to_planes(values[:, :side, :side].to(device))
                for values in (pixels, alpha[..., None])
            )
            model(normalize(image), base_size=(base, base))
            small = F.interpolate(truth, (base, base), mode="area")
            yield trimap_classes(small, max(1, round(transition * base)))

    def settle() -> None:
        with closing(load(loader)) as loaded:
            batches = [(batch["image"], batch["alpha"]) for batch in loaded]
        settle_norms(model, lambda: list(look(batches)))
        fit_side_heads(heads, look(batches))

    with torch.compiler.set_stance("force_eager"):  # hooks do not go with compiled code
        first_process_does(settle)
    for tensor in chain(model.parameters(), model.buffers()):
        tensor.data.copy_(broadcast(tensor.data.contiguous()))


def _in_catalogue(initial: str) -> bool:
    return any(record.model == initial.partition("@")[0] for record in WEIGHTS.values())


def _restore(model: nn.Module, run: TrainRun, path: Path) -> None:
    if not isinstance(model, P3MNetLite):
        raise ConfigError(
            f"{run.model!r} cannot start from an ONNX file, p3mnet-lite alone can: start from the "
            f"checkpoint that {path.name} was made from."
        )
    load_imagenet(model.base.encoder)  # whose kernels lend the file's their lengths
    restore(
        path,
        model.base,
        model.detail,
        stride=STRIDE,
        coarse_channels=COARSE,
        detail_multiple=model.detail.MULTIPLE,
    )


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
