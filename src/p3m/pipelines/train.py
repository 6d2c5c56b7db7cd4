"""Trains a network on a folder of portraits, faces obfuscated first."""

import dataclasses
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import cv2
from torch import nn

from p3m.core.errors import ConfigError, TrainingError
from p3m.core.provenance import provenance
from p3m.data.composites import CompositeDataset, CompositeSettings
from p3m.data.foregrounds import ForegroundCache
from p3m.data.portraits import Background, Portrait, read_portrait_folder
from p3m.data.split import split_by_family, split_by_group
from p3m.losses.objective import P3MObjective
from p3m.models.backbones.efficientnet_lite import load_imagenet
from p3m.models.catalog import MODELS
from p3m.models.p3mnet_lite.model import P3MNetLite
from p3m.pipelines.obfuscate import obfuscate_randomly
from p3m.pipelines.validate import validator
from p3m.training.checkpoint import write_weights
from p3m.training.hooks import Checkpoint, Curves, Progress, Validate
from p3m.training.processes import first_process_does
from p3m.training.seeding import seed_initial_weights
from p3m.training.settings import TrainSettings
from p3m.training.trainer import Hook, Trainer, TrainState
from p3m.training.two_scale import TwoScale, TwoScaleSettings, TwoScaleStep


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSettings:
    """Which portraits are trained on, and how often each.

    Attributes:
        validation_fraction: The share of each family's portraits, and of the backgrounds, that is
            kept for validation, by whole persons and scenes.
        split_seed: Decides who is kept.
        exclude: Names that are not trained on, wherever the split puts them.
        qualities: Those of the manifest that are trained on.
        family_weights: How often a family is drawn, as a share of all; families that are not named
            share what is left by their sizes.
    """

    validation_fraction: float = 0.12
    split_seed: int = 1
    exclude: tuple[str, ...] = ()
    qualities: tuple[str, ...] = ("A", "B")
    family_weights: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainRun:
    """All settings of a run; a preset is a TOML file of them.

    Attributes:
        model: A name in the catalogue of models.
        initial: What the encoder starts from.
        faces: ``obfuscated`` hides every face before training (PPT); ``normal`` does not.
        data: What is trained on.
        composites: How samples are made.
        scales: The sizes at which the network sees them.
        objective: The weights of the loss's terms.
        training: How long and how fast.
    """

    model: str
    initial: Literal["imagenet", "scratch"] = "imagenet"
    faces: Literal["obfuscated", "normal"] = "obfuscated"
    data: DataSettings = field(default_factory=DataSettings)
    composites: CompositeSettings = field(default_factory=CompositeSettings)
    scales: TwoScaleSettings = field(default_factory=TwoScaleSettings)
    objective: P3MObjective = field(default_factory=P3MObjective)
    training: TrainSettings


@dataclass(frozen=True, slots=True)
class Split:
    """The portraits and backgrounds of a folder, divided."""

    train: list[Portrait]
    validation: list[Portrait]
    train_backgrounds: list[Background]
    validation_backgrounds: list[Background]


Tell = Callable[[str, int, int, float], None]
"""Takes what is done (``foregrounds`` or ``steps``), how many of how many, and the loss."""


def train(
    run: TrainRun,
    *,
    data: Path,
    out: Path,
    resume: bool = False,
    cache: Path | None = None,
    tell: Tell = lambda *_: None,
) -> Path:
    """Trains a network.

    Args:
        run: The settings.
        data: A folder as `p3m.data.portraits.read_portrait_folder` takes it.
        out: Takes settings, curves, checkpoints and weights.
        resume: Goes on with the run that ``out`` holds.
        cache: Where estimated foregrounds are kept. None: ``cache`` beside ``out``.
        tell: Told about the progress.

    Returns:
        The weights: the running average at the end, ``weights.safetensors``; ``best.safetensors``
        beside it are those of the best validation.

    Raises:
        InputError: If the folder cannot be used.
        ConfigError: If ``out`` holds another run, or settings contradict each other.
        TrainingError: If the loss is not finite.
    """
    first_process_does(lambda: _claim(out, run, resume=resume))
    split = split_folder(data, run.data)
    if not split.train or not split.validation:
        raise TrainingError(
            f"{data}: {len(split.train)} portraits to train on, "
            f"{len(split.validation)} to validate with; both need at least one."
        )
    foregrounds = ForegroundCache((cache or out.parent / "cache") / "foreground")
    everyone = (*split.train, *split.validation)
    first_process_does(
        lambda: foregrounds.prepare(everyone, lambda n: tell("foregrounds", n, len(everyone), 0.0))
    )

    settings = run.training.in_steps(len(split.train))
    dataset = CompositeDataset(
        split.train,
        portrait_weights(split.train, run.data),
        split.train_backgrounds,
        foregrounds,
        run.composites,
        seed=settings.seed,
        length=settings.steps * settings.batch_size,
        obfuscate=obfuscate_randomly if run.faces == "obfuscated" else None,
    )
    seed_initial_weights(settings.seed)
    model = _build(run)
    curves = Curves(out, every=settings.log_every)
    hooks: list[Hook] = [
        Validate(
            validator(split.validation, split.validation_backgrounds, foregrounds, run.composites),
            deciding="obfuscated/mad",
            every=settings.validate_every,
            best=out / "best.safetensors",
            curves=curves,
        ),
        curves,
        Progress(lambda step, loss: tell("steps", step, settings.steps, loss)),
        Checkpoint(out / "last.pt", every_s=settings.checkpoint_every_s),
    ]
    trainer = Trainer(
        TwoScale(model),
        TwoScaleStep(run.objective, run.scales, seed=settings.seed),
        dataset,
        settings,
        groups=parameter_groups(model, settings),
        hooks=hooks,
        checkpoint=out / "last.pt",
        worker_init=_one_thread,
    )
    state: TrainState = trainer.run(resume=resume)
    weights = out / "weights.safetensors"
    first_process_does(lambda: write_weights(weights, state.average.module))
    return weights


