"""Soft alphas estimated anew where a picture's own colours tell more than they do."""

import contextlib
import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from p3m.core.checks import check_shape
from p3m.core.errors import InputError, MissingExtraError, OutputError, P3MError
from p3m.core.parallel import parallel_map
from p3m.data.foregrounds import DIGITS, digest
from p3m.data.portraits import Portrait
from p3m.imaging.atomic import write_atomic
from p3m.imaging.io import read_alpha, read_image, write_picture
from p3m.imaging.types import Alpha, Image, Mask

RECORD = "refined.csv"
"""The file that tells what came of each picture."""

DOUBTFUL = 0.03
"""The share of an unknown region in doubt above which an alpha is left out."""

_BAND = (0.03, 0.97)  # alphas between these are in transition
_REACH = 0.009  # of the shorter side: how far the unknown region reaches beyond the transition
_LEAST_REACH_PX = 3
_NEAR = 2.5  # reaches: the neighbourhood whose colours are compared
_APART = (1.2, 2.2)  # spreads between both sides' colours: not told apart, well told apart
_AGREE = (0.2, 0.3)  # mean difference between both alphas nearby: both may hold, one is wrong
_LOOSE = (0.15, 0.3)  # of the pixels nearby in transition: a sharp outline, hair
_KNOWN = 0.01  # the least share of a neighbourhood that must be known on each side
_NOISE = 1e-4
_COLUMNS = ("name", "trusted", "doubtful", "source")


class Refined(NamedTuple):
    """An alpha that was looked at anew; shares are those of the unknown region.

    Attributes:
        alpha: In [0, 1], shape (H, W).
        trusted: How far the closed form replaced what was there.
        doubtful: Where colours are well told apart, and yet both alphas differ by much.
        closed_form: The closed form's alpha, shape (H, W); as it was outside of the unknown region.
        weight: How far it counts, in [0, 1], shape (H, W); 0 outside of the unknown region.
    """

    alpha: Alpha
    trusted: float
    doubtful: float
    closed_form: Alpha
    weight: Alpha


