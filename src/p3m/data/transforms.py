"""Joint transforms of a picture and what belongs to it: one crop for image, alpha and trimap."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from p3m.core.checks import check_shape
from p3m.imaging.resize import Interpolation, resize
from p3m.imaging.types import Trimap

Resampling = Literal["linear", "area"]
"""How a crop is made smaller: from its four nearest pixels, or from all that a new one covers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crop:
    """A square of a picture, flipped or not, that becomes a square of another side.

    Attributes:
        top: First row.
        left: First column.
        crop_px: Side of the square in the source.
        side_px: Side of the result.
        flip: Whether left and right are exchanged.
        resampling: How it is made smaller; linear where it grows.
    """

    top: int
    left: int
    crop_px: int
    side_px: int
    flip: bool = False
    resampling: Resampling = "linear"

    def apply(self, array: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The crop of an array of shape (H, W) or (H, W, C).

        Args:
            array: A picture, alpha, trimap or mask of the source's size.

        Returns:
            Shape (S, S) or (S, S, C), never a view of ``array``.
        """
        rows = slice(self.top, self.top + self.crop_px)
        part = array[rows, self.left : self.left + self.crop_px]
        if self.flip:
            part = part[:, ::-1]
        size = (self.side_px, self.side_px)
        interpolation: Interpolation | None = "linear" if self.resampling == "linear" else None
        cut = resize(np.ascontiguousarray(part), size, interpolation=interpolation)
        return cut if cut.base is None else cut.copy()


def random_crop(
    trimap: Trimap,
    rng: np.random.Generator,
    *,
    crop_sides_px: Sequence[int] = (512, 768, 1024),
    side_px: int = 512,
    at_transition: float = 0.5,
    flip: float = 0.5,
    resampling: Resampling = "linear",
) -> Crop:
    """A crop as P3M-Net is trained on, drawn at random.

    A side is drawn; where it is not smaller than the picture's short side, the smallest of the
    sides takes its place. The crop's top left corner is a pixel of the transition with some
    probability, if one lies where the crop stays within the picture, and any pixel otherwise.

    A picture whose short side is no larger than the smallest crop is cut to a square of its short
    side, which grows to ``side_px`` with its aspect ratio kept.

    Args:
        trimap: 0, 128 and 255, shape (H, W).
        rng: Source of randomness.
        crop_sides_px: Sides to draw from.
        side_px: Side of the result.
        at_transition: How probably the corner is a pixel of the transition.
        flip: How probably left and right are exchanged.
        resampling: How the crop is made smaller.

    Raises:
        ShapeError: If ``trimap`` is not (H, W).

    References:
        Li et al., "Privacy-Preserving Portrait Matting", ACM MM 2021.

    Note:
        The released code leaves out the last row and column of corners, so that a picture of 512
        pixels has none and stops it; one smaller than that it cuts to a rectangle, and stretches.

    Example:
        >>> trimap = np.full((600, 600), 128, np.uint8)
        >>> crop = random_crop(trimap, np.random.default_rng(0))
        >>> crop.crop_px, crop.side_px, crop.top <= 600 - 512
        (512, 512, True)
    """
    check_shape("trimap", trimap, "H W")
    short = min(trimap.shape)
    drawn = int(rng.choice(np.asarray(crop_sides_px)))
    crop_px = min(drawn if drawn < short else min(crop_sides_px), short)
    corners = trimap[: trimap.shape[0] - crop_px + 1, : trimap.shape[1] - crop_px + 1]
    unknown = np.flatnonzero(corners == 128)
    if rng.random() < at_transition and unknown.size:
        at = int(unknown[rng.integers(unknown.size)])
    else:
        at = int(rng.integers(corners.size))
    top, left = divmod(at, corners.shape[1])
    return Crop(
        top=top,
        left=left,
        crop_px=crop_px,
        side_px=side_px,
        flip=bool(rng.random() < flip),
        resampling=resampling,
    )


def ellipse_trimap(alpha: NDArray[np.uint8], kernel_px: int) -> Trimap:
    r"""The trimap of an 8-bit alpha by an ellipse of any width, odd or even.

    .. math:: U = \mathrm{dilate}(\alpha \ne 0) \setminus \mathrm{erode}(\alpha = 255)

    Args:
        alpha: 0 to 255, shape (H, W).
        kernel_px: Width and height of the ellipse.

    Returns:
        0, 128 and 255, shape (H, W). What lies beyond the picture's border erodes nothing.

    References:
        Li et al., "Privacy-Preserving Portrait Matting", ACM MM 2021; its released code draws the
        width from 15 to 30 for each sample.

    Example:
        >>> ellipse_trimap(np.uint8([[0, 0, 0, 128, 255, 255, 255]]), 3).tolist()
        [[0, 0, 128, 128, 128, 255, 255]]
    """
    ellipse = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (kernel_px, kernel_px))
    possible = cv2.dilate((alpha != 0).astype(np.uint8), ellipse)
    certain = cv2.erode((alpha == 255).astype(np.uint8), ellipse)
    return np.where(certain, 255, possible * 128).astype(np.uint8)
