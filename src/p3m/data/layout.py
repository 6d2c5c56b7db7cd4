"""The portraits and scenes of a data set, as training and evaluation take them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from p3m.core.errors import InputError
from p3m.data.entry import DatasetEntry, Kind
from p3m.data.portraits import Background, Portrait
from p3m.data.survey import FoundSplit, survey

_LISTED = 12  # problems that an error tells before it refers to the whole list


@dataclass(frozen=True, slots=True, kw_only=True)
class PortraitFiles(Portrait):
    """A portrait of a data set, with all that came with it.

    Attributes:
        trimap: Path of its trimap, or None.
        foreground: Path of its foreground's colours, or None.
        background: Path of its background's colours, or None.
    """

    trimap: Path | None = None
    foreground: Path | None = None
    background: Path | None = None


def find_samples(
    entry: DatasetEntry, root: Path, split: str, *, prepared: Path | None = None
) -> tuple[PortraitFiles, ...]:
    """The portraits of a split, in the order of their names, with all that belongs to them.

    Args:
        entry: The data set.
        root: Its folder; for P3M-10k the one with or without ``validation`` in it.
        split: The split's name.
        prepared: Where made files lie. None: in `PREPARED` below the root.

    Raises:
        InputError: If folders or files are missing; it tells them all, or the first dozen.
        UnknownNameError: If the set has no such split.
    """
    found = _whole(entry, root, split, prepared)
    if not found.files:
        raise InputError(f"{root}: {split} of {entry.name} has no alphas, only scenes.")
    return tuple(_portrait(entry, name, kinds) for name, kinds in found.files.items())


def find_scenes(entry: DatasetEntry, root: Path, split: str) -> tuple[Background, ...]:
    """The pictures without people of a split, in the order of their names; perhaps none.

    Args:
        entry: The data set.
        root: Its folder.
        split: The split's name.

    Raises:
        InputError: If folders or files are missing.
        UnknownNameError: If the set has no such split.
    """
    scenes = _whole(entry, root, split, None).scenes
    return tuple(Background(name=name, image=p, group=name) for name, p in scenes.items())


def _whole(entry: DatasetEntry, root: Path, split: str, prepared: Path | None) -> FoundSplit:
    """A split of which nothing is missing.

    Raises:
        InputError: If something is.
    """
    (found,) = survey(entry, root, [split], prepared=prepared)
    broken = [problem for problem in found.problems if problem.severity == "error"]
    if broken:
        told = "; ".join(map(str, broken[:_LISTED]))
        rest = len(broken) - _LISTED
        more = f"; and {rest} more, see p3m data verify {entry.name} {root}" if rest > 0 else ""
        raise InputError(f"{root}: {split} of {entry.name} is not whole: {told}{more}.")
    return found


def _portrait(entry: DatasetEntry, key: str, kinds: Mapping[Kind, Path]) -> PortraitFiles:
    name = key.replace("/", "-")
    return PortraitFiles(
        name=name,
        image=kinds["image"],
        alpha=kinds["alpha"],
        face_mask=kinds.get("face_mask"),
        group=name,
        family=entry.name,
        licence=entry.licence,
        trimap=kinds.get("trimap"),
        foreground=kinds.get("foreground"),
        background=kinds.get("background"),
    )
