"""Trains a network on portraits, as settings say, from the first step or from where it stopped."""

import dataclasses
import json
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import fmean
from typing import Any

import cv2
from filelock import FileLock, Timeout
from torch import nn

from p3m.core.errors import ConfigError
from p3m.core.provenance import provenance
from p3m.data.contents import check_contents
from p3m.data.sizes import check_sizes
from p3m.imaging.atomic import write_atomic
from p3m.models.catalog import MODELS
from p3m.models.state import save_state
from p3m.pipelines.parameter_groups import parameter_groups
from p3m.pipelines.recipes import Recipe, make_recipe
from p3m.pipelines.start import (
    build_model,
    exported_weights,
    settle_on_samples,
    with_permanent_name,
)
from p3m.pipelines.train_data import Split, find_portraits
from p3m.pipelines.train_settings import TrainRun
from p3m.training.hooks import Checkpoint, Curves, Progress, Validate
from p3m.training.processes import first_process_does, this_process
from p3m.training.seeding import seed_initial_weights
from p3m.training.settings import TrainSettings
from p3m.training.trainer import Hook, Trainer, TrainState

_TOLD = 5  # settings that an error names
_PATIENCE_S = 15.0  # a killed training's workers live on for some seconds, and hold its folder

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

    All that can be wrong with settings and files is looked for before anything is computed.

    Args:
        run: The settings.
        data: A data set of the catalogue, or a folder as `p3m.data.portraits.read_portrait_folder`
            takes it.
        out: Takes settings, curves, checkpoints and weights.
        resume: Goes on with the run that ``out`` holds.
        cache: Where estimated colours are kept. None: ``cache`` beside ``out``.
        tell: Told about the progress.

    Returns:
        The weights: the running average at the end, ``weights.safetensors``; ``best.safetensors``
        beside it are those of the best validation.

    Raises:
        InputError: If files are missing, unreadable or of the wrong size; it names them all.
        ConfigError: If ``out`` holds another run, or another training writes into it, or settings
            contradict each other or the data.
        UnknownNameError: If it starts from weights that the catalogue has not.
        ModelFormatError: If it starts from an .onnx file that is none.
        WeightsError: If the weights to start from do not fit.
        TrainingError: If there is nobody to train on, or the loss is not finite.
    """
    run = with_permanent_name(run)
    split = find_portraits(data, run.data, scenes=run.recipe == "composites")
    first_process_does(lambda: _check_free(out, run, data, split, resume=resume))
    first_process_does(lambda: check_sizes(split.everyone, split.backgrounds))
    if run.data.dataset == "folder":  # data sets of the catalogue are large, and known
        first_process_does(lambda: check_contents(split.everyone, split.backgrounds))
    settings = run.training.in_steps(len(split.train))
    seed_initial_weights(settings.seed)
    model = build_model(run)
    recipe = make_recipe(run, model, split, settings, cache=cache or out.parent / "cache")
    own = model.state_dict().keys()

    def keep_best(network: nn.Module) -> None:
        save_state(out / "best.safetensors", network, only=own)

    trainer = Trainer(
        recipe.network,
        recipe.step,
        recipe.dataset,
        settings,
        groups=parameter_groups(recipe.network, settings, encoder=MODELS[run.model].encoder),
        hooks=_hooks(recipe, settings, out, keep_best, tell),
        checkpoint=out / "last.pt",
        worker_init=_follow_main,
    )
    with _alone_in(out):
        first_process_does(lambda: _claim(out, run, data, split, resume=resume))
        try:
            first_process_does(
                lambda: recipe.prepare(lambda done, total: tell("foregrounds", done, total, 0.0))
            )
            if exported_weights(run.initial):
                settle_on_samples(
                    model,
                    recipe.dataset,
                    transition=fmean(run.scales.trimap_share),
                    workers=settings.workers,
                    worker_init=_follow_main,
                )
            state: TrainState = trainer.run(resume=resume)
        except Exception:
            if this_process().is_main_process:
                _give_up(out)
            raise
        weights = out / "weights.safetensors"
        first_process_does(lambda: save_state(weights, state.average.module, only=own))
    return weights


def _hooks(
    recipe: Recipe,
    settings: TrainSettings,
    out: Path,
    keep_best: Callable[[nn.Module], None],
    tell: Tell,
) -> list[Hook]:
    curves = Curves(out, every=settings.log_every)
    hooks: list[Hook] = [
        Progress(lambda step, loss: tell("steps", step, settings.steps, loss)),
        Checkpoint(out / "last.pt", every_s=settings.checkpoint_every_s),
    ]
    if recipe.score is None:
        return [curves, *hooks]
    validate = Validate(
        recipe.score,
        deciding=recipe.deciding,
        every=settings.validate_every,
        keep=keep_best,
        curves=curves,
    )
    return [curves, validate, *hooks]


def _check_free(out: Path, run: TrainRun, data: Path, split: Split, *, resume: bool) -> None:
    """Checks that a folder holds no run, or this one and it is to go on."""
    record = out / "run.json"
    if not record.is_file():
        return
    if not resume:
        raise ConfigError(f"{out} holds a run already: use --resume, or another folder.")
    try:
        whole = json.loads(record.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ConfigError(
            f"{record} is damaged; put it back, or train in another folder."
        ) from error
    if others := sorted(_differing(whole["settings"], _plain(run))):
        raise ConfigError(
            f"{out} holds a run of other settings ({', '.join(others[:_TOLD])}); see {record}."
        )
    now = _shown(run, data, split)
    seen = now | whole.get("data", {})  # earlier versions did not write all of it
    if seen["digest"] != now["digest"]:
        raise ConfigError(
            f"{out} holds a run on other pictures ({seen['folder']}, or some were added or taken "
            "away since); it can go on with the same ones only."
        )
    if seen["files"] != now["files"]:
        raise ConfigError(
            f"{out} holds a run on other files: pictures, masks, scores or things have changed "
            "since; it can go on with the same ones only."
        )


def _differing(one: Any, other: Any, name: str = "") -> Iterator[str]:
    """The dotted names of the settings that two runs do not share."""
    if not (isinstance(one, dict) and isinstance(other, dict)):
        if one != other:
            yield name
        return
    for key in one.keys() | other.keys():
        yield from _differing(one.get(key), other.get(key), f"{name}.{key}" if name else key)


def _give_up(out: Path) -> None:
    """Leaves the folder to another run if this one has not got anywhere."""
    if not (out / "last.pt").is_file():
        (out / "run.json").unlink(missing_ok=True)


@contextmanager
def _alone_in(out: Path) -> Iterator[None]:
    """Keeps other trainings out of a run's folder until this one ends, however it ends."""
    lock = FileLock(out / ".lock", timeout=_PATIENCE_S)
    first_process_does(lambda: _take(lock, out))
    try:
        yield
    finally:
        lock.release()


