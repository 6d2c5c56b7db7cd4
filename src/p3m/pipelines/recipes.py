"""What a run trains on and how it is scored: composites at two scales, or crops at one."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from p3m.core.errors import ConfigError
from p3m.data.composites import CompositeDataset
from p3m.data.crops import CropDataset
from p3m.data.cut_things import find_things
from p3m.data.faces import FaceFolder
from p3m.data.foregrounds import ForegroundCache, given_layers
from p3m.data.portraits import Portrait
from p3m.data.sitters import Obfuscate
from p3m.imaging.types import Alpha, Image, Mask
from p3m.models.backbones.efficientnet_lite import CHANNELS, EfficientNetLite0, load_imagenet
from p3m.models.catalog import MODELS
from p3m.models.contract import ModelEntry
from p3m.models.p3mnet_lite.model import P3MNetLite
from p3m.pipelines.obfuscate import obfuscate_like_p3m, obfuscate_randomly
from p3m.pipelines.scorer import Scorer
from p3m.pipelines.train_data import Split, check_faces, portrait_weights
from p3m.pipelines.train_settings import TrainRun
from p3m.pipelines.validate import validator
from p3m.pipelines.validate_portraits import portrait_validator, validation_columns
from p3m.training.batches import Samples
from p3m.training.copy_paste import FeatureCopyPaste, ImageCopyPaste, find_stage
from p3m.training.crop_step import CropStep
from p3m.training.distillation import Regressor
from p3m.training.processes import this_process
from p3m.training.settings import TrainSettings
from p3m.training.trainer import Step
from p3m.training.two_scale import TwoScale, TwoScaleStep

Prepare = Callable[[Callable[[int, int], None]], None]
"""Makes what is needed before the first step; told how much of how much is done."""

_DISTILLED = 2
"""How many of the encoder's features are distilled: the deepest, of strides 32 and 16."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """All that a trainer needs besides its settings.

    Attributes:
        network: What is trained: the model, perhaps with parts that only help to train it.
        step: From a batch to its loss.
        dataset: Samples by number.
        prepare: Makes what samples need and is not there yet.
        score: Scores the network; None where there is nobody to score it on.
        deciding: The score that decides what is best.
    """

    network: nn.Module
    step: Step
    dataset: Samples
    prepare: Prepare
    score: Scorer | None
    deciding: str


def make_recipe(
    run: TrainRun, model: nn.Module, split: Split, settings: TrainSettings, *, cache: Path
) -> Recipe:
    """The recipe that a run's settings ask for; nothing is computed yet.

    Args:
        run: The settings.
        model: The network.
        split: Whom to show, and whom to validate with.
        settings: How long and how fast, in steps.
        cache: Where estimated colours are kept.

    Raises:
        ConfigError: If settings contradict each other, the network or the portraits.
        InputError: If the folder of faces or of things cannot be used.
    """
    check_faces(split, run.faces, needs_masks=run.copy_paste.level != "none")
    make = _composites if run.recipe == "composites" else _crops
    return make(run, model, split, settings, cache)


def _composites(
    run: TrainRun, model: nn.Module, split: Split, settings: TrainSettings, cache: Path
) -> Recipe:
    if not isinstance(model, P3MNetLite):
        raise ConfigError(
            f"model {run.model!r} has no base and detail path for recipe 'composites'; "
            "'p3mnet-lite' has. Or set recipe=crops."
        )
    if run.copy_paste.level != "none":
        raise ConfigError("copy_paste works with recipe 'crops' only.")
    if run.scales.hardest < 1 and this_process().num_processes > 1:
        raise ConfigError("scales.hardest must be 1 where several processes train together.")
    if run.scales.window_px > run.composites.side_px:
        raise ConfigError(
            f"scales.window_px is {run.scales.window_px}, but samples (composites.side_px) have "
            f"{run.composites.side_px} pixels; a window must fit."
        )
    distilled = run.scales.distillation > 0
    if distilled and settings.compile:
        raise ConfigError("scales.distillation does not go with training.compile.")
    foregrounds = ForegroundCache(cache / "foreground")
    dataset = CompositeDataset(
        split.train,
        portrait_weights(split.train, run.data),
        split.train_backgrounds,
        foregrounds,
        run.composites,
        seed=settings.seed,
        length=settings.steps * settings.batch_size,
        obfuscate=_obfuscation(run, split),
        things=find_things(Path(run.data.things)) if run.data.things else (),
    )
    score = None
    if split.validation and split.validation_backgrounds:
        people, scenes = split.validation, split.validation_backgrounds
        score = validator(
            people,
            scenes,
            foregrounds,
            run.composites,
            faces=run.validation.faces,
            count=run.validation.count,
            photos=run.validation.photos,
        )
    return Recipe(
        network=TwoScale(model, Regressor(CHANNELS[-_DISTILLED:]) if distilled else None),
        step=TwoScaleStep(
            run.objective,
            run.scales,
            seed=settings.seed,
            teacher=_imagenet_encoder() if distilled else None,
        ),
        dataset=dataset,
        prepare=_estimation(foregrounds, split.everyone),
        score=score,
        deciding=_deciding(run, score),
    )


def _imagenet_encoder() -> nn.Module:
    teacher = EfficientNetLite0()
    load_imagenet(teacher)
    return teacher.requires_grad_(requires_grad=False).eval().to(this_process().device)


def _crops(
    run: TrainRun, model: nn.Module, split: Split, settings: TrainSettings, cache: Path
) -> Recipe:
    if run.data.things:
        raise ConfigError("data.things works with recipe 'composites' only.")
    if run.scales.hardest < 1:
        raise ConfigError("scales.hardest works with recipe 'composites' only.")
    if run.scales.distillation:
        raise ConfigError("scales.distillation works with recipe 'composites' only.")
    entry = MODELS[run.model]
    if run.crops.side_px % entry.stride:
        raise ConfigError(
            f"crops.side_px is {run.crops.side_px}; {run.model!r} needs a multiple of "
            f"{entry.stride}."
        )
    # The foreground's own cache is of no use: there, only one layer is kept.
    layers = ForegroundCache(cache / "layers", both=True) if run.objective.composition else None
    missing = [p for p in split.train if given_layers(p) is None] if layers else []
    columns = {
        faces: column
        for faces, column in validation_columns(split).items()
        if faces in run.validation.faces
    }
    score = portrait_validator(columns, entry, run.validation) if columns else None
    return Recipe(
        network=model,
        step=CropStep(
            run.objective,
            mean=entry.mean,
            std=entry.std,
            composed="layers" if run.crops.degrades else "image",
            **_copy_paste(run, model, entry, settings),
        ),
        dataset=CropDataset(
            split.train,
            run.crops,
            seed=settings.seed,
            length=settings.steps * settings.batch_size,
            layers=layers,
            weights=portrait_weights(split.train, run.data) if run.data.weighted else None,
            obfuscate=_obfuscation(run, split),
        ),
        prepare=_estimation(layers, missing),
        score=score,
        deciding=_deciding(run, score),
    )


def _deciding(run: TrainRun, score: Scorer | None) -> str:
    """The score that decides: the one that is asked for, or the SAD under the training's faces."""
    own = f"{run.faces}/sad"
    if run.validation.deciding or score is None or own in score.names:
        return run.validation.deciding or own
    return score.names[0]


