"""The PPT study: networks trained on blurred and on normal faces, each tested on both."""

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from p3m.core.errors import ConfigError, InputError
from p3m.core.provenance import provenance
from p3m.data.foregrounds import ForegroundCache
from p3m.data.portraits import Background, read_portrait_folder
from p3m.data.ppt_open import Manifest, find_listed, list_pack, read_manifest
from p3m.pipelines.ppt_columns import (
    FACES,
    PACKAGES,
    Contender,
    Method,
    check_weights,
    measure_entrant,
)
from p3m.pipelines.ppt_pictures import PICTURES_VERSION, Faces, Sitter, make_pictures
from p3m.pipelines.ppt_study import Study
from p3m.pipelines.train_data import split_folder
from p3m.pipelines.train_settings import DataSettings, TrainRun
from p3m.pipelines.train_settings import Faces as TrainFaces

Tell = Callable[[str, int, int, float], None]
"""Takes what is done, how much of how much, and the loss where something is trained."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]*")
_LEAST = 2  # pictures that an interval needs
_FACES_SETTING: dict[Faces, TrainFaces] = {"B": "obfuscated", "N": "normal"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PptSettings:
    """What a study is of.

    Attributes:
        root: The portrait pack.
        out: Takes pictures, trainings, columns and the report.
        contenders: The networks, trained already.
        train: How networks are trained first, once on blurred and once on normal faces; None
            trains none.
        train_name: What these are called.
        manifest: Who is tested with. None: PPT-Open's own.
        count: How many people are shown, taken evenly from all. None: all.
        strategy: How pictures meet the network.
        threads: Threads of the network. None takes all.
        fast: Whether gradients and connectivity are left out.
        seed: Decides the draws of the intervals.
        cache: Where estimated colours are kept. None: in ``out``.

    Raises:
        ConfigError: If there is nothing to test, or a name is there twice.
    """

    root: Path
    out: Path
    contenders: tuple[Contender, ...] = ()
    train: TrainRun | None = None
    train_name: str = ""
    manifest: Path | None = None
    count: int | None = None
    strategy: str = "tiled"
    threads: int | None = None
    fast: bool = False
    seed: int = 0
    cache: Path | None = None

    def __post_init__(self) -> None:
        names = [one.name for one in self.contenders]
        names += [self.train_name] if self.train else []
        if not names:
            raise ConfigError("Name networks (--model), or how to train one (--train).")
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ConfigError(f"{', '.join(twice)}: two networks have this name.")
        if bad := [name for name in names if not _NAME.fullmatch(name)]:
            raise ConfigError(f"{bad[0]!r} is no name for a network: letters, digits and ._@+-.")
        if self.count is not None and self.count < _LEAST:
            raise ConfigError(f"count is {self.count}; intervals need at least {_LEAST} pictures.")


def make_manifest(root: Path, settings: DataSettings) -> Manifest:
    """The manifest of a pack as training divides it by these settings.

    Args:
        root: The pack.
        settings: Shares, seed, exclusions, qualities.

    Raises:
        InputError: If files are missing.
    """
    split = split_folder(root, settings)
    return list_pack(
        read_portrait_folder(root),
        {
            "train": [*split.train, *split.train_backgrounds],
            "validation": [*split.validation, *split.validation_backgrounds],
        },
    )


def benchmark_ppt(settings: PptSettings, *, tell: Tell = lambda *_: None) -> Study:
    """Verifies the pack, trains if that is wanted, and tests every network.

    What an earlier run into the same folder has finished is not done again: trainings go on where
    they were, and columns of the same weights and pictures are taken as they are.

    Args:
        settings: What the study is of.
        tell: Told about the progress.

    Raises:
        EvaluationError: If files of the pack are missing or were changed, with the list of all.
        ConfigError: If weights of one network are of two, or training would show people of the
            test.
        P3MError: If weights or the pack cannot be used.
    """
    method = Method(strategy=settings.strategy, threads=settings.threads, fast=settings.fast)
    contenders = list(settings.contenders)
    for one in contenders:
        check_weights(one, method)
    manifest = read_manifest(settings.manifest)
    sitters, scenes = _test_set(settings, manifest, tell)
    if settings.train is not None:
        _check_training(settings, settings.train, manifest)
    pairs = make_pictures(
        sitters,
        scenes,
        ForegroundCache((settings.cache or settings.out / "cache") / "foreground"),
        settings.out / "pictures" / f"v{PICTURES_VERSION}-{manifest.digest}",
        tell=_counting(tell, "Pictures"),
    )
    if settings.train is not None:
        contenders.append(_train(settings, settings.train, tell))
    chosen = {"manifest": manifest.digest, "seed": settings.seed}
    measure = partial(measure_entrant, method=method, out=settings.out / "columns", chosen=chosen)
    return Study(
        tables={
            table: tuple(
                measure(
                    one, table, columns, tell=lambda what, done, total: tell(what, done, total, 0.0)
                )
                for one in contenders
            )
            for table, columns in pairs.items()
        },
        pictures=len(sitters),
        settings={**_plain(settings), "manifest": manifest.digest},
        provenance=provenance(*PACKAGES),
    )


def _test_set(
    settings: PptSettings, manifest: Manifest, tell: Tell
) -> tuple[list[Sitter], tuple[Background, ...]]:
    """Who is shown, and before what; all files that the study needs are verified."""
    folder = read_portrait_folder(settings.root)
    if settings.train is not None:
        find_listed(manifest, folder, ["train"], tell=_counting(tell, "Training set"))
    people, scenes = find_listed(manifest, folder, ["validation"], tell=_counting(tell, "Test set"))
    sitters = [
        Sitter(number=number, portrait=portrait)
        for number, portrait in enumerate(people)
        if portrait.face_mask is not None
    ]
    if len(sitters) < _LEAST or not scenes:
        raise InputError(
            f"{settings.root}: the study needs {_LEAST} people with face masks and a scene that "
            "the manifest has for validation."
        )
    if settings.count is not None:
        places = np.linspace(0, len(sitters) - 1, min(settings.count, len(sitters)))
        sitters = [sitters[int(place)] for place in places.round()]
    return sitters, scenes


def _check_training(settings: PptSettings, run: TrainRun, manifest: Manifest) -> None:
    """Raises a ConfigError if training would show people or scenes that are not for it."""
    if run.data.dataset != "folder":
        raise ConfigError(
            f"The preset trains on {run.data.dataset!r}; the study trains on its pack: "
            "--set data.dataset=folder."
        )
    scenes = run.recipe == "composites"
    split = split_folder(settings.root, run.data, scenes=scenes)
    allowed = {(item.kind, item.name) for item in manifest.items if item.split == "train"}
    shown = [("portrait", one.name) for one in split.train]
    shown += [("scene", one.name) for one in split.train_backgrounds]
    if wrong := [name for kind, name in shown if (kind, name) not in allowed]:
        raise ConfigError(
            f"Training would show {len(wrong)} pictures that the manifest does not have for "
            f"training: {', '.join(wrong[:5])}{' ...' if len(wrong) > 5 else ''}. Its split comes "
            "from data.validation_fraction, split_seed, exclude and qualities."
        )


def _train(settings: PptSettings, run: TrainRun, tell: Tell) -> Contender:
    """The network after both trainings, which differ in nothing but the faces."""
    from p3m.pipelines.train import train  # noqa: PLC0415 -- brings torch

    weights: dict[Faces, str] = {}
    for faces in FACES:
        folder = f"train-{faces}"
        file = train(
            replace(run, faces=_FACES_SETTING[faces]),
            data=settings.root,
            out=settings.out / folder,
            resume=True,
            cache=settings.cache or settings.out / "cache",
            tell=_training(tell, folder),
        )
        weights[faces] = str(file)
    return Contender(name=settings.train_name, weights=weights)


def _counting(tell: Tell, what: str) -> Callable[[int, int], None]:
    return lambda done, total: tell(what, done, total, 0.0)


def _training(tell: Tell, folder: str) -> Tell:
    return lambda part, done, total, loss: tell(f"{folder}: {part}", done, total, loss)


def _plain(settings: PptSettings) -> dict[str, Any]:
    """The settings as JSON has them."""
    values = asdict(replace(settings, manifest=None))
    return {
        name: str(value) if isinstance(value, Path) else value
        for name, value in values.items()
        if value is not None
    }
