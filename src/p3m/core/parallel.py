"""One function over many items, in processes."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from p3m.core.errors import WorkerError
from p3m.core.processors import usable_processors
from p3m.core.threads import in_order

Item = TypeVar("Item")
Result = TypeVar("Result")

_AHEAD = 4  # items that wait for each process, so that none ever waits for items


def parallel_map(
    function: Callable[[Item], Result], items: Iterable[Item], *, workers: int | None = None
) -> Iterator[Result]:
    """The function's results in the order of the items, each as soon as it is there.

    Items are taken a few at a time, so that neither they nor results pile up. When the iterator is
    closed or the run is interrupted, items that have not begun are dropped.

    Args:
        function: A function of a module, since processes find it by its name.
        items: What it is called with.
        workers: Processes. 1 runs all in this one. None: one for each usable processor.

    Raises:
        WorkerError: If a process dies. What the function raises comes through as it is.

    Example:
        >>> list(parallel_map(abs, [-1, 2, -3], workers=1))
        [1, 2, 3]
    """
    count = usable_processors() if workers is None else workers
    if count <= 1:
        yield from map(function, items)
        return
    # Started anew, not forked: threads of this process, such as OpenCV's, would be cut off.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(count, context, initializer=_follow_parent)
    try:
        yield from in_order(
            lambda item: pool.submit(function, item).result, items, ahead=count * _AHEAD
        )
    except BrokenProcessPool as error:
        raise WorkerError(
            "A worker process died, perhaps for lack of memory; use fewer of them (--jobs). In a "
            "script of your own, what starts them stands under if __name__ == '__main__'."
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _follow_parent() -> None:
    """Leaves Ctrl-C to the parent, and ends when the parent is gone, even if it was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