def refine_transition(image: Image, alpha: Alpha) -> Refined:
    r"""Estimates the transition of an alpha anew by closed-form matting, where that can be trusted.

    The unknown region is the transition, widened by :math:`r`: 0.9 % of the shorter side, at least
    3 pixels. For each of its pixels, known foreground and background nearby have colours of means
    :math:`\mu_F, \mu_B` and variances :math:`\sigma^2_F, \sigma^2_B`, in Gaussian windows of
    :math:`2.5 r`. The closed form counts by

    .. math::
        w = \mathrm{ramp}_{1.2}^{2.2}\left(\frac{\lVert\mu_F - \mu_B\rVert}
            {\sqrt{\sigma^2_F + \sigma^2_B}}\right) \cdot
            \mathrm{ramp}_{0.3}^{0.2}\left(\overline{|\alpha_{cf} - \alpha|}\right) \cdot
            \mathrm{ramp}_{0.15}^{0.3}(\bar t),

    blurred by :math:`r`, where a ramp rises from 0 at its lower index to 1 at its upper one, the
    first bar is a mean over a Gaussian window of :math:`r`, and :math:`\bar t` the share of
    transition in one of :math:`2 r`. So it counts for hair before a plain wall, which it tells
    better than a network's soft matte does; not before leaves or where a dark coat meets a dark
    room, where it errs; and not along sharp outlines, which it frays.

    Args:
        image: The picture, shape (H, W, 3).
        alpha: In [0, 1], shape (H, W), such as a network's.

    Returns:
        The alpha, as it was outside of the unknown region; as it was everywhere if that leaves no
        known foreground or no known background.

    Raises:
        ShapeError: If the shapes do not fit.
        InputError: If the closed form finds no solution.
        MissingExtraError: If pymatting is not installed.

    References:
        Levin et al., "A Closed-Form Solution to Natural Image Matting", TPAMI 2008.

    Note:
        It takes about a second and 400 MB for each megapixel of the box around the transition.
    """
    check_shape("alpha", alpha, "H W")
    check_shape("image", image, f"{alpha.shape[0]} {alpha.shape[1]} 3")
    reach_px = max(_LEAST_REACH_PX, round(_REACH * min(alpha.shape)))
    soft = ((alpha > _BAND[0]) & (alpha < _BAND[1])).astype(np.uint8)
    unknown = _widened(soft, reach_px)
    box = _around(unknown, reach_px)
    trimap = np.where(unknown, 0.5, np.rint(alpha))[box].astype(np.float64)
    if not {0.0, 0.5, 1.0} <= set(np.unique(trimap)):
        return Refined(alpha, 0.0, 0.0, alpha, np.zeros_like(alpha))
    solved = alpha.copy()
    solved[box] = _closed_form(image[box], trimap)
    apart = _ramp(_separation(image, alpha, unknown, _NEAR * reach_px), *_APART)
    differ = _blurred(np.abs(solved - alpha), reach_px)
    loose = _ramp(_blurred(soft.astype(np.float32), 2 * reach_px), *_LOOSE)
    weight = _blurred(apart * _ramp(differ, *_AGREE[::-1]) * loose, reach_px) * unknown
    doubt = apart * (differ > np.mean(_AGREE))
    return Refined(
        (alpha + weight * (solved - alpha)).clip(0, 1).astype(np.float32),
        float(weight[unknown].mean()),
        float(doubt[unknown].mean()),
        solved,
        weight,
    )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one picture.

    Attributes:
        name: Whose.
        trusted: As in `Refined`.
        doubtful: As in `Refined`.
        problem: What is wrong with its files; empty if nothing is.
    """

    name: str
    trusted: float = 0.0
    doubtful: float = 0.0
    problem: str = ""

    @property
    def written(self) -> bool:
        """Whether an alpha was written: it is neither in doubt nor without files."""
        return not self.problem and self.doubtful <= DOUBTFUL


def refine_alphas(
    portraits: Sequence[Portrait],
    out: Path,
    *,
    workers: int | None = None,
    tell: Callable[[int, int], None] = lambda *_: None,
) -> tuple[Outcome, ...]:
    """Writes ``OUT/NAME.png`` for each portrait whose alpha is not in doubt, and `RECORD`.

    A picture that the record knows is not looked at again while its files are the same, so that a
    run which was killed goes on where it was.

    Args:
        portraits: Whose alphas are refined; their own files are never touched.
        out: Takes the new ones: a folder that is empty, not there yet, or has a record.
        workers: Processes; see `p3m.core.parallel.parallel_map`.
        tell: Told how many are done, of how many.

    Raises:
        OutputError: If ``out`` holds something else, or cannot be written.
        InputError: If a portrait's file cannot be read at all, or the record is none.
        MissingExtraError: If pymatting is not installed.
    """
    sources = {portrait.name: digest(portrait) for portrait in portraits}
    rows = _claimed(out)
    known = {
        name: outcome
        for name, (outcome, source) in rows.items()
        if sources.get(name) == source
        and (not outcome.written or refined_path(out, name).is_file())
    }
    left = [portrait for portrait in portraits if portrait.name not in known]
    tasks = [(portrait, refined_path(out, portrait.name)) for portrait in left]
    done = len(portraits) - len(left)
    tell(done, len(portraits))
    for count, outcome in enumerate(parallel_map(_refine_one, tasks, workers=workers), done + 1):
        known[outcome.name] = outcome
        if not outcome.problem:
            _append(out / RECORD, outcome, sources[outcome.name])
        tell(count, len(portraits))
    return tuple(known[portrait.name] for portrait in portraits)


def refined_path(out: Path, name: str) -> Path:
    """Where a portrait's refined alpha lies.

    Args:
        out: The folder that takes them.
        name: The portrait's.
    """
    return out / f"{name}.png"


def _refine_one(task: tuple[Portrait, Path]) -> Outcome:
    portrait, target = task
    try:
        alpha = read_alpha(portrait.alpha)
        refined = refine_transition(read_image(portrait.image), alpha)
    except MissingExtraError:
        raise
    except P3MError as error:
        target.unlink(missing_ok=True)
        return Outcome(portrait.name, problem=f"{portrait.image}: {error}")
    outcome = Outcome(portrait.name, round(refined.trusted, 4), round(refined.doubtful, 4))
    if outcome.written:
        write_picture(target, refined.alpha, overwrite=True)
    else:
        target.unlink(missing_ok=True)
    return outcome


def _claimed(out: Path) -> dict[str, tuple[Outcome, str]]:
    """The record's outcomes and their sources; a record is begun where there is none.

    A row that was cut off has no whole source, which is its last column: it counts for nothing.
    """
    record = out / RECORD
    if not record.is_file():
        if out.is_dir() and any(out.iterdir()):
            raise OutputError(f"{out} holds other files; choose an empty folder, or a new one.")
        write_atomic(record, _csv(_COLUMNS))
        return {}
    try:
        with record.open(newline="", encoding="utf-8") as file:
            header, *rows = csv.reader(file)
        whole = [row for row in rows if len(row) == len(_COLUMNS) and len(row[-1]) == DIGITS]
        known = {
            name: (Outcome(name, float(trusted), float(doubtful)), source)
            for name, trusted, doubtful, source in whole
        }
    except (OSError, ValueError, csv.Error) as error:
        raise InputError(f"{record}: no record of refined alphas: {error}") from error
    if tuple(header) != _COLUMNS:
        raise InputError(f"{record}: no record of refined alphas; choose another folder.")
    write_atomic(record, _csv(_COLUMNS, *whole), overwrite=True)
    return known


def _append(record: Path, outcome: Outcome, source: str) -> None:
    row = _csv((outcome.name, str(outcome.trusted), str(outcome.doubtful), source))
    try:
        with record.open("ab") as file:
            file.write(row)
    except OSError as error:
        raise OutputError(f"{record}: {error.strerror or error}") from error


def _csv(*rows: Sequence[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _around(region: Mask, margin_px: int) -> tuple[slice, slice]:
    """The rows and columns that hold a region, and a margin around it."""
    left, top, width, height = cv2.boundingRect(region.astype(np.uint8))
    rows = slice(max(0, top - margin_px), top + height + margin_px)
    return rows, slice(max(0, left - margin_px), left + width + margin_px)


def _widened(region: NDArray[np.uint8], reach_px: int) -> Mask:
    size = (2 * reach_px + 1, 2 * reach_px + 1)
    ellipse = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, size)
    return np.asarray(cv2.dilate(region, ellipse), np.bool_)


def _closed_form(image: Image, trimap: NDArray[np.float64]) -> Alpha:
    """The closed form's alpha of a trimap of 0, 0.5 and 1."""
    try:
        from pymatting import estimate_alpha_cf  # noqa: PLC0415 - optional, seconds to import
    except ImportError as error:
        raise MissingExtraError("Refining alphas", "train") from error
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # it prints advice on its preconditioner
            solved = estimate_alpha_cf(image / 255.0, trimap)
    except ValueError as error:
        raise InputError(f"closed-form matting finds no solution: {error}") from error
    return np.asarray(solved, np.float32).clip(0, 1)


