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

from p3m.core.errors import InputError, MissingExtraError, OutputError, P3MError
from p3m.core.parallel import parallel_map
from p3m.data.portraits import Portrait
from p3m.imaging.io import read_alpha, read_image, write_picture
from p3m.imaging.types import Alpha, Image, Mask

RECORD = "refined.csv"
"""The file that tells of each picture what came of it."""

DOUBTFUL = 0.03
"""The share of a transition in doubt from which an alpha is left out."""

_BAND = (0.03, 0.97)  # alphas between these are in transition
_REACH = 0.009  # of the shorter side: how far the unknown region reaches beyond the transition
_LEAST_REACH_PX = 3
_NEAR = 2.5  # reaches: the neighbourhood whose colours are compared
_APART = (1.2, 2.2)  # spreads between both sides' colours: not told apart, well told apart
_AGREE = (0.2, 0.3)  # mean difference between both alphas nearby: both may hold, one is wrong
_LOOSE = (0.15, 0.3)  # of the pixels nearby in transition: a sharp outline, hair
_KNOWN = 0.01  # the least share of a neighbourhood that must be known on each side
_NOISE = 1e-4


class Refined(NamedTuple):
    """An alpha that was looked at anew; shares are those of the unknown region.

    Attributes:
        alpha: In [0, 1], shape (H, W).
        trusted: How far the closed form replaced what was there.
        doubtful: Where colours are well told apart, and yet both alphas differ by much.
    """

    alpha: Alpha
    trusted: float
    doubtful: float


