"""Whether a data set is what was published: counts, pairs, sizes, values, damage, duplicates."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Literal

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from p3m.core.errors import P3MError
from p3m.core.parallel import parallel_map
from p3m.data.entry import DatasetEntry, Kind
from p3m.data.survey import FoundSplit, Problem, drawn_sizes, survey
from p3m.imaging.depth import is_unscaled
from p3m.imaging.io import read_alpha, read_picture
from p3m.imaging.types import Alpha, Size

_TRIMAP_VALUES = (0, 128, 255)
_GREY: tuple[Kind, ...] = ("alpha", "trimap", "face_mask")
_TOLD = 6  # wrong values that are named


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitCount:
    """How many pictures a split has.

    Attributes:
        name: The split.
        found: How many are there.
        published: How many there should be; None where nobody says.
        kinds: How many files of each kind belong to them.
    """

    name: str
    found: int
    published: int | None
    kinds: Mapping[Kind, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What verifying a data set found.

    Attributes:
        data_set: Its name.
        root: Its folder.
        drawn: Whether it is a drawn one.
        splits: The counts.
        problems: All that is wrong, errors first, in the order of files.
    """

    data_set: str
    root: Path
    drawn: bool
    splits: tuple[SplitCount, ...]
    problems: tuple[Problem, ...]

    @property
    def broken(self) -> bool:
        """Whether there is an error among the problems."""
        return any(problem.severity == "error" for problem in self.problems)


@dataclass(frozen=True, slots=True)
class _Task:
    split: str
    root: Path
    files: Mapping[Kind, Path]


@dataclass(frozen=True, slots=True)
class _Checked:
    problems: tuple[Problem, ...]
    digest: bytes | None


def verify(
    entry: DatasetEntry,
    root: Path,
    splits: Sequence[str] = (),
    *,
    prepared: Path | None = None,
    workers: int | None = None,
    tell: Callable[[int, int], None] = lambda *_: None,
) -> Verification:
    """Reads every file of a data set and tells all that is wrong with it.

    Args:
        entry: The data set.
        root: Its folder.
        splits: The parts that are verified. None named: all.
        prepared: Where made files lie; they are verified, too. None: below the root.
        workers: Processes; see `p3m.core.parallel.parallel_map`.
        tell: Told how many pictures are done, of how many.

    Raises:
        InputError: If the folder holds nothing of the set.
        UnknownNameError: If a split is not of this set.
    """
    drawn = drawn_sizes(root)
    wanted = splits or [s.name for s in entry.splits if drawn is None or drawn.get(s.name)]
    found = survey(entry, root, wanted, prepared=prepared)
    problems = [problem for split in found for problem in split.problems]
    counts = tuple(_count(split, drawn) for split in found)
    problems += _miscounts(entry, counts, whole=not splits and drawn is None)
    tasks = [task for split in found for task in _tasks(split, root)]
    seen: dict[bytes, _Task] = {}
    results = parallel_map(_check, tasks, workers=workers)
    for done, (task, checked) in enumerate(zip(tasks, results, strict=True), start=1):
        problems += checked.problems
        if checked.digest is not None:
            first = seen.setdefault(checked.digest, task)
            if first is not task:
                problems.append(_duplicate(task, first))
        tell(done, len(tasks))
    return Verification(
        data_set=entry.name,
        root=root,
        drawn=drawn is not None,
        splits=counts,
        problems=tuple(sorted(problems, key=lambda p: (p.severity, p.file != "", p.split, p.file))),
    )


def _count(split: FoundSplit, drawn: Mapping[str, int] | None) -> SplitCount:
    kinds: dict[Kind, int] = {}
    for files in split.files.values():
        for kind in files:
            kinds[kind] = kinds.get(kind, 0) + 1
    if split.scenes:
        kinds["scene"] = len(split.scenes)
    published = split.entry.size if drawn is None else drawn.get(split.entry.name)
    pictures = kinds.get("image", 0) if "image" in split.entry.places else len(split.scenes)
    return SplitCount(name=split.entry.name, found=pictures, published=published, kinds=kinds)


