"""PPT-Open: whom of a pack a network may learn from, whom it is tested with, and by what files.

The manifest is a CSV file of one line for each portrait and each scene. It holds no picture: only
names, who belongs together, which split that is, and the start of each file's SHA-256.
"""

import csv
import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass, fields
from importlib import resources
from io import StringIO
from pathlib import Path
from typing import Any, Literal, get_args

from p3m.core.errors import EvaluationError, InputError
from p3m.data.entry import DatasetEntry, Place, SplitEntry
from p3m.data.portraits import Background, Portrait, PortraitFolder

ListedKind = Literal["portrait", "scene"]
"""A picture of somebody, or one of nobody."""

ListedSplit = Literal["train", "validation", "unused"]
"""Learnt from, tested with, or neither, because its alpha is doubtful."""

PPT_OPEN = DatasetEntry(
    name="ppt-open",
    title="PPT-Open",
    summary="844 portraits and 294 scenes, split by person for the four columns of the PPT study.",
    splits=(
        SplitEntry(
            name="all",
            size=844,
            places={
                "image": Place(folders=("portraits",), suffix=".jpg"),
                "alpha": Place(folders=("alpha",)),
                "face_mask": Place(folders=("facemask",), sparse=True),
                "scene": Place(folders=("backgrounds",), suffix=".jpg"),
            },
        ),
    ),
    licence="of each source its own: CC0, CC BY, MIT, Unsplash and others",
    paper="",
    obtain="Assemble it from the sources that docs/explanation/ppt-open.md lists.",
    caveats=(
        "The alphas were made by a network, MODNet: a teacher, not the truth.",
        "Faces can be seen; training hides them first.",
        "Its train and validation people are told by the manifest, not by folders.",
    ),
)
"""The catalogue's entry."""

_FILE = "ppt-open.csv"
_DIGITS = 16  # of a SHA-256: enough to tell a changed file, and short


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A line of the manifest.

    Attributes:
        kind: Whether it is a portrait or a scene.
        name: File stem.
        group: Who or what it shows, as a number: pictures of one group are never split.
        split: What it is for.
        image: The start of the SHA-256 of the picture's file.
        alpha: Of its alpha's; empty of a scene.
        face: Of its face mask's; empty where there is none.
    """

    kind: ListedKind
    name: str
    group: str
    split: ListedSplit
    image: str
    alpha: str = ""
    face: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """Who is in a benchmark, and what the files of a whole copy hash to.

    Attributes:
        items: Portraits, then scenes, by name.

    Raises:
        InputError: If a name is there twice, or somebody is trained on and tested with.
    """

    items: tuple[Listed, ...]

    def __post_init__(self) -> None:
        seen: set[tuple[str, str]] = set()
        for item in self.items:
            if (key := (item.kind, item.name)) in seen:
                raise InputError(f"The manifest has the {item.kind} {item.name} twice.")
            seen.add(key)
        for kind in get_args(ListedKind):
            train, validation = (
                {i.group for i in self.select(kind, split)} for split in ("train", "validation")
            )
            if both := sorted(train & validation):
                raise InputError(f"The manifest has {', '.join(both)} in train and validation.")

    def select(self, kind: ListedKind, split: str) -> tuple[Listed, ...]:
        """The items of a kind and a split, by name."""
        return tuple(item for item in self.items if (item.kind, item.split) == (kind, split))

    @property
    def text(self) -> str:
        """The whole file."""
        file = StringIO()
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([field.name for field in fields(Listed)])
        writer.writerows(astuple(item) for item in self.items)
        return file.getvalue()

    @property
    def digest(self) -> str:
        """The start of the text's SHA-256: whoever has the same has the same benchmark."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:_DIGITS]


def read_manifest(path: Path | None = None) -> Manifest:
    """A manifest from its file.

    Args:
        path: The file. None: PPT-Open's own, which comes with p3m.

    Raises:
        InputError: If it cannot be read, is no manifest, or parts a person.
    """
    source = path or resources.files("p3m.data").joinpath(_FILE)
    try:
        text = source.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{source}: cannot be read as a manifest; check the name.") from error
    rows = csv.DictReader(StringIO(text))
    if rows.fieldnames != [field.name for field in fields(Listed)]:
        raise InputError(f"{source}: is no manifest; make one with p3m benchmark manifest.")
    return Manifest(tuple(_listed(source.name, number, row) for number, row in enumerate(rows, 2)))


