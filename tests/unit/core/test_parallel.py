"""Tests of p3m.core.parallel."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from p3m.core.errors import WorkerError
from p3m.core.parallel import parallel_map


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_the_order_of_the_items(workers):
    assert list(parallel_map(abs, range(-20, 0), workers=workers)) == list(range(20, 0, -1))


def test_without_items_nothing_is_started():
    assert list(parallel_map(abs, [], workers=2)) == []


def test_items_are_taken_as_they_are_needed():
    taken = []

    def items() -> Iterator[int]:
        for number in range(1000):
            taken.append(number)
            yield number

    results = parallel_map(abs, items(), workers=2)
    assert next(results) == 0
    results.close()
    assert len(taken) < 20


@pytest.mark.parametrize("workers", [1, 2])
def test_errors_of_the_function_come_through(workers):
    with pytest.raises(ZeroDivisionError):
        list(parallel_map(divmod_by_zero, [1, 2], workers=workers))


def divmod_by_zero(number: int) -> tuple[int, int]:
    return divmod(number, 0)


def test_a_process_that_dies_is_told_with_the_cure():
    with pytest.raises(WorkerError, match="worker process died.*fewer of them"):
        list(parallel_map(os._exit, [1] * 20, workers=2))


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")
def test_no_process_outlives_a_run_that_was_killed():
    code = (
        "from p3m.core.parallel import parallel_map\n"
        "if __name__ == '__main__':\n"
        "    from concurrent.futures import process\n"
        "    items = (print(p.pid, flush=True) for p in ())\n"
        "    from unit.core.test_parallel import say_and_sleep\n"
        "    list(parallel_map(say_and_sleep, range(8), workers=2))\n"
    )
    tests = str(Path(__file__).parents[2])
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": tests},
    ) as run:
        workers = {int(run.stdout.readline()) for _ in range(2)}
        run.kill()
    end = time.monotonic() + 10
    while time.monotonic() < end and any(map(is_alive, workers)):
        time.sleep(0.05)
    assert not any(map(is_alive, workers))


def say_and_sleep(_: int) -> None:
    sys.stdout.write(f"{os.getpid()}\n")
    sys.stdout.flush()
    time.sleep(60)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2][:3]
