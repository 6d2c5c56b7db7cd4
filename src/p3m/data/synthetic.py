"""Drawn data sets: people who do not exist, alpha exact by construction, in a real set's layout."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from p3m.core.checks import check_range
from p3m.core.errors import OutputError
from p3m.core.parallel import parallel_map
from p3m.data.drawn_person import draw_person
from p3m.data.drawn_scene import draw_scene
from p3m.data.entry import DatasetEntry, Kind, Place, SplitEntry
from p3m.data.survey import DRAWN
from p3m.imaging.atomic import write_atomic
from p3m.imaging.compositing import attach_alpha, composite
from p3m.imaging.io import write_picture
from p3m.imaging.trimap import trimap_from_alpha
from p3m.imaging.types import Alpha, Image, Mask, Size

Hide = Callable[[Image, Alpha, Mask], Image]
"""Hides faces: the person's colours, alpha, where the faces are -> new colours."""

_LEAST_SIDE_PX = 48
_GROUP = "0000000001"  # the folder of everybody, where a layout has folders of groups


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnSet:
    """What is drawn.

    Attributes:
        entry: The set whose layout is taken.
        sizes: How many pictures each split gets; splits that are not named get none.
        size: Height and width of each picture in pixels.
        seed: Decides everything.
        hide: Hides faces in the splits of which the catalogue says so.
    """

    entry: DatasetEntry
    sizes: Mapping[str, int]
    size: Size
    seed: int
    hide: Hide


def draw_set(
    drawn: DrawnSet,
    out: Path,
    *,
    workers: int | None = None,
    tell: Callable[[int, int], None] = lambda *_: None,
) -> None:
    """Draws a data set.

    A picture is ``alpha F + (1 - alpha) B`` of a foreground and a background that are written, too,
    where the layout has a place for them; alpha has the steps of an 8-bit file. JPEG alone loses a
    little.

    Args:
        drawn: What is drawn.
        out: A folder that is empty or not there yet.
        workers: Processes; see `p3m.core.parallel.parallel_map`.
        tell: Told how many pictures are done, of how many.

    Raises:
        OutputError: If the folder holds something.
        RangeError: If pictures are too small to show anybody.
    """
    check_range("the shorter side", min(drawn.size), _LEAST_SIDE_PX, 1 << 14)
    if out.is_dir() and any(out.iterdir()):
        raise OutputError(f"{out}: is not empty; choose another folder.")
    tasks = [
        (drawn, split, index, out)
        for split in drawn.entry.splits
        for index in range(drawn.sizes.get(split.name, 0))
    ]
    for done, _ in enumerate(parallel_map(_draw, tasks, workers=workers), start=1):
        tell(done, len(tasks))
    mark = {"like": drawn.entry.name, "seed": drawn.seed, "splits": dict(drawn.sizes)}
    write_atomic(out / DRAWN, (json.dumps(mark, indent=2) + "\n").encode())


def _draw(task: tuple[DrawnSet, SplitEntry, int, Path]) -> None:
    """Draws and writes all files of one picture."""
    drawn, split, index, out = task
    number = drawn.entry.splits.index(split)
    rng = np.random.default_rng((drawn.seed, number, index))
    for kind, pixels in _files(drawn, split, rng):
        place = split.places[kind]
        path = out / place.folders[0] / _name(place, (number << 24) + index)
        if not path.exists():  # as where colours and alpha are one file
            write_picture(path, pixels)


def _files(
    drawn: DrawnSet, split: SplitEntry, rng: np.random.Generator
) -> Iterator[tuple[Kind, NDArray[np.generic]]]:
    """What belongs to one picture, as `write_picture` takes it."""
    scene = draw_scene(rng, drawn.size)
    if "scene" in split.places:
        yield "scene", scene
    if "image" not in split.places:
        return
    person = draw_person(rng, drawn.size)
    colours, alpha = person.foreground, person.alpha
    if split.faces == "hidden":
        colours = drawn.hide(colours, alpha, person.faces)
    radius_px = max(2, min(drawn.size) // 50)
    made: dict[Kind, NDArray[np.generic]] = {
        "image": composite(colours, scene, alpha),
        "alpha": alpha,
        "trimap": trimap_from_alpha(alpha, radius_px).astype(np.float32) / np.float32(255),
        "face_mask": person.faces.astype(np.float32),
        "foreground": colours,
        "background": scene,
    }
    for kind, pixels in made.items():
        if kind in split.places:
            clear = split.places[kind].transparency
            yield kind, attach_alpha(colours, alpha) if clear else pixels


def _name(place: Place, number: int) -> Path:
    """The file of a picture below its folder, in the form that the real set's names have."""
    if place.subfolders is None:
        return Path(f"p_{number:08x}{place.suffix}")
    name = f"{_GROUP}-{number:08}{place.suffix}"
    return Path(_GROUP, f"{place.subfolders}00000000", name)
