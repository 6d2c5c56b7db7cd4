"""Small drawn data sets, in the layout of any entry of the catalogue."""

from collections.abc import Mapping
from pathlib import Path

from p3m.data.entry import DatasetEntry
from p3m.data.synthetic import DrawnSet, draw_set
from p3m.imaging.types import Alpha, Image, Mask


def paint_over(image: Image, alpha: Alpha, faces: Mask) -> Image:
    """The picture with pure green faces, which nothing drawn is: hidden for all to see."""
    hidden = image.copy()
    hidden[faces] = (0, 255, 0)
    return hidden


def write_drawn_set(
    entry: DatasetEntry, root: Path, sizes: Mapping[str, int] | int = 2, *, seed: int = 0
) -> Path:
    """Draws a set of small pictures.

    Args:
        entry: The set whose layout it gets.
        root: A folder that is empty or not there yet.
        sizes: Pictures of each split, or of all alike.
        seed: Decides everything.

    Returns:
        ``root``.
    """
    if isinstance(sizes, int):
        sizes = {split.name: sizes for split in entry.splits}
    drawn = DrawnSet(entry=entry, sizes=sizes, size=(80, 64), seed=seed, hide=paint_over)
    draw_set(drawn, root, workers=1)
    return root
