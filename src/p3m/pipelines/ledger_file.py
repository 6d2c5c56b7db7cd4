"""The ledger of a run on disk: lines are added, and what an earlier run did is found in it."""

import json
import os
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from p3m.core.errors import LedgerError, OutputError, P3MError
from p3m.privacy.ledger import LedgerEntry, read_entries, sha256_file

_START = b'{"input": "'
_VALUES = frozenset(field.name for field in fields(LedgerEntry) if field.default is MISSING)


class LedgerFile:
    """A ledger that takes lines.

    A run that was killed may leave half a line at its end; it is cut off, since the next one would
    be added to it and both be lost.

    Args:
        path: The file; it and its folder are made at once, so that a run fails before the work.

    Raises:
        LedgerError: If it is a file of another kind; it stays as it is.
        OutputError: If it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _end_line(path)
        except P3MError:
            raise
        except OSError as error:
            raise self._failure(error) from error

    def add(self, entry: LedgerEntry) -> None:
        """Adds a line; it is on the disk when this returns.

        Raises:
            OutputError: If it cannot be written.
        """
        # Names of files need not be text: such bytes are written as JSON's own escapes.
        line = (entry.line() + "\n").encode("utf-8", errors="backslashreplace")
        try:
            with self._path.open("ab") as file:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise self._failure(error) from error

    def done(self, out: Path) -> dict[tuple[str, str, str], LedgerEntry]:
        """What an earlier run wrote and nobody changed since.

        Args:
            out: The folder of the outputs.

        Returns:
            The entries by place and hash of their input, and place of their output.

        Raises:
            LedgerError: If a line is no entry.
        """
        return {
            (entry.input, entry.input_sha256, entry.output): entry
            for entry in read_entries(self._path)
            if entry.output is not None and _hash(out / entry.output) == entry.output_sha256
        }

    def _failure(self, error: OSError) -> OutputError:
        return OutputError(f"{self._path}: cannot be written ({error.strerror or error}).")


def _end_line(path: Path) -> None:
    """Makes sure that a ledger ends with a whole line, and that the file is a ledger at all."""
    content = path.read_bytes() if path.exists() else b""
    if content and not _is_ledger(content):
        raise LedgerError(f"{path}: exists and is no ledger; name another file.")
    whole = content.rfind(b"\n") + 1
    half = content[whole:]
    with path.open("ab") as file:
        if half and _parsed(half) is not None:
            file.write(b"\n")
        elif half:
            file.truncate(whole)


def _is_ledger(content: bytes) -> bool:
    """Whether it begins with an entry, or is nothing but what a killed run wrote of its first."""
    first, ended, _ = content.partition(b"\n")
    begun = first[: len(_START)] == _START[: len(first)] and _parsed(first) is None
    return _is_entry(first) or (begun and not ended)


def _is_entry(line: bytes) -> bool:
    values = _parsed(line)
    return isinstance(values, dict) and values.keys() >= _VALUES


def _parsed(line: bytes) -> Any:
    """What a line of JSON says; ``None`` where it is none."""
    try:
        return json.loads(line)
    except ValueError:
        return None


def _hash(path: Path) -> str | None:
    try:
        return sha256_file(path)
    except P3MError:
        return None
