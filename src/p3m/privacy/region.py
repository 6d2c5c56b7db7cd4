"""Which pixels an effect covers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from p3m.core.checks import check_same_shape, check_shape
from p3m.imaging.trimap import trimap_from_alpha, unknown_region

if TYPE_CHECKING:
    from p3m.imaging.types import Alpha, Mask


def protect_transition(region: Mask, alpha: Alpha, *, radius_px: int) -> Mask:
    """The region without the matte's transition band, so that an effect leaves hair as it is.

    What the band covers stays visible: use it where the matte must stay true to the picture, as in
    training, and not where privacy alone counts. A spot of the band that lies wholly within the
    region is no edge of the matte but a flaw of it, and stays covered.

    Args:
        region: Pixels to hide, shape (H, W).
        alpha: The picture's alpha in [0, 1], shape (H, W).
        radius_px: How far the band reaches to either side of the matte's edge, at least 0.

    Returns:
        The pixels that are in the region and not in the band, shape (H, W).

    Raises:
        ShapeError: If the shapes differ or are not (H, W).

    References:
        Li et al., "Privacy-Preserving Portrait Matting", ACM MM 2021: how P3M-10k was made.

    Example:
        >>> alpha = np.zeros((1, 8), np.float32)
        >>> alpha[:, 4:] = 1
        >>> region = np.array([[False, False, False, False, True, True, True, True]])
        >>> protect_transition(region, alpha, radius_px=1)
        array([[False, False, False, False, False,  True,  True,  True]])
    """
    check_shape("region", region, "H W")
    check_same_shape(region=region, alpha=alpha)
    band = unknown_region(trimap_from_alpha(alpha, radius_px))
    spots = cv2.connectedComponents(band.astype(np.uint8))[1]
    edge = band & np.isin(spots, spots[~region])
    return region & ~edge