def list_pack(
    folder: PortraitFolder, splits: Mapping[ListedSplit, Collection[Portrait | Background]]
) -> Manifest:
    """The manifest of a pack, all of whose files are hashed.

    Args:
        folder: What is in the pack.
        splits: Who is trained on and validated with; all others are ``unused``.
    """
    split_of = {item.image: split for split, items in splits.items() for item in items}
    people = _numbers("p", folder.portraits)
    places = _numbers("s", folder.backgrounds)
    portraits = (
        Listed(
            kind="portrait",
            name=one.name,
            group=people[one.group],
            split=split_of.get(one.image, "unused"),
            image=_hash(one.image),
            alpha=_hash(one.alpha),
            face=_hash(one.face_mask) if one.face_mask else "",
        )
        for one in folder.portraits
    )
    scenes = (
        Listed(
            kind="scene",
            name=one.name,
            group=places[one.group],
            split=split_of.get(one.image, "unused"),
            image=_hash(one.image),
        )
        for one in folder.backgrounds
    )
    return Manifest((*portraits, *scenes))


def find_listed(
    manifest: Manifest,
    folder: PortraitFolder,
    splits: Collection[ListedSplit],
    *,
    tell: Callable[[int, int], None] = lambda *_: None,
) -> tuple[tuple[Portrait, ...], tuple[Background, ...]]:
    """The portraits and scenes of some splits, every file verified.

    Args:
        manifest: Who is wanted.
        folder: What is in the copy of the pack; whatever else is in it does not matter.
        splits: Which of the splits.
        tell: Told how many pictures are verified, and of how many.

    Raises:
        EvaluationError: If files are missing or others, with the list of all.
    """
    wanted = [item for item in manifest.items if item.split in splits]
    portraits = {one.name: one for one in folder.portraits}
    scenes = {one.name: one for one in folder.backgrounds}
    problems: list[str] = []
    for done, item in enumerate(wanted, start=1):
        found = (portraits if item.kind == "portrait" else scenes).get(item.name)
        problems += _problems(item, found)
        tell(done, len(wanted))
    if problems:
        raise EvaluationError(problems)
    return (
        tuple(portraits[item.name] for item in wanted if item.kind == "portrait"),
        tuple(scenes[item.name] for item in wanted if item.kind == "scene"),
    )


def _problems(item: Listed, found: Portrait | Background | None) -> Iterator[str]:
    if found is None:
        yield f"{item.name}: there is no such {item.kind}"
        return
    files: dict[Path | None, str] = {found.image: item.image}
    if isinstance(found, Portrait):
        files[found.alpha] = item.alpha
        if item.face and found.face_mask is None:
            yield f"{item.name}: its face mask is missing"
        if found.face_mask is not None and not item.face:
            yield f"{found.face_mask}: the manifest has no face mask of this name"
        elif found.face_mask is not None:
            files[found.face_mask] = item.face
    for path, expected in files.items():
        if path is not None and _hash(path) != expected:
            yield f"{path}: is not the file that the manifest lists; it was changed"


def _listed(source: str, line: int, row: Mapping[str, str]) -> Listed:
    values: dict[str, Any] = dict(row)  # checked here, entry by entry
    if None in values or None in values.values():
        raise InputError(f"{source}, line {line}: has not {len(fields(Listed))} entries.")
    for name, allowed in {"kind": get_args(ListedKind), "split": get_args(ListedSplit)}.items():
        if values[name] not in allowed:
            text = f"{name} is {values[name]!r}, not {' or '.join(allowed)}"
            raise InputError(f"{source}, line {line}: {text}.")
    return Listed(**values)


def _numbers(letter: str, items: Iterable[Portrait | Background]) -> dict[str, str]:
    """A short name for each group: who it is does not matter here."""
    groups = sorted({item.group for item in items})
    return {group: f"{letter}{number:03}" for number, group in enumerate(groups)}


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:_DIGITS]
