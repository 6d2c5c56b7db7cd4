"""Being told to stop, but never in the midst of something."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def interrupts_wait() -> Iterator[None]:
    """Holds Ctrl-C and SIGTERM back until the block is left, as far as somebody handles them."""
    if threading.current_thread() is not threading.main_thread():  # only that one is interrupted
        yield
        return
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    handled = {number: handler for number, handler in handlers.items() if callable(handler)}
    arrived: list[tuple[int, Any]] = []
    for number in handled:
        signal.signal(number, lambda told, frame: arrived.append((told, frame)))
    try:
        yield
    finally:
        for number, handler in handled.items():
            signal.signal(number, handler)
    for told, frame in arrived:
        handled[signal.Signals(told)](told, frame)
