"""What a path stands for, told without errors.

Up to Python 3.13 `Path.is_file` and its like raise where the system will not tell: for names that
are too long, or in folders that may not be searched. Opening such a path says more clearly why.
"""

import os
from pathlib import Path


def is_file(path: Path) -> bool:
    """Whether a file is known to be there."""
    return os.path.isfile(path)  # noqa: PTH113


def is_folder(path: Path) -> bool:
    """Whether a folder is known to be there."""
    return os.path.isdir(path)  # noqa: PTH112


def exists(path: Path) -> bool:
    """Whether anything of that name is known to be there."""
    return os.path.exists(path)  # noqa: PTH110
