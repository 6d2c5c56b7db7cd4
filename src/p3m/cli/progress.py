"""Progress of long work, on stderr and on a terminal only."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from p3m.cli.streams import shown_on_terminal

if TYPE_CHECKING:
    from rich.progress import Progress

_WORDS = {"foregrounds": "Foreground colours", "steps": "Training"}


@contextmanager
def training_progress() -> Iterator[Callable[[str, int, int, float], None]]:
    """A bar for each part of a training run, or of a study of several.

    Yields:
        Takes the part's name, how much of it is done, of how much, and the loss.
    """
    progress = _bars()
    tasks = {}

    def tell(part: str, done: int, total: int, loss: float) -> None:
        if part not in tasks:
            tasks[part] = progress.add_task(_WORDS.get(part, part), total=total, note="")
        note = f"loss {loss:.3f}" if loss else ""
        progress.update(tasks[part], completed=done, note=note)

    with progress:
        yield tell


@contextmanager
def files_progress(total: int) -> Iterator[Callable[[], None]]:
    """A bar for a run over files, if there is more than one.

    Yields:
        Says that one more is done.
    """
    to_terminal = shown_on_terminal()  # a pipe's lines must stay on standard output
    progress = _bars(hidden=total < 2, transient=True, redirect_stdout=to_terminal)
    task = progress.add_task("", total=total, note="")
    with progress:
        yield lambda: progress.advance(task)


@contextmanager
def media_progress(
    total: int,
) -> Iterator[tuple[Callable[[], None], Callable[[str, int, int | None], None]]]:
    """A bar for a run over files, if there is more than one, and one for the frames of a video.

    Yields:
        Says that one more file is done; and takes a video's name, how many frames are done, and of
        how many.
    """
    to_terminal = shown_on_terminal()  # a pipe's lines must stay on standard output
    progress = _bars(transient=True, redirect_stdout=to_terminal)
    files = progress.add_task("", total=total, note="", visible=total > 1)
    frames = progress.add_task("", total=None, note="", visible=False)
    names: list[str] = []

    def advance() -> None:
        progress.advance(files)
        progress.update(frames, visible=False)

    def tell(name: str, done: int, frames_total: int | None) -> None:
        if names != [name]:
            names[:] = [name]
            progress.reset(frames, description=name, total=frames_total, visible=True)
        progress.update(frames, completed=done)

    with progress:
        yield advance, tell


@contextmanager
def count_progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar for work whose amount shows when it begins.

    Args:
        what: What is done.

    Yields:
        Takes how much of it is done, and of how much.
    """
    progress = _bars(transient=True)
    task = progress.add_task(what, total=None, note="")
    with progress:
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _bars(*, hidden: bool = False, **options: Any) -> "Progress":
    """Bars with a text, a count, the time that went and the time that is left, and a note."""
    from rich.console import Console  # noqa: PLC0415 -- start-up must stay light
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
        console=console,
        disable=hidden or not console.is_terminal,
        **options,
    )
