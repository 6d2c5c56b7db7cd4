"""A lock that a forked process finds open."""

import os
import threading
from types import TracebackType


class ForkSafeLock:
    """A lock for a ``with`` block, which is new in a process that was forked.

    A plain one that another thread held at that moment would stay locked there for ever.

    Example:
        >>> with ForkSafeLock():
        ...     pass
    """

    def __init__(self) -> None:
        self._renew()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._renew)

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._lock.release()

    def free(self) -> bool:
        """Whether nobody holds it now."""
        return not self._lock.locked()

    def _renew(self) -> None:
        self._lock = threading.Lock()
