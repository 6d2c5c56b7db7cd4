"""What an audit looks at: every picture in a folder, whatever it is called."""

import mimetypes
import os
from dataclasses import dataclass
from pathlib import Path, PurePath

from p3m.imaging.decode import is_picture
from p3m.pipelines.inputs import PICTURE_SUFFIXES, Source, collect_inputs

_SHOWING = ("image/", "video/", "audio/")
_LINKED = "a link to a folder, which is not followed; audit that folder, too"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSources:
    """The files of a folder, sorted.

    Attributes:
        pictures: Those that are audited, hidden ones and such with other suffixes among them.
        unknown: Places of pictures, films and sounds of kinds that are not audited.
        unread: Places of folders that were not looked into, each with the reason.
        skipped: How many others there are.
    """

    pictures: tuple[Source, ...]
    unknown: tuple[Path, ...]
    unread: tuple[tuple[Path, str], ...]
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
    files, unread = _all_files(folder, recursive=recursive)
    others = [path for path in files if path not in known]
    pictures = [path for path in others if _begins_as_picture(path)]
    rest = [path for path in others if path not in set(pictures)]
    unknown = [path for path in rest if _shows_something(path)]
    found = [Source(path=p, place=p.relative_to(folder), named=False) for p in pictures]
    if not found and not unread:
        for _, error in named.empty:
            raise error
    return AuditSources(
        pictures=(*named.sources, *found),
        unknown=tuple(path.relative_to(folder) for path in unknown),
        unread=tuple((path.relative_to(folder), reason) for path, reason in unread),
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


def _all_files(folder: Path, *, recursive: bool) -> tuple[list[Path], list[tuple[Path, str]]]:
    """The files, and the folders among them that are links or cannot be read, with the reason."""
    paths: list[Path] = []
    unread: list[tuple[Path, str]] = []

    def note(error: OSError) -> None:
        unread.append((Path(error.filename), f"the folder cannot be read ({error.strerror})"))

    if not folder.is_dir():
        return [], []
    for parent, folders, names in os.walk(folder, onerror=note):
        paths += [Path(parent, name) for name in names]
        if not recursive:
            folders.clear()
        links = [Path(parent, name) for name in folders if Path(parent, name).is_symlink()]
        unread += [(link, _LINKED) for link in links]
    return sorted(paths), sorted(unread)


def _begins_as_picture(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return is_picture(file)
    except OSError:
        return False


def _shows_something(path: Path) -> bool:
    kind = mimetypes.guess_type(path.name)[0] or ""
    return kind.startswith(_SHOWING)
