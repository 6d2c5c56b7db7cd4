"""What lies in the folder of a data set, found without opening a file, and what is missing."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from p3m.core.errors import InputError
from p3m.data.catalog import DATASETS
from p3m.data.entry import DatasetEntry, Kind, Place, SplitEntry

PICTURE_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})
"""The files of a folder that count, in lower case; hidden ones never do."""

PREPARED = "prepared"
"""The folder below a data set's root that takes what is made from it: ``SPLIT/KIND/NAME``."""

PREPARED_SUFFIXES: Mapping[Kind, str] = {
    "trimap": ".png",
    "foreground": ".png",
    "background": ".jpg",
}
"""What can be made, and as which files."""

DRAWN = "synthetic.json"
"""The file that marks a set as drawn: it holds the number of pictures of each split."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something wrong with a data set.

    Attributes:
        severity: Whether the set is broken by it, or only worth a look.
        split: The part of the set; empty where it concerns the whole.
        file: The file below the root; empty where it is a folder or a number.
        text: What is wrong.
    """

    severity: Literal["error", "warning"]
    split: str
    file: str
    text: str

    def __str__(self) -> str:
        place = self.file or self.split
        return f"{place}: {self.text}" if place else self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundSplit:
    """What lies in the folders of a split.

    Attributes:
        entry: The split as the catalogue has it.
        folders: The folders that are there, by kind.
        files: The files that belong to a picture, by its name and their kinds.
        scenes: Pictures without people, by name.
        problems: What is missing or stands alone.
    """

    entry: SplitEntry
    folders: Mapping[Kind, Path]
    files: Mapping[str, Mapping[Kind, Path]]
    scenes: Mapping[str, Path]
    problems: tuple[Problem, ...]

    @property
    def size(self) -> int:
        """How many pictures there are."""
        return sum("image" in kinds for kinds in self.files.values()) + len(self.scenes)


def survey_split(split: SplitEntry, root: Path, *, prepared: Path | None = None) -> FoundSplit:
    """Finds the files of a split, without opening them.

    Args:
        split: The split.
        root: The data set's folder.
        prepared: Where made files lie. None: in `PREPARED` below the root.
    """
    folders = {kind: f for kind, place in split.places.items() if (f := _folder(root, place))}
    problems = [
        _error(split, f"there is no folder {' or '.join(place.folders)}")
        for kind, place in split.places.items()
        if kind not in folders and not place.optional
    ]
    files: dict[str, dict[Kind, Path]] = defaultdict(dict)
    scenes: dict[str, Path] = {}
    for kind, folder in folders.items():
        by_name, twice = _by_name(split, root, kind, folder)
        problems += twice
        if kind == "scene":
            scenes = by_name
            continue
        for name, path in by_name.items():
            files[name][kind] = path
    problems += _unpaired(split, root, folders, files)
    problems += _add_prepared(split, prepared or root / PREPARED, files)
    return FoundSplit(
        entry=split,
        folders=folders,
        files=dict(sorted(files.items())),
        scenes=dict(sorted(scenes.items())),
        problems=tuple(problems),
    )


def survey(
    entry: DatasetEntry,
    root: Path,
    splits: Sequence[str] = (),
    *,
    prepared: Path | None = None,
) -> tuple[FoundSplit, ...]:
    """Finds the files of a data set, without opening them.

    Args:
        entry: The data set.
        root: Its folder.
        splits: The parts that are looked at. None named: all.
        prepared: Where made files lie. None: in `PREPARED` below the root.

    Raises:
        InputError: If there is no such folder, or none of the set's folders is in it.
        UnknownNameError: If a split is not of this set.
    """
    if not root.is_dir():
        raise InputError(f"{root}: is no folder.")
    wanted = [entry.split(name) for name in splits] or list(entry.splits)
    found = tuple(survey_split(split, root, prepared=prepared) for split in wanted)
    if not any(split.folders for split in found):
        places = (p for s in wanted for p in s.places.values() if not p.optional)
        missing = dict.fromkeys(place.folders[0] for place in places)
        raise InputError(
            f"{root}: holds nothing of {entry.name}; it needs {', '.join(missing)}."
            f"{_advice(entry, root)}"
        )
    return found


def drawn_sizes(root: Path) -> Mapping[str, int] | None:
    """How many pictures of each split were drawn, if the set is a drawn one; else None."""
    path = root / DRAWN
    if not path.is_file():
        return None
    sizes: dict[str, int] = json.loads(path.read_text(encoding="utf-8"))["splits"]
    return sizes


