"""What is hidden in one frame of a video: faces that were seen, and places where one may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np

from p3m.privacy.boxes import Rectangle
from p3m.privacy.contract import Face
from p3m.privacy.region import MARGIN, face_outline, faces_region

if TYPE_CHECKING:
    from collections.abc import Iterable

    from p3m.imaging.types import Mask, Size

Reason = Literal["seen", "between", "before", "after", "lost"]
"""Why a place is covered: a face was seen there in this frame; between two sightings; shortly
before the first; shortly after the last; or it was lost and has not been found again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """A place that is hidden.

    Attributes:
        track: Number of the face in its video.
        reason: Why it is covered.
        box: Somewhere within it the face's box lies, in pixels.
        size: Height and width of the face itself, at most the box's.
        face: The face, where it was seen in this frame.
    """

    track: int
    reason: Reason
    box: Rectangle
    size: tuple[float, float]
    face: Face | None = None


def covers_region(covers: Iterable[Cover], size: Size, *, margin: float = MARGIN) -> Mask:
    """The pixels that some covers hide.

    A face that was seen is hidden within its outline. Of a place, every pixel is hidden that the
    outline of a face of that size touches while its box moves about in the place.

    Args:
        covers: Of one frame.
        size: Height and width of the frame.
        margin: How much further out than a face the outline runs; see
            :func:`~p3m.privacy.region.face_outline`.

    Returns:
        Shape (H, W).
    """
    region = np.zeros(size, np.uint8)
    seen = []
    for cover in covers:
        if cover.face is not None:
            seen.append(cover.face)
            continue
        corners = np.concatenate([face_outline(face, margin=margin) for face in _utmost(cover)])
        outline = cv2.convexHull(np.rint(corners - 0.5).astype(np.int32))
        cv2.fillPoly(region, [outline], 1)
    return region.astype(np.bool_) | faces_region(seen, size, margin=margin)


def _utmost(cover: Cover) -> list[Face]:
    """The face in each corner of its place; between them its outline sweeps their convex hull."""
    left, top, right, bottom = cover.box
    height, width = (
        min(side, limit)
        for side, limit in zip(cover.size, (bottom - top, right - left), strict=True)
    )
    return [
        Face(box=(x, y, x + width, y + height))
        for x in (left, right - width)
        for y in (top, bottom - height)
    ]
