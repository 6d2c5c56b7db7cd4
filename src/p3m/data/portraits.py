"""A folder of portraits with alphas, face masks and backgrounds: what is in it, and whose it is."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from p3m.core.errors import InputError

_IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp"})
_IMAGE_FOLDERS = ("portraits", "images", "image", "blurred_image", "original_image")
_ALPHA_FOLDERS = ("alpha", "alphas", "mask", "masks")
_FACE_FOLDERS = ("facemask", "facemasks")
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
    """All that a folder offers for training, in the order of names."""

    portraits: tuple[Portrait, ...]
    backgrounds: tuple[Background, ...]


def read_portrait_folder(root: Path) -> PortraitFolder:
    """Finds portraits and backgrounds in a folder.

    The folder holds ``portraits`` (or ``images``), ``alpha``, ``backgrounds`` and perhaps
    ``facemask``; files belong together by their stems. A ``manifest.csv`` with the columns
    ``name``, ``person_or_scene_id``, ``source_repo``, ``quality`` and ``licence`` says who is who;
    without it each picture is its own group.

    Args:
        root: The folder.

    Returns:
        What was found.

    Raises:
        InputError: If a needed folder is missing or empty, or a picture has no alpha.
    """
    images = _files(_first_folder(root, _IMAGE_FOLDERS, needed=True))
    alphas = _files(_first_folder(root, _ALPHA_FOLDERS, needed=True))
    faces = _files(_first_folder(root, _FACE_FOLDERS))
    backgrounds = _files(_first_folder(root, _BACKGROUND_FOLDERS, needed=True))
    unpaired = sorted(images.keys() - alphas.keys())
    if unpaired:
        raise InputError(
            f"{root}: {len(unpaired)} of {len(images)} pictures have no alpha: "
            f"{', '.join(unpaired[:5])}{' …' if len(unpaired) > 5 else ''}"
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
    )


def _portrait(
    name: str, image: Path, alpha: Path, face_mask: Path | None, row: dict[str, str]
) -> Portrait:
    """A record; unnamed models who recur within a repository (``cod_*``) are grouped by it."""
    source = row.get("source_repo", "")
    family = source.partition("/")[0] or "own"
    unnamed = name.startswith("cod_")
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


def _first_folder(root: Path, names: tuple[str, ...], *, needed: bool = False) -> Path | None:
    for name in names:
        if (root / name).is_dir():
            return root / name
    if needed:
        raise InputError(f"{root}: needs a folder named {' or '.join(names)}.")
    return None


def _files(folder: Path | None) -> dict[str, Path]:
    if folder is None:
        return {}
    return {path.stem: path for path in _pictures(folder)}


def _pictures(folder: Path) -> Iterator[Path]:
    found = [path for path in sorted(folder.iterdir()) if path.suffix.lower() in _IMAGE_SUFFIXES]
    if not found:
        raise InputError(f"{folder}: holds no pictures.")
    yield from found


def _read_manifest(path: Path) -> dict[str, dict[str, str]]:
    if not path.is_file():
        return {}
    with path.open(newline="", encoding="utf-8") as file:
        return {row["name"]: row for row in csv.DictReader(file)}
