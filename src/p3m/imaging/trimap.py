"""Trimaps: what is surely foreground, surely background, or unknown."""

import cv2
import numpy as np

from p3m.core.checks import check_range, check_shape
from p3m.imaging.depth import quantize
from p3m.imaging.types import Alpha, Mask, Trimap


def trimap_from_alpha(alpha: Alpha, radius_px: int) -> Trimap:
    r"""The trimap whose unknown region reaches a number of pixels beyond the alpha's transition.

    .. math:: U = \mathrm{dilate}(\alpha > 0) \setminus \mathrm{erode}(\alpha = 1)

    with an ellipse of ``2 radius_px + 1`` pixels. As in the papers' 8-bit files, an alpha within
    half a step of 1/255 of 0 or 1 counts as such. What lies beyond the picture's border erodes
    nothing.

    Args:
        alpha: In [0, 1], shape (H, W).
        radius_px: How far the unknown region reaches to either side; 0 or more.

    Returns:
        0, 128 and 255, shape (H, W).

    Raises:
        ShapeError: If ``alpha`` is not (H, W).
        RangeError: If ``alpha`` leaves [0, 1], or the radius is negative.

    References:
        Li et al., "Privacy-Preserving Portrait Matting", ACM MM 2021; its released code draws the
        ellipse's side at random between 15 and 30 pixels.

    Example:
        >>> trimap_from_alpha(np.float32([[0, 0, 0, 0, 0.5, 1, 1, 1]]), 1).tolist()
        [[0, 0, 0, 128, 128, 128, 255, 255]]
    """
    check_range("radius_px", radius_px, 0, float("inf"))
    steps = quantize(alpha)
    ellipse = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius_px + 1, 2 * radius_px + 1))
    possible = cv2.dilate((steps > 0).astype(np.uint8), ellipse)
    certain = cv2.erode((steps == 255).astype(np.uint8), ellipse)
    return np.where(certain, 255, possible * 128).astype(np.uint8)


def foreground_region(trimap: Trimap) -> Mask:
    """The pixels that are surely foreground: 255.

    Raises:
        ShapeError: If ``trimap`` is not (H, W).
    """
    check_shape("trimap", trimap, "H W")
    return np.equal(trimap, 255)


def background_region(trimap: Trimap) -> Mask:
    """The pixels that are surely background: 0.

    Raises:
        ShapeError: If ``trimap`` is not (H, W).
    """
    check_shape("trimap", trimap, "H W")
    return np.equal(trimap, 0)


def unknown_region(trimap: Trimap) -> Mask:
    """The pixels that are neither: 128, and all that a resampled trimap holds between 0 and 255.

    Raises:
        ShapeError: If ``trimap`` is not (H, W).
    """
    check_shape("trimap", trimap, "H W")
    return (trimap > 0) & (trimap < 255)