def _separation(image: Image, alpha: Alpha, unknown: Mask, sigma: float) -> NDArray[np.float32]:
    """How many spreads known foreground and background nearby lie apart; 0 where one is missing."""
    colours = image.astype(np.float32) / np.float32(255)
    inside = _neighbours(colours, ~unknown & (alpha >= 0.5), sigma)
    outside = _neighbours(colours, ~unknown & (alpha < 0.5), sigma)
    distance = np.square(inside.mean - outside.mean).sum(axis=2)
    spread = inside.variance + outside.variance + _NOISE
    known = (inside.share > _KNOWN) & (outside.share > _KNOWN)
    return np.where(known, np.sqrt(distance / spread), 0).astype(np.float32)


class _Neighbours(NamedTuple):
    """Colours around each pixel: their mean, their variance over all channels, how many count."""

    mean: NDArray[np.float32]
    variance: NDArray[np.float32]
    share: NDArray[np.float32]


def _neighbours(colours: NDArray[np.float32], chosen: Mask, sigma: float) -> _Neighbours:
    weight = chosen.astype(np.float32)
    share = _blurred(weight, sigma)
    total: NDArray[np.float32] = np.maximum(share, np.float32(_NOISE))[..., None]
    mean = _blurred(colours * weight[..., None], sigma) / total
    square = _blurred(np.square(colours) * weight[..., None], sigma) / total
    variance: NDArray[np.float32] = np.maximum(square - np.square(mean), 0).sum(axis=2)
    return _Neighbours(mean, variance, share)


def _blurred(array: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(array, (0, 0), sigma), np.float32)


def _ramp(values: NDArray[np.float32], zero: float, one: float) -> NDArray[np.float32]:
    """From 0 at one value to 1 at another."""
    ramp: NDArray[np.float32] = ((values - zero) / (one - zero)).clip(0, 1)
    return ramp
