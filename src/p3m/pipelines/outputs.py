"""Where a run writes: each source gets a target of its own, and no input is one."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from p3m.core.errors import ConfigError, OutputError
from p3m.core.paths import is_file, is_folder
from p3m.imaging.atomic import check_free
from p3m.imaging.encode import Format, format_named
from p3m.pipelines.inputs import PICTURE_SUFFIXES, STREAM, VIDEO_SUFFIXES, Output, Source, is_single


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where outputs go; with neither a folder nor a file, each goes beside its input.

    Attributes:
        folder: Takes all outputs, at their sources' places.
        file: Takes the one output there is; :data:`~p3m.pipelines.inputs.STREAM` is standard
            output.
    """

    folder: Path | None = None
    file: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A picture to read and where it goes; ``-`` is standard input or output.

    Attributes:
        source: The picture.
        target: The file to write.
    """

    source: Path
    target: Path


def find_destination(out: str | None, names: Sequence[str]) -> Destination:
    """What the user's ``-o`` means for these inputs.

    It is a file's name if the only input is one picture, it has a suffix and no folder has that
    name; else it is a folder. Standard input alone goes to standard output where nothing is said.

    Args:
        out: A folder, a file's name, ``-`` for standard output, or ``None``.
        names: The inputs as the user named them.

    Raises:
        ConfigError: If several inputs would go to one file or to standard output.
    """
    single = len(names) == 1 and is_single(names[0])
    if out is None:
        return Destination(file=STREAM) if list(names) == ["-"] else Destination()
    path = Path(out)
    if path == STREAM:
        if not single:
            raise ConfigError("-o - takes one picture; give a folder for several.")
        return Destination(file=STREAM)
    separators = tuple(filter(None, (os.sep, os.altsep)))
    if is_folder(path) or out.endswith(separators) or not path.suffix:
        return Destination(folder=path)
    if single:
        return Destination(file=path)
    if is_file(path) or path.suffix.lower() in PICTURE_SUFFIXES | VIDEO_SUFFIXES:
        raise ConfigError(f"-o {out} is a file; give a folder for several pictures.")
    return Destination(folder=path)


def find_format(destination: Destination, wanted: str | None) -> Format:
    """The format of all outputs: the wanted one, or that of the file's suffix, or PNG.

    Raises:
        ConfigError: If p3m does not write it, or the suffix says another.
    """
    if destination.file is None or destination.file == STREAM:
        return format_named(wanted or "png")
    by_suffix = format_named(destination.file.suffix)
    if wanted is not None and format_named(wanted) != by_suffix:
        raise ConfigError(f"-o {destination.file} is not named as a {wanted} file; rename it.")
    return by_suffix


def plan_jobs(
    sources: Sequence[Source],
    destination: Destination,
    *,
    output: Output,
    kind: Format,
    also_read: Sequence[str] = (),
) -> tuple[Job, ...]:
    """The jobs of a run, in the order of the sources.

    ``NAME.jpg`` gives ``NAME.png`` at its place in the folder; but ``NAME-cutout.png`` (or
    ``-alpha`` and so on) where that is its own folder, as without a destination.

    Args:
        sources: The pictures.
        destination: Where outputs go.
        output: What is made of each.
        kind: The format of all outputs.
        also_read: Names that may be other files of the run, such as a background.

    Raises:
        ConfigError: If standard input has no destination.
        OutputError: If two sources would write one file, or one would write over an input.
    """
    jobs = tuple(
        Job(
            source=source.path,
            target=destination.file or _target(source, destination.folder, output, kind),
        )
        for source in sources
    )
    check_distinct(jobs, also_read=also_read)
    return jobs


def _target(source: Source, folder: Path | None, output: Output, kind: Format) -> Path:
    if source.path == STREAM:
        if folder is None:
            raise ConfigError("'-' among other inputs needs a folder; pass -o FOLDER.")
        return folder / f"stdin.{kind}"
    parent = source.path.parent if folder is None else folder / source.place.parent
    beside = os.path.realpath(parent) == os.path.realpath(source.path.parent)
    stem = f"{source.path.stem}-{output}" if beside else source.path.stem
    return parent / f"{stem}.{kind}"


def check_distinct(jobs: Sequence[Job], *, also_read: Sequence[str] = ()) -> None:
    """Checks that each job writes a file of its own, and none of them one that is read.

    Raises:
        OutputError: If two sources would write one file, or one would write over an input.
    """
    inputs = {_identity(job.source) for job in jobs if job.source != STREAM}
    inputs |= {_identity(Path(name)) for name in also_read}
    writers: dict[str, Job] = {}
    for job in jobs:
        if job.target == STREAM:
            continue
        target = _identity(job.target)
        if target in inputs:
            raise OutputError(
                f"{job.target}: is an input, and what is made of {job.source} would be written "
                "over it; choose another output."
            )
        if target in writers:
            raise OutputError(
                f"{job.target}: both {writers[target].source} and {job.source} would be written "
                "to it; rename one, or run them apart with another -o each."
            )
        writers[target] = job


def check_weights_target(target: Path, suffix: str, source: Path, *, overwrite: bool) -> None:
    """Checks, before any work, that weights can be written into a file.

    Args:
        target: The file.
        suffix: What names of such files end with, in lower case.
        source: Where the weights come from.
        overwrite: Whether a file that exists may be replaced; the source never is.

    Raises:
        ConfigError: If it is named otherwise.
        OutputError: If it exists already, or is the source itself.
    """
    if target.suffix.lower() != suffix:
        raise ConfigError(f"{target}: {suffix} files are written; name it {target.stem}{suffix}.")
    check_free(target, overwrite=overwrite)
    if _identity(target) == _identity(source):
        raise OutputError(f"{target}: is the checkpoint itself; choose another output.")


def _identity(path: Path) -> str:
    return os.path.normcase(os.path.realpath(path))