def _copy_paste(
    run: TrainRun, model: nn.Module, entry: ModelEntry, settings: TrainSettings
) -> dict[str, Any]:
    """What a crop's step takes for it; nothing where no faces are pasted."""
    wanted = run.copy_paste
    if wanted.level == "none":
        return {}
    if not wanted.folder:
        raise ConfigError("copy_paste needs faces to borrow: name a folder with --source-faces.")
    faces = FaceFolder(Path(wanted.folder), patch_px=wanted.patch_px)
    if wanted.level == "image":
        return {"change": ImageCopyPaste(faces, wanted, seed=settings.seed)}
    if settings.compile or settings.sync_norm:
        raise ConfigError(
            "copy_paste.level 'feature' runs a part of the network by itself: it goes neither with "
            "training.compile nor with training.sync_norm."
        )
    if wanted.patch_px % entry.stride:
        raise ConfigError(
            f"copy_paste.patch_px is {wanted.patch_px}; {run.model!r} needs a multiple of "
            f"{entry.stride}."
        )
    find_stage(model, wanted.stage)
    paste = FeatureCopyPaste(faces, wanted, seed=settings.seed, mean=entry.mean, std=entry.std)
    return {"during": paste.during}


def _obfuscation(run: TrainRun, split: Split) -> Obfuscate | None:
    """How visible faces are hidden; None where they may be seen, or nobody can see them."""
    if run.faces == "normal" or split.hidden:
        return None
    return obfuscate_randomly if run.obfuscation == "random" else _obfuscate_like_p3m


def _obfuscate_like_p3m(
    image: Image,
    alpha: Alpha,
    faces: Mask,
    rng: np.random.Generator,  # noqa: ARG001
) -> Image:
    return obfuscate_like_p3m(image, alpha, faces)


def _estimation(cache: ForegroundCache | None, portraits: list[Portrait]) -> Prepare:
    def prepare(tell: Callable[[int, int], None]) -> None:
        if cache is not None and portraits:
            cache.prepare(portraits, lambda done: tell(done, len(portraits)))

    return prepare
