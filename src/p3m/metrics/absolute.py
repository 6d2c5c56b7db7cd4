"""Metrics of the difference itself: SAD, MSE and MAD."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from p3m.core.checks import check_same_shape, check_shape

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from p3m.imaging.types import Alpha, Mask


def sad(pred: Alpha, target: Alpha, region: Mask | None = None) -> float:
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
    return float(np.abs(_differences(pred, target, region)).sum() / 1000)


def mse(pred: Alpha, target: Alpha, region: Mask | None = None) -> float:
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
        Papers tell it in thousandths, or over the unknown region only. The code released with
        P3M-Net counts the unknown region's error over all pixels, after setting the prediction
        right in the known ones; with that, the sums agree with those of a ``region``.

    Example:
        >>> mse(np.full((2, 2), 0.5), np.zeros((2, 2)))
        0.25
    """
    differences = _differences(pred, target, region)
    return float((differences**2).sum() / max(1, differences.size))


def mad(pred: Alpha, target: Alpha, region: Mask | None = None) -> float:
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
    differences = _differences(pred, target, region)
    return float(np.abs(differences).sum() / max(1, differences.size))


def _differences(pred: Alpha, target: Alpha, region: Mask | None) -> NDArray[np.float64]:
    """The signed differences of the pixels that count."""
    region = np.ones(pred.shape, dtype=np.bool_) if region is None else region
    check_shape("pred", pred, "H W")
    check_same_shape(pred=pred, target=target, region=region)
    return pred[region].astype(np.float64) - target[region].astype(np.float64)
