"""One function over many items, in threads, and the order in which such results come."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def thread_map(
    function: Callable[[Item], Result], items: Iterable[Item], *, workers: int
) -> Iterator[Result]:
    """The function's results in the order of the items, for functions that leave Python's lock.

    One item more than there are threads is taken before its result is used, so that none waits:
    ``workers + 1`` rooms to work in are enough for all items. Where no thread can be started, as
    when the interpreter is ending, this one does the work.

    Args:
        function: Called in threads; in this one if ``workers`` is 1.
        items: What it is called with; taken in this thread.
        workers: Threads.

    Example:
        >>> list(thread_map(abs, [-1, 2, -3], workers=2))
        [1, 2, 3]
    """
    if workers <= 1:
        yield from map(function, items)
        return
    try:
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - slow to import
    except RuntimeError:  # the interpreter is ending
        yield from map(function, items)
        return
    with ThreadPoolExecutor(workers) as pool:

        def begin(item: Item) -> Callable[[], Result]:
            try:
                return pool.submit(function, item).result
            except RuntimeError:  # likewise, or there are too many threads
                return partial(function, item)

        yield from in_order(begin, items, ahead=workers + 1)


def in_order(
    begin: Callable[[Item], Callable[[], Result]], items: Iterable[Item], *, ahead: int
) -> Iterator[Result]:
    """The results of what is begun, in the order of the items, each as soon as it is there.

    Args:
        begin: Begins an item's work, and returns what waits for its result.
        items: What is begun; no more than ``ahead`` are taken before their results are used.
        ahead: How many items wait or are worked on at once.
    """
    left = iter(items)
    running = deque(begin(item) for item in islice(left, ahead))
    while running:
        yield running.popleft()()
        running.extend(begin(item) for item in islice(left, 1))
