"""Decoded pictures kept in memory, up to a number of bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Key = TypeVar("Key", bound=Hashable)
Arrays = TypeVar("Arrays", bound="tuple[NDArray[np.generic] | None, ...]")


class KeptPictures(Generic[Key, Arrays]):
    """Reads what is asked for, and keeps what was asked for last as long as there is room.

    It belongs to one process: where several make samples, each keeps as much.

    Args:
        read: From a key to its arrays; called where they are not kept.
        max_bytes: How much is kept. What is larger by itself is read each time.

    Example:
        >>> import numpy as np
        >>> kept = KeptPictures(lambda name: (np.zeros(60, np.uint8),), max_bytes=100)
        >>> kept.get("a")[0].size, kept.get("b")[0].size, kept.size_bytes
        (60, 60, 60)
    """

    def __init__(self, read: Callable[[Key], Arrays], *, max_bytes: int) -> None:
        self._read = read
        self._max_bytes = max_bytes
        self._kept: OrderedDict[Key, Arrays] = OrderedDict()
        self._size_bytes = 0

    @property
    def size_bytes(self) -> int:
        """How much is kept just now."""
        return self._size_bytes

    def get(self, key: Key) -> Arrays:
        """The arrays of a key; they are shared, so nobody may write to them."""
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        arrays = self._read(key)
        self._keep(key, arrays)
        return arrays

    def _keep(self, key: Key, arrays: Arrays) -> None:
        size = _size_bytes(arrays)
        if size > self._max_bytes:
            return
        self._kept[key] = arrays
        self._size_bytes += size
        while self._size_bytes > self._max_bytes:
            self._size_bytes -= _size_bytes(self._kept.popitem(last=False)[1])


def _size_bytes(arrays: tuple[NDArray[np.generic] | None, ...]) -> int:
    return sum(array.nbytes for array in arrays if array is not None)
