"""Refines the soft alphas of a data set, and shows what became of them."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from p3m.core.errors import InputError
from p3m.data.layout import PortraitFiles, find_samples
from p3m.data.refine import Outcome, read_outcomes, refine_alphas
from p3m.imaging.depth import quantize
from p3m.imaging.io import read_alpha, read_image
from p3m.imaging.sheet import contact_sheet
from p3m.imaging.types import Alpha, Image
from p3m.pipelines.data import open_dataset

_PART = 1 / 3  # of the shorter side: what a sheet shows of a picture


def refine_dataset(
    name: str,
    root: Path,
    out: Path,
    split: str | None = None,
    *,
    accept: bool = False,
    workers: int | None = None,
    tell: Callable[[int, int], None] = lambda *_: None,
) -> tuple[Outcome, ...]:
    """Estimates soft alphas of a data set anew; see `p3m.data.refine.refine_alphas`.

    Args:
        name: A name in `p3m.data.catalog.DATASETS`.
        root: The set's folder.
        out: Takes the new alphas.
        split: The part whose alphas are refined. None: the first.
        accept: Whether the user accepts the set's agreement now.
        workers: Processes; see `p3m.core.parallel.parallel_map`.
        tell: Told how many are done, of how many.

    Raises:
        P3MError: As `p3m.pipelines.data.open_dataset` and `p3m.data.refine.refine_alphas`.
    """
    portraits = _portraits(name, root, split, accept=accept)
    return refine_alphas(portraits, out, workers=workers, tell=tell)


def refinement_sheet(
    name: str, root: Path, out: Path, split: str | None = None, *, count: int = 8
) -> Image:
    """A sheet of the alphas that were refined most: picture, alpha before and after.

    Args:
        name: A name in `p3m.data.catalog.DATASETS`.
        root: The set's folder.
        out: What `refine_dataset` wrote.
        split: As there.
        count: How many are shown at most, each where its transition is widest.

    Raises:
        P3MError: As `refine_dataset`.
        InputError: If nothing was refined.
    """
    portraits = {portrait.name: portrait for portrait in _portraits(name, root, split)}
    refined = [one for one in read_outcomes(out) if one.written and one.name in portraits]
    if not refined:
        raise InputError(f"{out}: no alpha was refined, so there is none to show.")
    pictures, captions = [], []
    for one in sorted(refined, key=lambda one: -one.trusted)[:count]:
        portrait = portraits[one.name]
        before, after = read_alpha(portrait.alpha), read_alpha(out / f"{one.name}.png")
        part = _softest_part(before)
        pictures += [read_image(portrait.image)[part], _grey(before[part]), _grey(after[part])]
        captions += [one.name, "before", f"after: {one.trusted:.0%} of the transition anew"]
    return contact_sheet(pictures, captions, columns=6)


def _portraits(
    name: str, root: Path, split: str | None, *, accept: bool = False
) -> tuple[PortraitFiles, ...]:
    entry = open_dataset(name, root, [split] if split else [], accept=accept)
    return find_samples(entry, root, split or entry.splits[0].name)


def _softest_part(alpha: Alpha) -> tuple[slice, slice]:
    """The square window with the most transition."""
    side = max(1, int(_PART * min(alpha.shape)))
    sums = cv2.integral(((alpha > 0.05) & (alpha < 0.95)).astype(np.uint8))
    inside = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    top, left = (int(at) for at in np.unravel_index(int(np.argmax(inside)), inside.shape))
    return slice(top, top + side), slice(left, left + side)


def _grey(alpha: Alpha) -> Image:
    return np.repeat(quantize(alpha)[..., None], 3, axis=2)
