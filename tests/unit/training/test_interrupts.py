import os
import signal
from threading import Thread

import pytest

from p3m.training.interrupts import interrupts_wait

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")


@pytest.fixture(autouse=True)
def _handled():
    """Ctrl-C is handled, also where the tests were started in the background by a shell."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_an_interrupt_waits_for_the_end_of_the_block() -> None:
    handler, done = signal.getsignal(signal.SIGINT), []

    def interrupted() -> None:
        with interrupts_wait():
            os.kill(os.getpid(), signal.SIGINT)
            done.append(1)

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert done == [1]
    assert signal.getsignal(signal.SIGINT) is handler


def test_an_error_of_the_block_comes_first() -> None:
    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(ValueError, match="mine"), interrupts_wait():
        raise ValueError("mine")
    assert signal.getsignal(signal.SIGINT) is handler


def test_what_nobody_handles_stays_as_it_is() -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        with interrupts_wait():
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGTERM, before)


def test_other_threads_are_never_interrupted() -> None:
    handler, seen = signal.getsignal(signal.SIGINT), []

    def work() -> None:
        with interrupts_wait():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [handler]
