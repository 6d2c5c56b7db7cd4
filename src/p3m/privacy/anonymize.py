"""A picture and its faces become a picture without them, and a record of what was covered."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from p3m.core.checks import check_same_shape, check_shape
from p3m.imaging.types import Alpha, Image, Mask
from p3m.privacy.contract import Effect, Face
from p3m.privacy.effects import GaussianBlur
from p3m.privacy.region import MARGIN, faces_region, protect_transition

_BAND_SHARE = 0.004
_LEAST_BAND_PX = 2
_FAINT = 12
_DRAWN = 0.25
_BLUR = GaussianBlur()


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Anonymized:
    """A picture whose faces are hidden.

    Attributes:
        image: RGB, shape (H, W, 3); equal to the original where ``mask`` is false.
        faces: The faces that were hidden.
        mask: The pixels that were covered, shape (H, W).
        covered: The share of each face that is covered, in [0, 1], within its outline of no margin.
            It is less than 1 where a matte's transition band crosses the face.
    """

    image: Image
    faces: tuple[Face, ...]
    mask: Mask
    covered: tuple[float, ...]


def hide_faces(
    image: Image,
    faces: Sequence[Face],
    *,
    effect: Effect = _BLUR,
    margin: float = MARGIN,
    alpha: Alpha | None = None,
) -> Anonymized:
    """The picture with an effect over each face's outline.

    With an alpha, the matte's transition band keeps its pixels, so that hair stays true: the recipe
    of P3M-10k. A face that belongs to the matte's person is then covered within the person alone; a
    face behind, in the background, is covered as without an alpha but for the band.

    Args:
        image: RGB, shape (H, W, 3), uint8. It is not altered.
        faces: Where they are.
        effect: Replaces the pixels.
        margin: How much further out than the face the outline runs; see
            :func:`~p3m.privacy.region.face_outline`.
        alpha: The picture's alpha in [0, 1], shape (H, W), or ``None``.

    Raises:
        ShapeError: If the shapes do not fit.
        RangeError: If ``margin`` is out of its range.

    References:
        Li et al., "Privacy-Preserving Portrait Matting", ACM MM 2021: how P3M-10k was made.
    """
    check_shape("image", image, "H W 3")
    if alpha is not None:
        check_same_shape(image=image[..., 0], alpha=alpha)
    size = image.shape[:2]
    mask = np.zeros(size, np.bool_)
    for face in faces:
        region = faces_region([face], size, margin=margin)
        mask |= region if alpha is None else _matte_region(face, region, alpha)
    return Anonymized(
        image=effect(image, mask),
        faces=tuple(faces),
        mask=mask,
        covered=tuple(_covered(face, mask) for face in faces),
    )


def hide_in_opacity(
    opacity: NDArray[np.uint8], mask: Mask, *, effect: Effect = _BLUR
) -> NDArray[np.uint8]:
    """A picture's opacity with the same pixels replaced, where it shows what is in them.

    The opacity of a cutout is its matte and stays. But where much of what was covered is half
    transparent, the opacity draws the face as ink does.

    Args:
        opacity: Shape (H, W), uint8.
        mask: The pixels that were covered, shape (H, W).
        effect: Replaces the pixels.

    Raises:
        ShapeError: If the shapes differ.
    """
    check_same_shape(opacity=opacity, mask=mask)
    inside = opacity[mask]
    half = (inside > _FAINT) & (inside < 255 - _FAINT)
    if half.sum() <= _DRAWN * inside.size:
        return opacity
    hidden: NDArray[np.uint8] = effect(opacity[..., None].repeat(3, axis=2), mask)[..., 0]
    return hidden


def _matte_region(face: Face, region: Mask, alpha: Alpha) -> Mask:
    """The part of a face's region that may be replaced without harm to the matte."""
    radius_px = max(_LEAST_BAND_PX, round(_BAND_SHARE * max(alpha.shape)))
    free = protect_transition(region, alpha, radius_px=radius_px)
    person = alpha > 0.5
    inner = faces_region([face], alpha.shape, margin=0)
    in_person = inner.any() and person[inner].mean() > 0.5
    return free & person if in_person else free


def _covered(face: Face, mask: Mask) -> float:
    """The share of a face's pixels in the picture that a mask holds; 1 if there are none."""
    inner = faces_region([face], mask.shape, margin=0)
    return float(mask[inner].mean()) if inner.any() else 1.0
