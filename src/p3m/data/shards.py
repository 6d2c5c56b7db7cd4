"""Data sets as a few large files: WebDataset shards, written alike each time, read in any order.

A shard is a tar file. The files of a picture follow each other in it as they lay on the disk, under
one number: ``000017.image.jpg``, ``000017.alpha.png`` and what else belongs to it, and
``000017.json`` with its name. Any WebDataset reader takes them.
"""

import json
import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TypedDict, get_args

import numpy as np
from numpy.typing import NDArray

from p3m.core.errors import InputError, MissingExtraError, OutputError
from p3m.data.entry import Kind
from p3m.data.layout import PortraitFiles
from p3m.data.portraits import Background
from p3m.imaging.atomic import open_atomic, write_atomic

MANIFEST = "shards.json"
"""The file beside the shards that says what is in them."""

_RECORD = "json"


class Manifest(TypedDict):
    """What is in a folder of shards.

    Attributes:
        data_set: The set's name.
        split: The split's name.
        licence: The set's licence, which holds for the shards, too.
        shards: How many pictures each file holds.
    """

    data_set: str
    split: str
    licence: str
    shards: dict[str, int]


@dataclass(frozen=True, slots=True)
class ShardSample:
    """A picture out of a shard.

    Attributes:
        name: Its name in the data set.
        group: Who it shows.
        files: The content of its files, as `p3m.imaging.io.read_image` and ``read_alpha`` take it.
    """

    name: str
    group: str
    files: Mapping[Kind, bytes]


@dataclass(frozen=True, slots=True)
class _Member:
    """A file within a tar file: where it begins, and its length in bytes."""

    offset: int
    size: int


def write_shards(
    samples: Sequence[PortraitFiles | Background],
    out: Path,
    *,
    data_set: str,
    split: str,
    licence: str,
    samples_per_shard: int = 256,
    seed: int = 0,
    tell: Callable[[int, int], None] = lambda *_: None,
) -> Manifest:
    """Writes pictures into shards, in an order drawn once: each shard is a sample of the whole.

    The same pictures, seed and size of shards give the same bytes, whenever and wherever.

    Args:
        samples: The pictures.
        out: A folder that is empty or not there yet.
        data_set: The set's name.
        split: The split's name.
        licence: The set's licence.
        samples_per_shard: Pictures in each file; the last may hold fewer.
        seed: Decides the order.
        tell: Told how many pictures are done, of how many.

    Returns:
        What is also written into `MANIFEST`, last.

    Raises:
        InputError: If there are no pictures, or one cannot be read.
        OutputError: If the folder holds something, or cannot be written.
        MissingExtraError: If webdataset is not installed.
    """
    try:
        from webdataset import TarWriter  # noqa: PLC0415 - optional, a second to import
    except ImportError as error:
        raise MissingExtraError("Writing shards", "train") from error
    if not samples:
        raise InputError(f"{split} of {data_set} has no pictures to write.")
    if out.is_dir() and any(out.iterdir()):
        raise OutputError(f"{out}: is not empty; choose another folder.")
    order = np.random.default_rng(seed).permutation(len(samples))
    shards: dict[str, int] = {}
    for first in range(0, len(order), samples_per_shard):
        chosen = order[first : first + samples_per_shard]
        name = f"{data_set}-{split}-{len(shards):06}.tar"
        # Owner and time of the files would be different each time.
        with (
            open_atomic(out / name) as file,
            TarWriter(file, encoder=False, mtime=0, user="", group="") as tar,
        ):
            for number, index in enumerate(chosen, start=first):
                tar.write({"__key__": f"{number:06}", **_content(samples[index])})
                tell(number + 1, len(samples))
        shards[name] = len(chosen)
    manifest = Manifest(data_set=data_set, split=split, licence=licence, shards=shards)
    write_atomic(out / MANIFEST, (json.dumps(manifest, indent=2) + "\n").encode())
    return manifest


