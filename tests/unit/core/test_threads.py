"""Tests of p3m.core.threads."""

import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from p3m.core.threads import thread_map

PATIENCE_S = 20


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_results_come_in_the_order_of_the_items(workers):
    assert list(thread_map(abs, range(-20, 0), workers=workers)) == list(range(20, 0, -1))


def test_without_items_there_are_no_results():
    assert list(thread_map(abs, [], workers=2)) == []


def test_as_many_are_worked_on_at_once_as_there_are_workers():
    meeting = threading.Barrier(3)

    def meet(_: int) -> int:
        return meeting.wait(PATIENCE_S)

    assert sorted(thread_map(meet, range(3), workers=3)) == [0, 1, 2]


def test_one_worker_is_the_thread_that_asks():
    assert list(thread_map(lambda _: threading.get_ident(), [0], workers=1)) == [
        threading.get_ident()
    ]


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_one_item_more_than_there_are_workers_is_taken_ahead(workers):
    taken = []

    def items() -> Iterator[int]:
        for number in range(20):
            taken.append(number)
            yield number

    for used, number in enumerate(thread_map(abs, items(), workers=workers)):
        assert number == used
        assert len(taken) <= used + workers + 1


@pytest.mark.parametrize("workers", [1, 2])
def test_errors_of_the_function_come_through(workers):
    with pytest.raises(ZeroDivisionError):
        list(thread_map(lambda number: 1 // number, [1, 0, 2], workers=workers))


@pytest.mark.parametrize(
    "ending",
    [
        "threading.Thread(target=lambda: (time.sleep(0.3), work())).start()",
        "atexit.register(work)",
        "ThreadPoolExecutor(1).submit(work)",
    ],
)
def test_work_goes_on_while_the_interpreter_ends(ending):
    late = "" if "Executor" not in ending else "from concurrent.futures import ThreadPoolExecutor"
    code = (
        f"import atexit, threading, time\n{late}\n"
        "from p3m.core.threads import thread_map\n"
        "def slow(number):\n"
        "    time.sleep(0.02)\n"
        "    return number\n"
        "def work():\n"
        "    print(sum(thread_map(slow, range(20), workers=2)))\n"
        f"{ending}\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (run.stdout, run.stderr) == ("190\n", "")