def refine_transition(image: Image, alpha: Alpha) -> Refined:
    r"""Estimates the transition of an alpha anew by closed-form matting, where that can be trusted.

    The unknown region is the transition, widened by :math:`r`, 0.9 % of the shorter side. For each
    of its pixels, known foreground and background nearby have colours of means :math:`\mu_F, \mu_B`
    and variances :math:`\sigma^2_F, \sigma^2_B`, in Gaussian windows of :math:`2.5 r`. The closed
    form counts by

    .. math::
        w = \mathrm{ramp}_{1.2}^{2.2}\left(\frac{\lVert\mu_F - \mu_B\rVert}
            {\sqrt{\sigma^2_F + \sigma^2_B}}\right) \cdot
            \mathrm{ramp}_{0.3}^{0.2}\left(\overline{|\alpha_{cf} - \alpha|}\right) \cdot
            \mathrm{ramp}_{0.15}^{0.3}(t),

    blurred by :math:`r`, with :math:`t` the share of transition within :math:`2 r`: it tells hair
    from a plain wall better than a network's soft matte does, errs before leaves or where a dark
    coat meets a dark room, and frays outlines that are sharp.

    Args:
        image: The picture, shape (H, W, 3).
        alpha: In [0, 1], shape (H, W), such as a network's.

    Returns:
        The alpha, as it was outside of the unknown region.

    Raises:
        MissingExtraError: If pymatting is not installed.

    References:
        Levin et al., "A Closed-Form Solution to Natural Image Matting", TPAMI 2008.

    Note:
        A sparse linear system over the unknown region: about a second for a megapixel of a
        portrait, more for much hair.
    """
    reach_px = max(_LEAST_REACH_PX, round(_REACH * min(alpha.shape)))
    soft = ((alpha > _BAND[0]) & (alpha < _BAND[1])).astype(np.uint8)
    unknown = _widened(soft, reach_px)
    if not unknown.any() or unknown.all():
        return Refined(alpha, 0.0, 0.0)
    solved = _closed_form(image, np.where(unknown, 0.5, np.rint(alpha)))
    apart = _ramp(_separation(image, alpha, unknown, _NEAR * reach_px), *_APART)
    differ = _blurred(np.abs(solved - alpha), reach_px)
    loose = _ramp(_blurred(soft.astype(np.float32), 2 * reach_px), *_LOOSE)
    weight = _blurred(apart * _ramp(differ, *_AGREE[::-1]) * loose, reach_px) * unknown
    doubt = apart * (differ > np.mean(_AGREE))
    return Refined(
        (alpha + weight * (solved - alpha)).clip(0, 1).astype(np.float32),
        float(weight[unknown].mean()),
        float(doubt[unknown].mean()),
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
    """Writes ``OUT/NAME.png`` for each portrait whose alpha is in no doubt, and `RECORD`.

    Pictures that the record knows are not looked at again, so that a run which was killed goes on
    where it was.

    Args:
        portraits: Whose alphas are refined; their own files are never touched.
        out: Takes the new ones.
        workers: Processes; see `p3m.core.parallel.parallel_map`.
        tell: Told how many are done, of how many.

    Raises:
        InputError: If ``out`` holds a record that is none.
        OutputError: If ``out`` cannot be written, or is where the portraits' own alphas lie.
        MissingExtraError: If pymatting is not installed.
    """
    if any(portrait.alpha.parent.resolve() == out.resolve() for portrait in portraits):
        raise OutputError(f"{out} holds the alphas that are refined; choose another folder.")
    known = {outcome.name: outcome for outcome in read_outcomes(out)}
    left = [portrait for portrait in portraits if portrait.name not in known]
    tasks = [(portrait, out / f"{portrait.name}.png") for portrait in left]
    tell(len(portraits) - len(left), len(portraits))
    for outcome in parallel_map(_refine_one, tasks, workers=workers):
        known[outcome.name] = outcome
        if not outcome.problem:
            _append(out / RECORD, outcome)
        tell(len(known), len(portraits))
    return tuple(known[portrait.name] for portrait in portraits)


def read_outcomes(out: Path) -> tuple[Outcome, ...]:
    """What the record of a folder tells; nothing where there is none.

    Raises:
        InputError: If it is no such record.
    """
    if not (out / RECORD).is_file():
        return ()
    try:
        with (out / RECORD).open(newline="", encoding="utf-8") as file:
            return tuple(
                Outcome(row["name"], float(row["trusted"]), float(row["doubtful"]))
                for row in csv.DictReader(file)
            )
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{out / RECORD}: no record of refined alphas: {error!r}") from error


def _refine_one(task: tuple[Portrait, Path]) -> Outcome:
    portrait, target = task
    try:
        alpha = read_alpha(portrait.alpha)
        refined = refine_transition(read_image(portrait.image), alpha)
        outcome = Outcome(portrait.name, round(refined.trusted, 4), round(refined.doubtful, 4))
        if outcome.written:
            write_picture(target, refined.alpha, overwrite=True)
    except MissingExtraError:
        raise
    except P3MError as error:
        return Outcome(portrait.name, problem=str(error))
    return outcome


def _append(record: Path, outcome: Outcome) -> None:
    fresh = not record.is_file()
    try:
        record.parent.mkdir(parents=True, exist_ok=True)
        with record.open("a", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            if fresh:
                rows.writerow(("name", "trusted", "doubtful"))
            rows.writerow((outcome.name, outcome.trusted, outcome.doubtful))
    except OSError as error:
        raise OutputError(f"{record}: {error.strerror or error}") from error


def _widened(region: NDArray[np.uint8], reach_px: int) -> Mask:
    size = (2 * reach_px + 1, 2 * reach_px + 1)
    ellipse = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, size)
    return np.asarray(cv2.dilate(region, ellipse), np.bool_)


def _closed_form(image: Image, trimap: NDArray[np.float64]) -> Alpha:
    try:
        from pymatting import estimate_alpha_cf  # noqa: PLC0415 - optional, seconds to import
    except ImportError as error:
        raise MissingExtraError("Refining alphas", "train") from error
    with contextlib.redirect_stdout(io.StringIO()):  # it prints advice on its preconditioner
        solved = estimate_alpha_cf(image / 255.0, trimap)
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
