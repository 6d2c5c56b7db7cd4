"""Files that only have to be there."""

from pathlib import Path


def touch(root: Path, *names: str) -> None:
    """Makes empty files of those names below a folder, and the folders above them."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
