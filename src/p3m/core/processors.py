"""How many processors there are to use."""

import os


def usable_processors() -> int:
    """Processors that this process may use: all of them, unless it was confined to some."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