def _take(lock: FileLock, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    try:
        lock.acquire()
    except Timeout as error:
        raise ConfigError(
            f"{out}: another training writes into this folder; wait for its end, or stop it."
        ) from error


def _claim(out: Path, run: TrainRun, data: Path, split: Split, *, resume: bool) -> None:
    """Writes settings and data into the run's folder, unless they are there."""
    record = out / "run.json"
    if resume and record.is_file():
        return
    origin = provenance("torch", "accelerate", "numpy", "opencv-python", "pymatting")
    whole = {"settings": _plain(run), "data": _shown(run, data, split), "provenance": origin}
    text = json.dumps(whole, indent=2)
    write_atomic(record, (text + "\n").encode(), overwrite=False)


def _shown(run: TrainRun, data: Path, split: Split) -> dict[str, str]:
    """What samples are made of: the data, and the files and folders that settings name."""
    names = run.data.harder, run.data.things, run.copy_paste.folder
    return {
        "folder": str(data),
        "digest": split.digest(),
        "files": split.files_digest([Path(name) for name in names if name]),
    }


def _plain(run: TrainRun) -> Any:
    """The settings as JSON reads them back."""
    return json.loads(json.dumps(dataclasses.asdict(run)))


def _follow_main(worker: int) -> None:  # noqa: ARG001
    """Leaves a process that makes samples one thread, and its end to the main process.

    Service managers and terminals tell all processes of a run to stop; one of these that did
    would end the run with an error before its checkpoint is written.
    """
    cv2.setNumThreads(0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
