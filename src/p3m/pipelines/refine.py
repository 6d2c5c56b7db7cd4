"""Refines the soft alphas of a data set, and shows what became of them."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from p3m.core.errors import OutputError
from p3m.data.layout import find_samples
from p3m.data.portraits import Portrait
from p3m.data.refine import Outcome, refine_alphas, refined_path
from p3m.imaging.depth import as_grey
from p3m.imaging.encode import format_named
from p3m.imaging.io import read_alpha, read_image, write_picture
from p3m.imaging.sheet import contact_sheet
from p3m.imaging.types import Alpha, Image
from p3m.pipelines.data import Tell, open_dataset

_PART = 1 / 3  # of the shorter side: what a sheet shows of a picture
_SHOWN = 8


def refine_dataset(
    name: str,
    root: Path,
    out: Path,
    split: str | None = None,
    *,
    sheet: Path | None = None,
    accept: bool = False,
    workers: int | None = None,
    tell: Tell = lambda *_: None,
) -> tuple[Outcome, ...]:
    """Estimates soft alphas of a data set anew; see `p3m.data.refine.refine_alphas`.

    Args:
        name: A name in `p3m.data.catalog.DATASETS`.
        root: The set's folder.
        out: Takes the new alphas.
        split: The part whose alphas are refined. None: the first.
        sheet: Takes a picture of those that were refined most, before and after; not written where
            none was. None: no such picture.
        accept: Whether the user accepts the set's agreement now.
        workers: Processes; see `p3m.core.parallel.parallel_map`.
        tell: Told how many are done, of how many.

    Raises:
        UnknownNameError: If the sheet's suffix is no format.
        OutputError: If the sheet exists.
        P3MError: As `p3m.pipelines.data.open_dataset` and `p3m.data.refine.refine_alphas`.
    """
    if sheet is not None:
        format_named(sheet.suffix)
        if sheet.exists():
            raise OutputError(f"{sheet} exists; choose another name for the sheet.")
    entry = open_dataset(name, root, [split] if split else [], accept=accept)
    portraits = find_samples(entry, root, split or entry.splits[0].name)
    outcomes = refine_alphas(portraits, out, workers=workers, tell=tell)
    refined = [pair for pair in zip(outcomes, portraits, strict=True) if pair[0].written]
    if sheet is not None and refined:
        refined.sort(key=lambda pair: -pair[0].trusted)
        write_picture(sheet, _sheet(refined[:_SHOWN], out))
    return outcomes


def _sheet(refined: Sequence[tuple[Outcome, Portrait]], out: Path) -> Image:
    """Of each portrait the softest part: picture, alpha before and after."""
    pictures, captions = [], []
    for outcome, portrait in refined:
        before, after = read_alpha(portrait.alpha), read_alpha(refined_path(out, portrait.name))
        part = _softest_part(before)
        pictures += [read_image(portrait.image)[part], as_grey(before[part]), as_grey(after[part])]
        captions += [portrait.name, "before", f"after: {outcome.trusted:.0%} anew"]
    return contact_sheet(pictures, captions, columns=6)


def _softest_part(alpha: Alpha) -> tuple[slice, slice]:
    """The square window with the most transition."""
    side = max(1, int(_PART * min(alpha.shape)))
    sums = cv2.integral(((alpha > 0.05) & (alpha < 0.95)).astype(np.uint8))
    inside = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    top, left = (int(at) for at in np.unravel_index(int(np.argmax(inside)), inside.shape))
    return slice(top, top + side), slice(left, left + side)