def _miscounts(
    entry: DatasetEntry, counts: Sequence[SplitCount], *, whole: bool
) -> Iterator[Problem]:
    for count in counts:
        if count.published is not None and count.found != count.published:
            text = f"{count.found} pictures; there should be {count.published}"
            yield Problem(severity="error", split=count.name, file="", text=text)
    total = sum(count.found for count in counts)
    if whole and entry.size is not None and total != entry.size:
        text = f"{total} pictures in all; {entry.size} were published"
        yield Problem(severity="error", split="", file="", text=text)


def _tasks(split: FoundSplit, root: Path) -> Iterator[_Task]:
    for files in split.files.values():
        yield _Task(split.entry.name, root, files)
    for path in split.scenes.values():
        yield _Task(split.entry.name, root, {"scene": path})


def _check(task: _Task) -> _Checked:
    """Reads the files of one picture."""
    problems: list[Problem] = []
    sizes: dict[Kind, Size] = {}
    digest = None

    def tell(path: Path, text: str, severity: Literal["error", "warning"] = "error") -> None:
        file = _below(path, task.root)
        problems.append(Problem(severity=severity, split=task.split, file=file, text=text))

    for kind, path in task.files.items():
        try:
            if kind in _GREY:
                alpha = read_alpha(path)
                sizes[kind] = alpha.shape
                for severity, text in _wrong_values(kind, alpha, _mode(path)):
                    tell(path, text, severity)
            else:
                colours = read_picture(path).rgb
                sizes[kind] = colours.shape[:2]
                if kind in {"image", "scene"}:
                    digest = _digest(colours)
        except P3MError as error:
            tell(path, str(error).removeprefix(f"{path}: "))
    size = sizes.get("image")
    for kind, own in sizes.items():
        if size is not None and own != size:
            text = f"is {own[1]}x{own[0]}, its picture {size[1]}x{size[0]}"
            tell(task.files[kind], text)
    return _Checked(tuple(problems), digest)


def _wrong_values(
    kind: Kind, alpha: Alpha, mode: str
) -> Iterator[tuple[Literal["error", "warning"], str]]:
    """What is wrong with the values of a grey file, with how much weight."""
    if mode in {"RGB", "P", "CMYK"}:
        yield "warning", "has three equal channels in place of one"
    low, high = float(alpha.min()), float(alpha.max())
    if kind == "trimap":
        values = np.unique(np.rint(alpha * 255)).astype(int)
        if strange := [str(value) for value in values if value not in _TRIMAP_VALUES]:
            more = " …" if len(strange) > _TOLD else ""
            yield (
                "error",
                f"holds {', '.join(strange[:_TOLD])}{more}; only 0, 128, 255 may be in it",
            )
    elif is_unscaled(alpha):
        yield "error", "holds 0 and 1 of 255; it seems to be written as 0 and 1"
    elif kind == "alpha":
        if low == high:
            yield "warning", f"is {low:g} everywhere"
        elif high < 1:
            yield "warning", f"reaches {high:.2g} at most"
        elif np.isin(alpha, (0, 1)).all():
            yield "warning", "holds 0 and 1 alone: a mask without soft edges"


def _mode(path: Path) -> str:
    """Pillow's name of the file's channels."""
    with PIL.Image.open(BytesIO(path.read_bytes())) as header:
        return header.mode


def _digest(colours: NDArray[np.uint8]) -> bytes:
    """A hash of what is shown, whatever file it comes in."""
    digest = hashlib.blake2b(repr(colours.shape).encode(), digest_size=16)
    digest.update(colours.tobytes())
    return digest.digest()


def _duplicate(task: _Task, first: _Task) -> Problem:
    """A picture that is there twice; in two splits, it makes every score worthless."""
    path, other = (
        next(t.files[k] for k in ("image", "scene") if k in t.files) for t in (task, first)
    )
    return Problem(
        severity="warning" if task.split == first.split else "error",
        split=task.split,
        file=_below(path, task.root),
        text=f"shows the same as {_below(other, task.root)}",
    )


def _below(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
