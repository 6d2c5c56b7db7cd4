"""Metrics of the difference itself: SAD, MSE and MAD."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from p3m.core.checks import check_same_shape, check_shape
from p3m.metrics.bands import bands

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from p3m.imaging.types import Mask, Trimap
    from p3m.metrics.contract import AnyAlpha


class AbsoluteErrors(NamedTuple):
    """The three metrics of the difference, of one region.

    Attributes:
        sad: See :func:`sad`.
        mse: See :func:`mse`.
        mad: See :func:`mad`.
    """

    sad: float
    mse: float
    mad: float


def sad(pred: AnyAlpha, target: AnyAlpha, region: Mask | None = None) -> float:
    r"""Sum of absolute differences, in thousands.

    .. math:: \mathrm{SAD} = \frac{1}{1000} \sum_{i \in R} |p_i - t_i|

    Lower is better; 0 is perfect; an image of N pixels gives at most N / 1000. Sums in float64.

    Args:
        pred: Predicted alpha in [0, 1], shape (H, W).
        target: True alpha in [0, 1], shape (H, W).
        region: Pixels that count, shape (H, W). ``None`` counts the whole image.

    Returns:
        The error in thousands of alpha units; 0.0 where ``region`` is empty.

    Raises:
        ShapeError: If the shapes differ or are not (H, W).

    References:
        Rhemann et al., "A Perceptually Motivated Online Benchmark for Image Matting", CVPR 2009.

    Example:
        >>> sad(np.ones((50, 40)), np.zeros((50, 40)))
        2.0
    """
    return absolute_errors(pred, target, region)[0].sad


def mse(pred: AnyAlpha, target: AnyAlpha, region: Mask | None = None) -> float:
    r"""Mean squared difference.

    .. math:: \mathrm{MSE} = \frac{1}{|R|} \sum_{i \in R} (p_i - t_i)^2

    Lower is better; 0 is perfect, 1 the worst. Sums in float64.

    Args:
        pred: Predicted alpha in [0, 1], shape (H, W).
        target: True alpha in [0, 1], shape (H, W).
        region: Pixels that count, shape (H, W). ``None`` counts the whole image.

    Returns:
        The error in squared alpha units; 0.0 where ``region`` is empty.

    Raises:
        ShapeError: If the shapes differ or are not (H, W).

    References:
        Rhemann et al., "A Perceptually Motivated Online Benchmark for Image Matting", CVPR 2009.

    Note:
        Papers tell it in thousandths, or over the unknown region only; one picture's two values
        may differ tenfold.

    Example:
        >>> mse(np.full((2, 2), 0.5), np.zeros((2, 2)))
        0.25
    """
    return absolute_errors(pred, target, region)[0].mse


def mad(pred: AnyAlpha, target: AnyAlpha, region: Mask | None = None) -> float:
    r"""Mean absolute difference.

    .. math:: \mathrm{MAD} = \frac{1}{|R|} \sum_{i \in R} |p_i - t_i|

    Lower is better; 0 is perfect, 1 the worst. Sums in float64.

    Args:
        pred: Predicted alpha in [0, 1], shape (H, W).
        target: True alpha in [0, 1], shape (H, W).
        region: Pixels that count, shape (H, W). ``None`` counts the whole image.

    Returns:
        The error in alpha units; 0.0 where ``region`` is empty.

    Raises:
        ShapeError: If the shapes differ or are not (H, W).

    References:
        Li et al., "Privacy-Preserving Portrait Matting", ACM MM 2021: reported with SAD and MSE.

    Example:
        >>> mad(np.full((2, 2), 0.5), np.zeros((2, 2)))
        0.5
    """
    return absolute_errors(pred, target, region)[0].mad


def absolute_errors(
    pred: AnyAlpha, target: AnyAlpha, *regions: Mask | None
) -> tuple[AbsoluteErrors, ...]:
    """SAD, MSE and MAD of several regions, for little more than the price of one.

    Args:
        pred: Predicted alpha in [0, 1], shape (H, W).
        target: True alpha in [0, 1], shape (H, W).
        *regions: Pixels that count, shape (H, W). ``None`` counts the whole image.

    Returns:
        One for each region, in that order; all zero where a region is empty.

    Raises:
        ShapeError: If the shapes differ or are not (H, W).

    Example:
        >>> absolute_errors(np.full((2, 2), 0.5), np.zeros((2, 2)), None)
        (AbsoluteErrors(sad=0.002, mse=0.25, mad=0.5),)
    """
    check_shape("pred", pred, "H W")
    check_same_shape(pred=pred, target=target)
    for region in regions:
        if region is not None:
            check_same_shape(pred=pred, region=region)
    sums = np.zeros((len(regions), 2))
    for band in bands(pred.shape):
        difference = np.subtract(pred[band], target[band], dtype=np.float64, order="C")
        for number, region in enumerate(regions):
            sums[number] += _sums(difference if region is None else difference * region[band])
    pixels = [pred.size if region is None else int(region.sum()) for region in regions]
    return tuple(_errors(both[0], both[1], count) for both, count in zip(sums, pixels, strict=True))


def settled_errors(pred: AnyAlpha, target: AnyAlpha, trimap: Trimap) -> AbsoluteErrors:
    """SAD, MSE and MAD after the prediction was set right in the known regions: the P3M form.

    The prediction becomes 1 where the trimap is 255 and 0 where it is 0. The sums go over the whole
    image, so they hold what the truth itself departs from 1 and 0 there; the means divide by the
    pixels at 128, or by all that are neither 0 nor 255 if none is 128.

    Args:
        pred: Predicted alpha in [0, 1], shape (H, W).
        target: True alpha in [0, 1], shape (H, W).
        trimap: 0, 128 and 255, shape (H, W).

    Returns:
        In the units of :func:`sad`, :func:`mse` and :func:`mad`.

    Raises:
        ShapeError: If the shapes differ or are not (H, W).

    References:
        Li et al., "Privacy-Preserving Portrait Matting", ACM MM 2021: the columns SAD-T, MSE-T and
        MAD-T of the released code.

    Note:
        Where no pixel is unknown the released code divides by zero; ours by one.

    Example:
        >>> trimap = np.uint8([[0, 128, 255]])
        >>> settled_errors(np.array([[0.5, 0.5, 0.5]]), np.array([[0.0, 1.0, 1.0]]), trimap)
        AbsoluteErrors(sad=0.0005, mse=0.25, mad=0.5)
    """
    check_shape("pred", pred, "H W")
    check_same_shape(pred=pred, target=target, trimap=trimap)
    sums = np.zeros(2)
    for band in bands(pred.shape):
        settled = pred[band].astype(np.float64, order="C")
        settled[trimap[band] == 255] = 1
        settled[trimap[band] == 0] = 0
        sums += _sums(np.subtract(settled, target[band], out=settled))
    pixels = np.count_nonzero(trimap == 128) or np.count_nonzero((trimap > 0) & (trimap < 255))
    return _errors(sums[0], sums[1], int(pixels))


def _sums(difference: NDArray[np.float64]) -> tuple[float, float]:
    """The sums of absolute and of squared values."""
    return cv2.norm(difference, cv2.NORM_L1), cv2.norm(difference, cv2.NORM_L2SQR)


def _errors(absolute: float, squared: float, pixels: int) -> AbsoluteErrors:
    count = max(1, pixels)
    return AbsoluteErrors(float(absolute / 1000), float(squared / count), float(absolute / count))
