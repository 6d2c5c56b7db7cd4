"""What the parts of the privacy package agree on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from p3m.imaging.types import Image, Mask


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