def split_folder(data: Path, settings: DataSettings) -> Split:
    """Divides a folder's portraits by person and its backgrounds by scene.

    Args:
        data: The folder.
        settings: Shares, seed and exclusions.
    """
    folder = read_portrait_folder(data)
    usable = [p for p in folder.portraits if p.quality in settings.qualities]
    train_part, validation = split_by_family(
        usable,
        [p.family for p in usable],
        fraction=settings.validation_fraction,
        seed=settings.split_seed,
    )
    groups = {p.group for p in usable if p.name in settings.exclude}
    validation += [p for p in train_part if p.group in groups]
    backgrounds = split_by_group(
        folder.backgrounds, fraction=settings.validation_fraction, seed=settings.split_seed
    )
    return Split([p for p in train_part if p.group not in groups], validation, *backgrounds)


def portrait_weights(portraits: Sequence[Portrait], settings: DataSettings) -> list[float]:
    """How often each portrait is drawn: its family's share, divided among its portraits.

    Raises:
        ConfigError: If the named shares add up to more than 1.
    """
    sizes: dict[str, int] = {}
    for portrait in portraits:
        sizes[portrait.family] = sizes.get(portrait.family, 0) + 1
    shares = {name: share for name, share in settings.family_weights.items() if name in sizes}
    left, others = 1 - sum(shares.values()), sum(n for f, n in sizes.items() if f not in shares)
    if left < -1e-9:
        raise ConfigError(f"data.family_weights add up to {1 - left:g}; at most 1 can be shared.")
    return [
        shares[p.family] / sizes[p.family] if p.family in shares else left / others
        for p in portraits
    ]


def parameter_groups(model: nn.Module, settings: TrainSettings) -> list[dict[str, Any]]:
    """The trained parameters: the encoder's at a lower rate, its first stages not at all.

    Args:
        model: A network with ``base.encoder``; its frozen parameters lose their gradient.
        settings: What is frozen, and the rates.
    """
    encoder = model.get_submodule("base.encoder")
    if settings.frozen_stages >= 0:
        frozen = [f"stages.{index}." for index in range(settings.frozen_stages)] + ["stem."]
        for name, parameter in encoder.named_parameters():
            parameter.requires_grad_(not name.startswith(tuple(frozen)))
    if settings.frozen_norm:
        for module in encoder.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.requires_grad_(requires_grad=False)
    pretrained = {id(parameter) for parameter in encoder.parameters()}
    rates = {True: settings.lr * settings.encoder_lr_factor, False: settings.lr}
    return [
        {
            "params": [
                parameter
                for parameter in model.parameters()
                if parameter.requires_grad and (id(parameter) in pretrained) == in_encoder
            ],
            "lr": lr,
        }
        for in_encoder, lr in rates.items()
    ]


def _build(run: TrainRun) -> P3MNetLite:
    model = MODELS[run.model].build()
    if not isinstance(model, P3MNetLite):
        raise ConfigError(f"model {run.model!r} has no base and detail path; 'p3mnet-lite' has.")
    if run.initial == "imagenet":
        load_imagenet(model.base.encoder)
    return model


def _claim(out: Path, run: TrainRun, *, resume: bool) -> None:
    """Writes the settings into the run's folder, or checks that it holds this run already."""
    record = out / "run.json"
    settings = json.loads(json.dumps(dataclasses.asdict(run)))
    if record.is_file():
        if not resume:
            raise ConfigError(f"{out} holds a run already: use --resume, or another folder.")
        if json.loads(record.read_text(encoding="utf-8"))["settings"] != settings:
            raise ConfigError(f"{out} holds a run of other settings; see {record}.")
        return
    out.mkdir(parents=True, exist_ok=True)
    origin = provenance("torch", "accelerate", "numpy", "opencv-python", "pymatting")
    text = json.dumps({"settings": settings, "provenance": origin}, indent=2)
    record.write_text(text + "\n", encoding="utf-8")


def _one_thread(worker: int) -> None:  # noqa: ARG001
    """Keeps OpenCV from starting threads in each process that makes samples."""
    cv2.setNumThreads(0)