def sets_that_fit(root: Path) -> tuple[str, ...]:
    """The data sets, a folder of one's own aside, of which some split has all its folders here."""
    return tuple(
        entry.name
        for entry in DATASETS.values()
        if entry.name != "folder" and any(_fits(split, root) for split in entry.splits)
    )


def prepared_path(out: Path, split: str, kind: Kind, name: str) -> Path:
    """Where the made file of a picture lies.

    Args:
        out: The folder of made files.
        split: The split's name.
        kind: One of `PREPARED_SUFFIXES`.
        name: The picture's name.
    """
    return out / split / kind / f"{name}{PREPARED_SUFFIXES[kind]}"


def _folder(root: Path, place: Place) -> Path | None:
    for name in place.folders:
        folder = root / name
        if folder.is_dir() and (folder != root or any(_pictures(folder, place))):
            return folder
    return None


def _fits(split: SplitEntry, root: Path) -> bool:
    return all(place.optional or _folder(root, place) for place in split.places.values())


def _pictures(folder: Path, place: Place) -> Iterator[tuple[str, Path]]:
    """The pictures of a folder and the names by which they belong to others, sorted."""
    for path in sorted(folder.iterdir() if place.subfolders is None else folder.rglob("*")):
        if path.suffix.lower() in PICTURE_SUFFIXES and not path.name.startswith("."):
            parts = path.relative_to(folder).with_suffix("").parts
            yield "/".join(part.removeprefix(place.subfolders or "") for part in parts), path


def _by_name(
    split: SplitEntry, root: Path, kind: Kind, folder: Path
) -> tuple[dict[str, Path], list[Problem]]:
    """The pictures of a folder by their names, and what is wrong with the names."""
    place = split.places[kind]
    by_name: dict[str, Path] = {}
    problems = []
    for name, path in _pictures(folder, place):
        first = by_name.setdefault(name, path)
        if first != path:
            problems.append(_error(split, f"has the name of {first.name}", path, root))
    if not by_name and not place.optional:
        text = f"the folder {folder.relative_to(root).as_posix()} holds no pictures"
        problems.append(_error(split, text))
    return by_name, problems


def _unpaired(
    split: SplitEntry,
    root: Path,
    folders: Mapping[Kind, Path],
    files: Mapping[str, Mapping[Kind, Path]],
) -> Iterator[Problem]:
    """Pictures that lack what others have, and files that belong to no picture."""
    pictures = [kinds for kinds in files.values() if "image" in kinds]
    sparse = [kind for kind in folders if split.places[kind].sparse]
    for kind in sparse:
        if lacking := sum(kind not in kinds for kinds in pictures):
            yield _warning(split, f"{lacking} of {len(pictures)} pictures have no {_said(kind)}")
    needed = folders.keys() - sparse - {"scene"}
    for kinds in files.values():
        if "image" in kinds:
            for kind in needed - kinds.keys():
                yield _error(split, f"has no {_said(kind)}", kinds["image"], root)
        elif "image" in folders:
            for path in kinds.values():
                yield _error(split, "belongs to no picture", path, root)


def _add_prepared(
    split: SplitEntry, prepared: Path, files: Mapping[str, dict[Kind, Path]]
) -> Iterator[Problem]:
    """Adds what was made to the files of pictures that came without it."""
    for kind in PREPARED_SUFFIXES:
        if not (prepared / split.name / kind).is_dir():
            continue
        wanted = [name for name, kinds in files.items() if kind not in kinds and "alpha" in kinds]
        made = {
            n: p for n in wanted if (p := prepared_path(prepared, split.name, kind, n)).exists()
        }
        for name, path in made.items():
            files[name][kind] = path
        if len(made) < len(wanted):
            text = f"{len(wanted) - len(made)} of {len(wanted)} prepared {kind}s are missing"
            yield _warning(split, text)


def _said(kind: Kind) -> str:
    return kind.replace("_", " ")


def _advice(entry: DatasetEntry, root: Path) -> str:
    """What a folder that is not the set's root might be instead."""
    inner = [path for path in sorted(root.iterdir()) if path.is_dir()]
    for folder in inner:
        if any(_fits(split, folder) for split in entry.splits):
            return f" Name the folder {folder.name} in it."
    if fitting := sets_that_fit(root):
        return f" Its folders are those of {' or '.join(fitting)}."
    return "" if any(root.iterdir()) else " It is empty."


def _warning(split: SplitEntry, text: str) -> Problem:
    return Problem(severity="warning", split=split.name, file="", text=text)


def _error(
    split: SplitEntry, text: str, path: Path | None = None, root: Path | None = None
) -> Problem:
    file = "" if path is None or root is None else path.relative_to(root).as_posix()
    return Problem(severity="error", split=split.name, file=file, text=text)
