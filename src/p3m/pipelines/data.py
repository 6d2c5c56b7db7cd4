"""Data sets by name: verified, prepared, drawn, packed into shards; their agreements kept."""

from collections.abc import Callable, Sequence
from pathlib import Path

from p3m.core.errors import ConfigError
from p3m.data.agreements import require_agreement
from p3m.data.catalog import DATASETS
from p3m.data.entry import DatasetEntry
from p3m.data.layout import find_samples, find_scenes
from p3m.data.prepare import PARTS, Part, Prepared, PrepareSettings, prepare
from p3m.data.shards import Manifest, write_shards
from p3m.data.survey import survey
from p3m.data.synthetic import DrawnSet, draw_set
from p3m.data.verify import Verification, verify
from p3m.imaging.types import Size
from p3m.pipelines.obfuscate import obfuscate_like_p3m

Tell = Callable[[int, int], None]
"""Takes how many pictures are done, and of how many."""

_SHARE = 4  # a drawn set has one picture to validate with for so many to train on


def open_dataset(
    name: str, root: Path, splits: Sequence[str] = (), *, accept: bool = False
) -> DatasetEntry:
    """The catalogue's entry of a set that lies in a folder and may be used.

    Args:
        name: A name in `p3m.data.catalog.DATASETS`.
        root: The set's folder.
        splits: The parts that are wanted. None named: all.
        accept: Whether the user accepts the set's agreement now.

    Raises:
        UnknownNameError: If no set, or no part of it, has that name.
        InputError: If the folder holds nothing of the set.
        AgreementError: If its agreement was not accepted.
        OutputError: If it is accepted now and that can be written nowhere.
    """
    entry = DATASETS[name]
    survey(entry, root, splits)
    require_agreement(entry, root, accept=accept)
    return entry


def verify_dataset(
    name: str,
    root: Path,
    splits: Sequence[str] = (),
    *,
    prepared: Path | None = None,
    accept: bool = False,
    workers: int | None = None,
    tell: Tell = lambda *_: None,
) -> Verification:
    """Reads every file of a data set; see `p3m.data.verify.verify`.

    Raises:
        P3MError: As `open_dataset`.
    """
    entry = open_dataset(name, root, splits, accept=accept)
    return verify(entry, root, splits, prepared=prepared, workers=workers, tell=tell)


def prepare_dataset(
    name: str,
    root: Path,
    splits: Sequence[str] = (),
    *,
    out: Path | None = None,
    parts: Sequence[Part] = PARTS,
    settings: PrepareSettings | None = None,
    accept: bool = False,
    workers: int | None = None,
    tell: Tell = lambda *_: None,
) -> Prepared:
    """Makes what a data set came without; see `p3m.data.prepare.prepare`.

    Raises:
        P3MError: As `open_dataset` and `p3m.data.prepare.prepare`.
    """
    entry = open_dataset(name, root, splits, accept=accept)
    return prepare(
        entry, root, splits, out=out, parts=parts, settings=settings, workers=workers, tell=tell
    )


def draw_dataset(
    like: str,
    out: Path,
    *,
    count: int,
    validation: int | None = None,
    size: Size = (320, 256),
    seed: int = 0,
    workers: int | None = None,
    tell: Tell = lambda *_: None,
) -> dict[str, int]:
    """Draws people who do not exist, in the layout of a data set; faces hidden where they are.

    Args:
        like: The name of the set.
        out: A folder that is empty or not there yet.
        count: Pictures of its first split.
        validation: Pictures of each of the others. None: a quarter as many, at least one.
        size: Height and width of each picture in pixels.
        seed: Decides everything.
        workers: Processes; see `p3m.core.parallel.parallel_map`.
        tell: Told about the progress.

    Returns:
        How many pictures each split got.

    Raises:
        UnknownNameError: If no set has that name.
        ConfigError: If there is nothing to draw.
        OutputError: If the folder holds something.
        RangeError: If pictures are too small.
    """
    entry = DATASETS[like]
    if count < 1:
        raise ConfigError(f"count is {count}; draw at least one picture.")
    others = max(1, count // _SHARE) if validation is None else validation
    first, *rest = (split.name for split in entry.splits)
    sizes = {first: count, **dict.fromkeys(rest, others)}
    drawn = DrawnSet(entry=entry, sizes=sizes, size=size, seed=seed, hide=obfuscate_like_p3m)
    draw_set(drawn, out, workers=workers, tell=tell)
    return sizes


def shard_dataset(
    name: str,
    root: Path,
    out: Path,
    split: str,
    *,
    prepared: Path | None = None,
    samples_per_shard: int = 256,
    seed: int = 0,
    accept: bool = False,
    tell: Tell = lambda *_: None,
) -> Manifest:
    """Packs a split of a data set into shards; see `p3m.data.shards.write_shards`.

    Raises:
        P3MError: As `open_dataset` and `p3m.data.shards.write_shards`.
    """
    entry = open_dataset(name, root, [split], accept=accept)
    has_alphas = "image" in entry.split(split).places
    return write_shards(
        find_samples(entry, root, split, prepared=prepared)
        if has_alphas
        else find_scenes(entry, root, split),
        out,
        data_set=name,
        split=split,
        licence=entry.licence,
        samples_per_shard=samples_per_shard,
        seed=seed,
        tell=tell,
    )
