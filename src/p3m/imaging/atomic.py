"""Files that are there whole or not at all."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from p3m.core.errors import OutputError, P3MError
from p3m.core.paths import exists, is_file, is_folder


def check_free(path: Path, *, overwrite: bool) -> None:
    """Checks that a file of that name may be written, without writing.

    Args:
        path: The file's name.
        overwrite: Whether a file that exists may be replaced.

    Raises:
        OutputError: If it exists and may not be replaced, or is a folder or a device.
    """
    if is_folder(path):
        raise OutputError(f"{path}: is a folder; name a file.")
    if exists(path) and not is_file(path):
        raise OutputError(f"{path}: is not a regular file; name another.")
    if is_file(path) and not overwrite:
        raise OutputError(f"{path}: exists already; pass --overwrite (overwrite=True) or rename.")


def write_atomic(path: Path, content: bytes, *, overwrite: bool = False) -> None:
    """Writes a file so that its name never stands for half of it, even if the run is killed.

    The bytes go to a hidden file in the same folder and onto the disk before it takes the name.
    Folders above it are made.

    Args:
        path: The file's name.
        content: All of it.
        overwrite: Whether a file that exists may be replaced.

    Raises:
        OutputError: If it exists and may not be replaced, or cannot be written.
    """
    with open_atomic(path, overwrite=overwrite) as file:
        file.write(content)


@contextmanager
def open_atomic(path: Path, *, overwrite: bool = False) -> Iterator[BinaryIO]:
    """Opens a file that gets its name only when all of it is written; see `write_atomic`.

    Where the block is left by an error, or the run is killed, the old file stays, if there is one.

    Args:
        path: The file's name.
        overwrite: Whether a file that exists may be replaced.

    Yields:
        Takes the bytes.

    Raises:
        OutputError: If it exists and may not be replaced, or cannot be written.
    """
    unfinished = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        check_free(path, overwrite=overwrite)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with unfinished.open("xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
    except P3MError:
        raise
    except OSError as error:
        raise OutputError(
            f"{path}: cannot be written ({error.strerror or error}); "
            "check the folder's permissions and free space, or choose another output."
        ) from error
