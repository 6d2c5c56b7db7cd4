"""Which pictures a run reads: names of files, folders and patterns become sources."""

import glob
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from p3m.core.errors import ConfigError, InputError
from p3m.core.paths import is_file, is_folder

Output = Literal["alpha", "cutout", "foreground", "composite"]
"""What a run makes of each picture."""

STREAM = Path("-")
"""Standard input among inputs, standard output among outputs."""

PICTURE_SUFFIXES = frozenset(
    {".avif", ".bmp", ".heic", ".heif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
)
"""The files that are taken from folders, in lower case."""


VIDEO_SUFFIXES = frozenset(
    {
        ".3gp", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts",
        ".webm", ".wmv",
    }
)  # fmt: skip
"""The videos that are taken from folders where a run takes videos, in lower case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A picture to read.

    Attributes:
        path: The file, or :data:`STREAM`.
        place: Its path below the folder that it was found in: what is kept under an output folder.
        named: Whether it was named itself, not found in a folder or by a pattern.
    """

    path: Path
    place: Path
    named: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What a list of inputs came to.

    Attributes:
        sources: The pictures, each once, in the order of the inputs.
        skipped: Files in folders that are not pictures, or that p3m made itself.
        empty: Inputs that led to no picture, and folders that cannot be read; what is wrong.
    """

    sources: tuple[Source, ...]
    skipped: int
    empty: tuple[tuple[str, InputError], ...]


def is_single(name: str) -> bool:
    """Whether a name means one file or standard input; else it is a folder or a pattern."""
    path = Path(name)
    return name == "-" or is_file(path) or not (is_folder(path) or glob.has_magic(name))


def collect_inputs(
    names: Sequence[str],
    *,
    recursive: bool = False,
    out: Path | None = None,
    suffixes: frozenset[str] = PICTURE_SUFFIXES,
) -> Inputs:
    """The pictures that names stand for.

    A name is ``-``, a file, a folder or a pattern with ``*``, ``?``, ``[`` or ``**``; a file whose
    name looks like a pattern is the file. Files are taken as they are, so that a missing one is
    reported when it is read. Of folders and patterns only pictures are taken, by suffix; never
    hidden files, what lies in an output folder within them, or an earlier run's ``NAME-cutout.png``
    beside its picture ``NAME``.

    Args:
        names: What the user named.
        recursive: Whether folders within folders are searched. Links to folders are not followed.
        out: The output folder, if there is one.
        suffixes: Those of the files that are taken from folders and patterns, in lower case.

    Raises:
        ConfigError: If standard input is named twice.
    """
    if names.count("-") > 1:
        raise ConfigError("'-' is given twice; there is one standard input.")
    sources: dict[str, Source] = {}
    empty: list[tuple[str, InputError]] = []
    skipped = 0
    for name in names:
        if is_single(name):
            path = Path(name)
            found = [Source(path=path, place=Path(path.name), named=True)]
        else:
            denied: list[OSError] = []
            root, files = _listed(name, recursive=recursive, out=out, denied=denied.append)
            empty += [(str(error.filename), _unreadable(error)) for error in denied]
            found = [
                Source(path=path, place=path.relative_to(root), named=False)
                for path in _pictures(files, suffixes)
            ]
            skipped += len(files) - len(found)
            if not found and not denied:
                empty.append((name, _nothing_found(name, recursive=recursive)))
        for source in found:
            sources.setdefault(os.path.realpath(source.path), source)
    return Inputs(sources=tuple(sources.values()), skipped=skipped, empty=tuple(empty))


def _listed(
    name: str, *, recursive: bool, out: Path | None, denied: Callable[[OSError], None]
) -> tuple[Path, list[Path]]:
    """The folder that places are counted from, and all files of a folder or pattern, sorted."""
    root = Path(name)
    if is_folder(root):
        files: Iterable[Path] = _files_in(root, recursive=recursive, out=out, denied=denied)
    else:
        parts = root.parts
        root = Path(*parts[: next(i for i, part in enumerate(parts) if glob.has_magic(part))])
        matches = map(Path, glob.iglob(name, recursive=True))  # noqa: PTH207 - keeps the name's form
        files = (path for path in matches if is_file(path) and not _within(path, root, out))
    return root, sorted(files)


def _files_in(
    folder: Path, *, recursive: bool, out: Path | None, denied: Callable[[OSError], None]
) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder, onerror=denied):
        here = Path(parent)
        folders[:] = [
            name
            for name in folders
            if recursive and not name.startswith(".") and not _within(here / name, folder, out)
        ]
        yield from (here / name for name in names if not name.startswith("."))


def _within(path: Path, root: Path, out: Path | None) -> bool:
    """Whether a path lies in an output folder that itself lies below the root."""
    if out is None:
        return False
    inner = out.resolve()
    return root.resolve() in inner.parents and path.resolve().is_relative_to(inner)


def _pictures(files: Sequence[Path], suffixes: frozenset[str]) -> list[Path]:
    """Those with a wanted suffix that p3m did not make of another one beside them."""
    pictures = [path for path in files if path.suffix.lower() in suffixes]
    stems = {(path.parent, path.stem) for path in pictures}
    made = {(parent, f"{stem}-{output}") for parent, stem in stems for output in get_args(Output)}
    return [path for path in pictures if (path.parent, path.stem) not in made]


def _unreadable(error: OSError) -> InputError:
    return InputError(
        f"{error.filename}: cannot be read ({error.strerror}); check its permissions."
    )


def _nothing_found(name: str, *, recursive: bool) -> InputError:
    if not is_folder(Path(name)):
        return InputError(f"{name}: no picture matches; check the pattern.")
    cure = "check the folder" if recursive else "pass --recursive to search the folders in it"
    return InputError(f"{name}: no pictures in this folder; {cure}.")
