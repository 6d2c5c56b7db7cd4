"""What the parts of the privacy package agree on: faces, and what finds and hides them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from p3m.imaging.types import Image, Mask

Point = tuple[float, float]
"""Column and row of a place in a picture, in pixels; pixel centres lie at halves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """Where a face is.

    Attributes:
        box: Left, top, right and bottom in pixels; it may reach beyond the picture.
        score: How sure the finder is, in [0, 1]; 1 for a face that a person marked.
        landmarks: Both eyes, the nose and both corners of the mouth, from left to right in the
            picture within each pair; ``None`` where they are not known.
    """

    box: tuple[float, float, float, float]
    score: float = 1.0
    landmarks: tuple[Point, Point, Point, Point, Point] | None = None


class FaceDetector(Protocol):
    """Anything that finds faces."""

    @property
    def name(self) -> str:
        """What records call it."""

    def __call__(self, image: Image) -> tuple[Face, ...]:
        """The faces in a picture, the surest first.

        Args:
            image: RGB, shape (H, W, 3), uint8.

        Raises:
            ShapeError: If ``image`` is not (H, W, 3).
        """
        ...


class Effect(Protocol):
    """A way to make what lies in a region unrecognisable."""

    def __call__(self, image: Image, region: Mask) -> Image:
        """A copy of the image with the region's pixels replaced.

        Args:
            image: RGB, shape (H, W, 3), uint8. It is not altered.
            region: Pixels to hide, shape (H, W): one or more faces.

        Returns:
            An image of the same shape, equal to ``image`` outside of the region.

        Raises:
            ShapeError: If ``image`` is not (H, W, 3) or ``region`` is not of its size.
        """
        ...