class ShardReader:
    """The pictures of a folder of shards by their numbers, from 0 on.

    Only the heads of the tar files are read at first. It holds no open file, so that it can be sent
    to processes that make samples.

    Args:
        folder: Holds the shards, ``*.tar``.

    Raises:
        InputError: If there are none, one is damaged, or they are not those of `MANIFEST`: writing
            was interrupted, or a file is missing.

    Example:
        >>> reader = ShardReader(folder)  # doctest: +SKIP
        >>> for index in reader.order(seed=1, epoch=3)[resumed_at:]:  # doctest: +SKIP
        ...     image = read_image(reader[index].files["image"])
    """

    def __init__(self, folder: Path) -> None:
        self._members: list[tuple[Path, dict[str, _Member]]] = []
        self._shards: list[range] = []
        counts: dict[str, int] = {}
        for path in sorted(folder.glob("*.tar")):
            before = len(self._members)
            self._members += [(path, members) for members in _heads(path).values()]
            self._shards.append(range(before, len(self._members)))
            counts[path.name] = len(self._members) - before
        if not self._members:
            raise InputError(f"{folder}: holds no shards (*.tar).")
        if counts != (written := _written(folder)):
            wrong = ", ".join(sorted({name for name, _ in counts.items() ^ written.items()}))
            raise InputError(
                f"{folder}: {MANIFEST} does not tell of these files ({wrong}); writing them was "
                "interrupted, or some are missing. Write them again, into another folder."
            )

    def __len__(self) -> int:
        return len(self._members)

    def __getitem__(self, index: int) -> ShardSample:
        """The picture of that number.

        Raises:
            IndexError: If there is none.
        """
        path, members = self._members[index]
        with path.open("rb") as file:

            def read(member: _Member) -> bytes:
                file.seek(member.offset)
                return file.read(member.size)

            record = json.loads(read(members[_RECORD])) if _RECORD in members else {}
            kinds: dict[Kind, bytes] = {
                kind: read(member)
                for suffix, member in members.items()
                for kind in get_args(Kind)
                if suffix.partition(".")[0] == kind
            }
        name = str(record.get("name", index))
        return ShardSample(name, str(record.get("group", name)), kinds)

    def order(self, *, seed: int, epoch: int) -> NDArray[np.int64]:
        """All numbers in the order of an epoch: shards as drawn, and the pictures within each.

        A run that stopped goes on at the same place of the same order. Pictures of one shard stay
        together, so that disks read it as a whole.

        Args:
            seed: Decides the order of all epochs.
            epoch: Which of them.
        """
        rng = np.random.default_rng((seed, epoch))
        shards = (self._shards[index] for index in rng.permutation(len(self._shards)))
        return np.concatenate([rng.permutation(np.arange(s.start, s.stop)) for s in shards])


def _written(folder: Path) -> dict[str, int]:
    """How many pictures each shard of a folder was written with; none if it was not finished."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return dict(manifest["shards"])
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{folder / MANIFEST}: cannot be read ({error}).") from error


def _content(sample: PortraitFiles | Background) -> dict[str, bytes]:
    """The files of a picture by their names within the shard."""
    if isinstance(sample, Background):
        paths: dict[str, Path | None] = {"scene": sample.image}
    else:
        names = {field.name for field in fields(sample)} & set(get_args(Kind))
        paths = {name: getattr(sample, name) for name in names}
    record = {"name": sample.name, "group": sample.group}
    try:
        content = {f"{k}{p.suffix.lower()}": p.read_bytes() for k, p in paths.items() if p}
    except OSError as error:
        raise InputError(f"{error.filename}: cannot be read ({error.strerror}).") from error
    return {**content, _RECORD: json.dumps(record).encode()}


def _heads(path: Path) -> dict[str, dict[str, _Member]]:
    """The files of a tar file by number and suffix, in their order."""
    heads: dict[str, dict[str, _Member]] = {}
    try:
        with tarfile.open(path, "r:") as tar:
            for info in tar:
                number, _, suffix = info.name.partition(".")
                heads.setdefault(number, {})[suffix] = _Member(info.offset_data, info.size)
            end = tar.offset
    except (tarfile.TarError, OSError) as error:
        raise InputError(f"{path}: is no whole tar file ({error}); write it again.") from error
    if end > path.stat().st_size:
        raise InputError(f"{path}: is cut short; write it again.")
    return heads
