"""Tests of p3m.core.locks."""

import os
import threading

import pytest

from p3m.core.locks import ForkSafeLock

PATIENCE_S = 20


def test_one_thread_at_a_time_is_inside():
    lock, inside, most = ForkSafeLock(), [], []

    def work():
        for _ in range(200):
            with lock:
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(most) == {1}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_process_finds_it_open():
    lock, held, done = ForkSafeLock(), threading.Event(), threading.Event()

    def hold():
        with lock:
            held.set()
            done.wait(PATIENCE_S)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(PATIENCE_S)
    child = os.fork()
    if child == 0:
        os._exit(0 if lock.free() else 1)
    done.set()
    holder.join()
    assert os.waitpid(child, 0)[1] == 0
