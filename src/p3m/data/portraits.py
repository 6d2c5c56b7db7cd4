"""A folder of portraits with alphas, face masks and backgrounds: what is in it, and whose it is."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from p3m.core.errors import InputError

_IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp"})
IMAGE_FOLDERS = ("portraits", "images", "image", "blurred_image", "original_image")
"""What a folder of pictures of people may be called."""

FACE_FOLDERS = ("facemask", "facemasks")
"""What a folder of face masks may be called."""

_ALPHA_FOLDERS = ("alpha", "alphas", "mask", "masks")
_BACKGROUND_FOLDERS = ("backgrounds", "background", "bg")


@dataclass(frozen=True, slots=True, kw_only=True)
class Portrait:
    """A picture with its alpha.

    Attributes:
        name: File stem, unique in its folder.
        image: Path of the picture.
        alpha: Path of the alpha.
        face_mask: Path of the mask of its faces; None where there is none.
        group: Who it shows: pictures of one group are never split.
        family: Which collection it comes from: families are sampled by weight.
        quality: A is best, C doubtful; as the folder's manifest says, else A.
        licence: As the folder's manifest says, else empty.
    """

    name: str
    image: Path
    alpha: Path
    face_mask: Path | None
    group: str
    family: str
    quality: str = "A"
    licence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """A picture without people.

    Attributes:
        name: File stem.
        image: Path of the picture.
        group: The scene that it shows a part of: parts of one scene are never split.
    """

    name: str
    image: Path
    group: str


@dataclass(frozen=True, slots=True)
class PortraitFolder:
    """All that a folder offers for training, in the order of names.

    Attributes:
        portraits: Who is there.
        backgrounds: What can be put behind them.
        strange_masks: Masks of faces that belong to no picture, by their stems.
    """

    portraits: tuple[Portrait, ...]
    backgrounds: tuple[Background, ...]
    strange_masks: tuple[str, ...] = ()


def read_portrait_folder(root: Path, *, scenes: bool = True) -> PortraitFolder:
    """Finds portraits and backgrounds in a folder.

    The folder holds ``portraits`` (or ``images``), ``alpha``, ``backgrounds`` and perhaps
    ``facemask``; files belong together by their stems. A ``manifest.csv`` with the columns
    ``name``, ``person_or_scene_id``, ``source_repo``, ``quality`` and ``licence`` says who is who;
    without it each picture is its own group.

    Args:
        root: The folder.
        scenes: Whether backgrounds are needed; without, none are looked for.

    Returns:
        What was found.

    Raises:
        InputError: If a needed folder is missing or empty, a picture has no alpha, two have one
            name, or the manifest cannot be read.
    """
    images = pictures_by_stem(first_folder(root, IMAGE_FOLDERS, needed=True))
    alphas = pictures_by_stem(first_folder(root, _ALPHA_FOLDERS, needed=True))
    faces = pictures_by_stem(first_folder(root, FACE_FOLDERS))
    backgrounds = (
        pictures_by_stem(first_folder(root, _BACKGROUND_FOLDERS, needed=True)) if scenes else {}
    )
    unpaired = sorted(images.keys() - alphas.keys())
    if unpaired:
        raise InputError(
            f"{root}: {len(unpaired)} of {len(images)} pictures have no alpha: "
            f"{', '.join(unpaired)}."
        )
    manifest = _read_manifest(root / "manifest.csv")
    return PortraitFolder(
        tuple(
            _portrait(name, image, alphas[name], faces.get(name), manifest.get(name, {}))
            for name, image in sorted(images.items())
        ),
        tuple(
            Background(
                name=name,
                image=image,
                group=manifest.get(name, {}).get("person_or_scene_id", name),
            )
            for name, image in sorted(backgrounds.items())
        ),
        tuple(sorted(faces.keys() - images.keys())),
    )


def _portrait(
    name: str, image: Path, alpha: Path, face_mask: Path | None, row: dict[str, str]
) -> Portrait:
    """A record; unnamed models who recur within a repository (``cod_*``) are grouped by it."""
    source = row.get("source_repo", "")
    family = source.partition("/")[0] or "own"
    unnamed = bool(source) and name.startswith("cod_")
    return Portrait(
        name=name,
        image=image,
        alpha=alpha,
        face_mask=face_mask,
        group=source if unnamed else row.get("person_or_scene_id", name),
        family=family,
        quality=row.get("quality", "A"),
        licence=row.get("licence", ""),
    )


def first_folder(root: Path, names: Sequence[str], *, needed: bool = False) -> Path | None:
    """The first of some folders that is there; None if none is.

    Args:
        root: Where to look.
        names: What it may be called.
        needed: Whether one must be there.

    Raises:
        InputError: If a needed one is not there.
    """
    for name in names:
        if (root / name).is_dir():
            return root / name
    if needed:
        raise InputError(f"{root}: needs a folder named {' or '.join(names)}.")
    return None


def pictures_by_stem(folder: Path | None) -> dict[str, Path]:
    """The pictures of a folder by the stems of their names, sorted; none of no folder.

    Raises:
        InputError: If the folder holds none, or two of one stem.
    """
    found: dict[str, Path] = {}
    for path in pictures_in(folder) if folder is not None else ():
        if (other := found.setdefault(path.stem, path)) is not path:
            raise InputError(f"{path}: {other.name} has the same name; take one of them away.")
    return found


def pictures_in(folder: Path) -> Iterator[Path]:
    """The pictures of a folder, sorted by name.

    Raises:
        InputError: If the folder holds none.
    """
    found = [path for path in sorted(folder.iterdir()) if _is_picture(path)]
    if not found:
        raise InputError(f"{folder}: holds no pictures.")
    yield from found


def _is_picture(path: Path) -> bool:
    """Whether it is a file named as pictures are; macOS leaves hidden ones beside those."""
    return path.suffix.lower() in _IMAGE_SUFFIXES and path.name[0] != "." and path.is_file()


def _read_manifest(path: Path) -> dict[str, dict[str, str]]:
    """The rows of a manifest by name, without their empty cells, as spreadsheets write them.

    Raises:
        InputError: If it is no table of text in UTF-8, or none of its columns is ``name``.
    """
    if not path.is_file():
        return {}
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not text in UTF-8; save it anew as such.") from error
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    rows = csv.DictReader(StringIO(text), delimiter=separator)
    if "name" not in (rows.fieldnames or ()):
        raise InputError(f"{path}: has no column called name; it has {head.strip()!r:.80}.")
    return {row["name"]: {key: cell for key, cell in row.items() if cell} for row in rows}
