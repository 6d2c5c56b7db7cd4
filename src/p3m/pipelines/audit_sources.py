"""What an audit looks at: every picture in a folder, whatever it is called."""

import mimetypes
import os
from dataclasses import dataclass
from pathlib import Path, PurePath

from p3m.imaging.decode import is_picture
from p3m.pipelines.inputs import PICTURE_SUFFIXES, Source, collect_inputs

_SHOWING = ("image/", "video/", "audio/")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSources:
    """The files of a folder, sorted.

    Attributes:
        pictures: Those that are audited, hidden ones and such with other suffixes among them.
        unknown: Places of pictures, films and sounds of kinds that are not audited.
        skipped: How many others there are.
    """

    pictures: tuple[Source, ...]
    unknown: tuple[Path, ...]
    skipped: int


def audit_sources(folder: Path, *, recursive: bool) -> AuditSources:
    """What an audit looks at: a release holds what is in its folder, not what is named well.

    Args:
        folder: The folder, or one file.
        recursive: Whether folders within folders are searched.

    Raises:
        InputError: If there are no pictures.
    """
    named = collect_inputs([str(folder)], recursive=recursive)
    known = {source.path for source in named.sources}
    others = [path for path in _all_files(folder, recursive=recursive) if path not in known]
    pictures = [path for path in others if _begins_as_picture(path)]
    rest = [path for path in others if path not in set(pictures)]
    unknown = [path for path in rest if _shows_something(path)]
    found = [Source(path=p, place=p.relative_to(folder), named=False) for p in pictures]
    if not found:
        for _, error in named.empty:
            raise error
    return AuditSources(
        pictures=(*named.sources, *found),
        unknown=tuple(path.relative_to(folder) for path in unknown),
        skipped=len(rest) - len(unknown),
    )


def find_original(folder: Path, place: PurePath) -> Path | None:
    """The picture that another was made of: of the same name, or the same stem."""
    exact = folder / place
    if exact.is_file():
        return exact
    if not exact.parent.is_dir():
        return None
    alike = (
        path
        for path in exact.parent.iterdir()
        if path.stem == place.stem and path.suffix.lower() in PICTURE_SUFFIXES
    )
    return min(alike, default=None)


def _all_files(folder: Path, *, recursive: bool) -> list[Path]:
    if not folder.is_dir():
        return []
    paths = []
    for parent, folders, names in os.walk(folder):
        paths += [Path(parent, name) for name in names]
        if not recursive:
            folders.clear()
    return sorted(paths)


def _begins_as_picture(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return is_picture(file)
    except OSError:
        return False


def _shows_something(path: Path) -> bool:
    kind = mimetypes.guess_type(path.name)[0] or ""
    return kind.startswith(_SHOWING)
