"""Which pixels an effect covers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from p3m.core.checks import check_range, check_same_shape, check_shape
from p3m.imaging.trimap import trimap_from_alpha, unknown_region

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from p3m.imaging.types import Alpha, Mask, Size
    from p3m.privacy.contract import Face

MARGIN = 0.25
"""How much wider an outline is drawn than the face, by default: what is left of a face that was
covered exactly still lets a detector find it."""

_CORNERS = 64
_ROUNDNESS = 2.4  # an exponent of 2 is an ellipse; temples and jaw reach further out
_SHAPES = (1.1, 1.5)  # faces are so many times as long as wide
_UPRIGHT_PX = 2.0
_STEEP = 0.5


def face_outline(face: Face, *, margin: float = MARGIN) -> NDArray[np.float64]:
    """A polygon around a face from its brows to its jaw, tilted as its landmarks are.

    The outline is a superellipse about the middle of the box. Its long axis runs from between the
    eyes to between the corners of the mouth; how long and wide it is follows from the box, which
    encloses a tilted oval at its sides. Without landmarks it is upright.

    Args:
        face: A face.
        margin: How much further out the outline runs, as a share of the face's longer half, at
            least 0.

    Returns:
        Columns and rows of the corners in pixels, shape (64, 2).

    Raises:
        RangeError: If ``margin`` is not in [0, 4].

    Example:
        >>> from p3m.privacy.contract import Face
        >>> outline = face_outline(Face(box=(10, 10, 30, 38)), margin=0)
        >>> outline.min(axis=0).round(), outline.max(axis=0).round()
        (array([10., 10.]), array([30., 38.]))
    """
    check_range("margin", margin, 0.0, 4.0)
    left, top, right, bottom = face.box
    half_width, half_height = (right - left) / 2, (bottom - top) / 2
    down = _direction(face)
    along, across = _half_axes(half_width, half_height, down)
    grown = margin * max(along, across)
    angle = np.arange(_CORNERS) * (2 * np.pi / _CORNERS)
    cosine, sine = np.cos(angle), np.sin(angle)
    power = 2 / _ROUNDNESS
    u = (along + grown) * np.sign(cosine) * np.abs(cosine) ** power
    v = (across + grown) * np.sign(sine) * np.abs(sine) ** power
    centre = (left + right) / 2, (top + bottom) / 2
    return np.stack(
        [centre[0] + u * down[0] - v * down[1], centre[1] + u * down[1] + v * down[0]], axis=1
    )


def faces_region(faces: Iterable[Face], size: Size, *, margin: float = MARGIN) -> Mask:
    """The pixels within the outlines of some faces.

    Args:
        faces: Faces; parts beyond the picture are cut off.
        size: Height and width of the picture.
        margin: See :func:`face_outline`.

    Returns:
        Shape (H, W); a pixel that an outline touches counts.
    """
    region = np.zeros(size, np.uint8)
    for face in faces:
        corners = np.rint(face_outline(face, margin=margin) - 0.5).astype(np.int32)
        cv2.fillPoly(region, [corners], 1)
    return region.astype(np.bool_)


def _direction(face: Face) -> tuple[float, float]:
    """The unit vector from a face's eyes to its mouth, columns then rows; downwards if unknown."""
    if face.landmarks is None:
        return 0.0, 1.0
    eyes, mouth = (np.mean(pair, axis=0) for pair in (face.landmarks[:2], face.landmarks[3:]))
    across, along = (float(v) for v in mouth - eyes)
    length = math.hypot(across, along)
    return (across / length, along / length) if length > _UPRIGHT_PX else (0.0, 1.0)


def _half_axes(
    half_width: float, half_height: float, down: tuple[float, float]
) -> tuple[float, float]:
    """Half the length and half the width of the tilted oval that a box encloses.

    An ellipse with half axes a (down) and b reaches ``sqrt(a^2 s^2 + b^2 c^2)`` to the right and
    ``sqrt(a^2 c^2 + b^2 s^2)`` down, for a sine s and cosine c of its tilt: two equations for two
    unknowns, but for a tilt near 45 degrees, where a face of usual shape is taken.
    """
    upright = down[1] ** 2 - down[0] ** 2
    total = half_width**2 + half_height**2
    ratio = math.sqrt(_SHAPES[0] * _SHAPES[1])
    if abs(upright) > _STEEP:
        difference = (half_height**2 - half_width**2) / upright
        along, across = total + difference, total - difference
        ratio = math.sqrt(along / across) if min(along, across) > 0 else ratio
        if abs(upright) < 1 - 1e-6:
            ratio = min(max(ratio, _SHAPES[0]), _SHAPES[1])
    across = math.sqrt(total / (1 + ratio**2))
    return ratio * across, across


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
