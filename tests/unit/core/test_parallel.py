"""Tests of p3m.core.parallel."""

import os
from collections.abc import Iterator

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
    with pytest.raises(WorkerError, match="worker process died.*fewer workers"):
        list(parallel_map(os._exit, [1] * 20, workers=2))
