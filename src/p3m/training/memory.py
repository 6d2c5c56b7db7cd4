"""How the C library treats memory that training frees."""

import ctypes
import sys

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_NEVER = 2**31 - 1


def keep_freed_memory() -> bool:
    """Tells glibc to keep freed memory for the next step in place of giving it back to the system.

    A step on the CPU allocates and frees the same large tensors again and again; page faults for
    them cost a third of its time.

    Returns:
        Whether the C library could be told: only glibc can.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return all([mallopt(_M_MMAP_THRESHOLD, _NEVER), mallopt(_M_TRIM_THRESHOLD, _NEVER)])
