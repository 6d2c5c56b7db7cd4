"""One function over many items, in threads, and the order in which a pool's results come."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Executor

Item = TypeVar("Item")
Result = TypeVar("Result")


def thread_map(
    function: Callable[[Item], Result], items: Iterable[Item], *, workers: int
) -> Iterator[Result]:
    """The function's results in the order of the items, for functions that leave Python's lock.

    One item more than there are threads is taken before its result is used, so that none waits:
    ``workers + 1`` rooms to work in are enough for all items.

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
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - slow to import

    with ThreadPoolExecutor(workers) as pool:
        yield from in_order(pool, function, items, ahead=workers + 1)


def in_order(
    pool: "Executor", function: Callable[[Item], Result], items: Iterable[Item], *, ahead: int
) -> Iterator[Result]:
    """The function's results in the order of the items, each as soon as it is there.

    Args:
        pool: Where it is called.
        function: What is called.
        items: What it is called with; no more than ``ahead`` are taken before their results are
            used.
        ahead: How many items wait or are worked on at once.
    """
    left = iter(items)
    running = deque(pool.submit(function, item) for item in islice(left, ahead))
    while running:
        yield running.popleft().result()
        running.extend(pool.submit(function, item) for item in islice(left, 1))
