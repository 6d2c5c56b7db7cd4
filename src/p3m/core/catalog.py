"""An immutable mapping of names to entries, with suggestions for misspelt names."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol, TypeVar

from p3m.core.errors import UnknownNameError

_NAME = re.compile(r"[a-z0-9]+([-.][a-z0-9]+)*(@[a-z0-9]+([-.][a-z0-9]+)*)?")


class Named(Protocol):
    """Anything with a catalogue name: kebab-case, weights with ``@tag`` after it."""

    @property
    def name(self) -> str:
        """The permanent name."""


Entry = TypeVar("Entry", bound=Named)


class Catalog(Mapping[str, Entry]):
    """Entries by name, in the order they were listed; built once from a literal list.

    Args:
        kind: What an entry is called in errors, such as ``"model"``.
        entries: The entries.

    Raises:
        ValueError: If a name is malformed or given twice: a mistake in the source, not the input.
    """

    def __init__(self, kind: str, entries: Iterable[Entry]) -> None:
        self._kind = kind
        self._entries: dict[str, Entry] = {}
        for entry in entries:
            if not _NAME.fullmatch(entry.name):
                raise ValueError(f"{kind} name {entry.name!r} is not kebab-case.")
            if entry.name in self._entries:
                raise ValueError(f"{kind} name {entry.name!r} is given twice.")
            self._entries[entry.name] = entry

    def __getitem__(self, name: str) -> Entry:
        """The entry of that name.

        Raises:
            UnknownNameError: With the known names and the nearest of them.
        """
        try:
            return self._entries[name]
        except KeyError:
            near = difflib.get_close_matches(name, self._entries, n=1)
            raise UnknownNameError(
                self._kind, name, self._entries, near[0] if near else None
            ) from None

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)
