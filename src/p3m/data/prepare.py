"""What training needs and a data set came without: trimaps, foreground and background colours."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from p3m.core.errors import ConfigError, InputError, MissingExtraError, P3MError
from p3m.core.parallel import parallel_map
from p3m.data.entry import DatasetEntry, Kind
from p3m.data.foregrounds import Layers, estimate_layers
from p3m.data.survey import PREPARED, FoundSplit, prepared_path, survey
from p3m.imaging.atomic import write_atomic
from p3m.imaging.depth import quantize
from p3m.imaging.io import read_alpha, read_image, write_picture
from p3m.imaging.trimap import trimap_from_alpha
from p3m.imaging.types import Alpha, Image

Part = Literal["trimap", "foreground", "background"]
"""What can be made."""

Method = Literal["multilevel", "closed-form"]
"""How colours are estimated: closed form is what the P3M authors used, and many times slower."""

PARTS: tuple[Part, ...] = get_args(Part)

_RECORD = "prepared.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepareSettings:
    """How files are made; those of one folder are all made alike.

    Attributes:
        method: How colours are estimated.
        radius_px: How far a trimap's unknown region reaches beyond the alpha's transition.
    """

    method: Method = "multilevel"
    radius_px: int = 12


@dataclass(frozen=True, slots=True)
class Prepared:
    """What preparing came to.

    Attributes:
        out: The folder of made files.
        made: Pictures that something was made for.
        complete: Pictures that had all of it before.
        failed: Pictures that could not be prepared, with what is wrong with them.
    """

    out: Path
    made: int
    complete: int
    failed: tuple[tuple[Path, str], ...]


@dataclass(frozen=True, slots=True)
class _Task:
    image: Path
    alpha: Path
    targets: Mapping[Kind, Path]
    settings: PrepareSettings


def prepare(
    entry: DatasetEntry,
    root: Path,
    splits: Sequence[str] = (),
    *,
    out: Path | None = None,
    parts: Sequence[Part] = PARTS,
    settings: PrepareSettings | None = None,
    workers: int | None = None,
    tell: Callable[[int, int], None] = lambda *_: None,
) -> Prepared:
    """Makes what a data set came without; its own files are never touched.

    A file that came with the set, or was made before, stays; a run that was killed goes on where it
    was. Files are written whole or not at all, as ``OUT/SPLIT/KIND/NAME``, where
    `p3m.data.layout.find_samples` finds them. Cut-out pictures, which are their own foreground, get
    trimaps alone.

    Args:
        entry: The data set.
        root: Its folder.
        splits: The parts that are prepared. None named: all.
        out: Takes what is made. None: `PREPARED` below the root.
        parts: What is made.
        settings: How. None: the defaults.
        workers: Processes; see `p3m.core.parallel.parallel_map`.
        tell: Told how many pictures are done, of how many.

    Raises:
        InputError: If the folder holds nothing of the set, or pictures lack their alphas.
        ConfigError: If ``out`` holds what was made in another way.
        MissingExtraError: If colours are estimated and pymatting is not installed.
        OutputError: If ``out`` cannot be written.
    """
    settings = settings or PrepareSettings()
    out = out or root / PREPARED
    found = survey(entry, root, splits, prepared=out)
    _refuse_gaps(found, root)
    pictures = sum("image" in kinds for split in found for kinds in split.files.values())
    tasks = [task for split in found for task in _tasks(split, out, parts, settings)]
    _claim(out, settings, begin=bool(tasks))
    failed: list[tuple[Path, str]] = []
    results = parallel_map(_make, tasks, workers=workers)
    for done, (task, problem) in enumerate(zip(tasks, results, strict=True), start=1):
        if problem is not None:
            failed.append((task.image, problem))
        tell(done, len(tasks))
    return Prepared(out, len(tasks) - len(failed), pictures - len(tasks), tuple(failed))


def closed_form_layers(image: Image, alpha: Alpha) -> Layers:
    """The colours of both layers as the authors of P3M-Net and GFM estimated them.

    One sparse linear system is solved for all pixels at once: minutes, and gigabytes, for a large
    picture. `p3m.data.foregrounds.estimate_layers` comes close in a fraction of the time.

    Args:
        image: The picture, shape (H, W, 3).
        alpha: In [0, 1], shape (H, W).

    Returns:
        Foreground and background: the picture itself where alpha is 1 and where it is 0.

    Raises:
        MissingExtraError: If pymatting is not installed.

    References:
        Levin et al., "A Closed-Form Solution to Natural Image Matting", TPAMI 2008.
    """
    try:
        from pymatting import estimate_foreground_cf  # noqa: PLC0415 - optional, seconds to import
    except ImportError as error:
        raise MissingExtraError("Estimating the layers of a picture", "train") from error
    solved = estimate_foreground_cf(image / 255.0, alpha.astype(np.float64), return_background=True)
    steps = quantize(alpha)
    layers = Layers(*(np.rint(layer * 255).clip(0, 255).astype(np.uint8) for layer in solved))
    np.copyto(layers.foreground, image, where=(steps == 255)[..., None])
    np.copyto(layers.background, image, where=(steps == 0)[..., None])
    return layers


def _tasks(
    split: FoundSplit, out: Path, parts: Sequence[Part], settings: PrepareSettings
) -> Iterator[_Task]:
    """The pictures that lack something, and what."""
    for name, kinds in split.files.items():
        cut_out = kinds["image"] == kinds["alpha"]
        wanted: Sequence[Part] = [p for p in parts if p == "trimap"] if cut_out else parts
        targets: dict[Kind, Path] = {
            part: prepared_path(out, split.entry.name, part, name)
            for part in wanted
            if part not in kinds
        }
        if targets:
            yield _Task(kinds["image"], kinds["alpha"], targets, settings)


def _make(task: _Task) -> str | None:
    """Makes the files of one picture; returns what is wrong with it, if anything."""
    try:
        alpha = read_alpha(task.alpha)
        if path := task.targets.get("trimap"):
            trimap = trimap_from_alpha(alpha, task.settings.radius_px)
            write_picture(path, trimap.astype(np.float32) / np.float32(255))
        if task.targets.keys() & {"foreground", "background"}:
            layers = _ESTIMATES[task.settings.method](read_image(task.image), alpha)
            if path := task.targets.get("foreground"):
                write_picture(path, layers.foreground)
            if path := task.targets.get("background"):
                write_picture(path, layers.background)
    except MissingExtraError:
        raise
    except P3MError as error:
        return str(error)
    return None


def _refuse_gaps(found: Sequence[FoundSplit], root: Path) -> None:
    gaps = [
        str(problem) for split in found for problem in split.problems if problem.severity == "error"
    ]
    if gaps:
        raise InputError(f"{root}: {len(gaps)} problems, mend them first: {'; '.join(gaps[:12])}")


def _claim(out: Path, settings: PrepareSettings, *, begin: bool) -> None:
    """Checks that files are made as before; writes down how they are, where a run begins."""
    record = out / _RECORD
    if not record.is_file():
        if begin:
            write_atomic(record, (json.dumps(asdict(settings), indent=2) + "\n").encode())
        return
    earlier = json.loads(record.read_text(encoding="utf-8"))
    if earlier != asdict(settings):
        told = ", ".join(f"{name} {value}" for name, value in earlier.items())
        raise ConfigError(f"{out} holds what was made with {told}; choose another folder.")


_ESTIMATES: Mapping[Method, Callable[[Image, Alpha], Layers]] = {
    "multilevel": estimate_layers,
    "closed-form": closed_form_layers,
}
