"""Blur, mosaic and solid colour: three ways to hide a face for good.

Each effect treats a face by itself, and the face's size sets the strength. Pieces of the region
that lie close together are one face, as when strands of hair were left out between them: a piece
that was measured alone would be hidden too little.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from p3m.core.checks import check_range, check_same_shape, check_shape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from p3m.imaging.types import Image, Mask

_REACH = 0.25  # pieces nearer to each other than this share of their longer side are one face
_MIN_REACH_PX = 4
_MIN_CELL_PX = 4  # a cell of a few pixels would hand them through
_WORK_SIGMA_PX = 6.0  # a wider blur is made on a smaller copy, where it has this width
_TINY = 1e-30  # far outside of the region, where nothing is replaced, no pixel has weight


@dataclass(frozen=True, slots=True, kw_only=True)
class GaussianBlur:
    """A blur as wide as a share of the face, made of the region's own colours.

    Colours are mixed among the region's pixels only, so that no background bleeds in, and every
    pixel inside is replaced up to the region's border. At the default strength a pattern of three
    periods across the face keeps less than a thousandth of its contrast, too little for eight bits:
    what remains is broad light and shade.

    Attributes:
        strength: The Gaussian's standard deviation as a share of the face's longer side, in
            [0.1, 1]: a narrower one could be undone.

    Raises:
        RangeError: If ``strength`` is outside of its range.

    References:
        Knutsson and Westin, "Normalized and Differential Convolution", CVPR 1993: mixing among the
        pixels of a region only.

    Example:
        >>> image = np.zeros((20, 20, 3), np.uint8)
        >>> image[:, 10:] = 200
        >>> region = np.ones((20, 20), bool)
        >>> blurred = GaussianBlur(strength=0.5)(image, region)
        >>> int(blurred.min()), int(blurred.max())
        (60, 140)
    """

    strength: float = 0.2

    def __post_init__(self) -> None:
        check_range("strength", self.strength, 0.1, 1.0)

    def __call__(self, image: Image, region: Mask) -> Image:
        """A copy of the image with the region blurred; see ``privacy.contract.Effect``."""
        return _replace(image, region, self._colours)

    def _colours(self, face: Image, covered: Mask) -> NDArray[np.floating]:
        sigma_px = self.strength * max(covered.shape)
        shrink = max(1.0, sigma_px / _WORK_SIGMA_PX)
        size = tuple(max(1, round(side / shrink)) for side in covered.shape[::-1])
        weight = covered.astype(np.float32)
        inside = cv2.copyTo(face, covered.astype(np.uint8)).astype(np.float32)
        layers = cv2.resize(np.dstack([inside, weight]), size, interpolation=cv2.INTER_AREA)
        mixed = cv2.GaussianBlur(layers, (0, 0), sigma_px / shrink, borderType=cv2.BORDER_CONSTANT)
        mean = mixed[:, :, :3] / np.maximum(mixed[:, :, 3:], _TINY)
        wide = cv2.resize(mean, covered.shape[::-1], interpolation=cv2.INTER_LINEAR)
        return wide.astype(np.float32, copy=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mosaic:
    """A fixed grid of mean colours over each face, as coarse for a big face as for a small one.

    A cell that holds only a few of the face's pixels, at its border, gets the face's mean colour.

    Attributes:
        cells: Cells of the grid along either side of the face's bounding box, in [1, 8].

    Raises:
        RangeError: If ``cells`` is outside of its range: a finer grid can be recognised.

    Example:
        >>> image = np.arange(192, dtype=np.uint8).reshape(8, 8, 3)
        >>> mosaic = Mosaic(cells=2)(image, np.ones((8, 8), bool))
        >>> len(np.unique(mosaic.reshape(-1, 3), axis=0))
        4
    """

    cells: int = 5

    def __post_init__(self) -> None:
        check_range("cells", self.cells, 1, 8)

    def __call__(self, image: Image, region: Mask) -> Image:
        """A copy of the image with the region as a mosaic; see ``privacy.contract.Effect``."""
        return _replace(image, region, self._colours)

    def _colours(self, face: Image, covered: Mask) -> NDArray[np.floating]:
        rows, columns = (self._cell_of_each_line(side) for side in covered.shape)
        cell = rows[:, None] * self.cells + columns
        pixels = np.bincount(cell[covered], minlength=self.cells**2)
        inside = cv2.copyTo(face, covered.astype(np.uint8)).reshape(-1, 3)
        sums = [np.bincount(cell.ravel(), channel, self.cells**2) for channel in inside.T]
        means: NDArray[np.float64] = np.stack(sums, axis=1) / pixels.clip(min=1)[:, None]
        means[pixels < _MIN_CELL_PX**2] = inside.sum(axis=0) / pixels.sum()
        return means.take(cell, axis=0)

    def _cell_of_each_line(self, side_px: int) -> NDArray[np.intp]:
        cells = min(self.cells, max(1, side_px // _MIN_CELL_PX))
        return np.arange(side_px) * cells // side_px


@dataclass(frozen=True, slots=True, kw_only=True)
class Solid:
    """The mean colour of each face, all over it.

    Example:
        >>> image = np.zeros((2, 2, 3), np.uint8)
        >>> image[0] = 100
        >>> Solid()(image, np.ones((2, 2), bool))[:, :, 0]
        array([[50, 50],
               [50, 50]], dtype=uint8)
    """

    def __call__(self, image: Image, region: Mask) -> Image:
        """A copy of the image with the region in one colour; see ``privacy.contract.Effect``."""
        return _replace(image, region, self._colours)

    def _colours(self, face: Image, covered: Mask) -> NDArray[np.floating]:
        return np.array(cv2.mean(face, covered.astype(np.uint8))[:3])


def _replace(
    image: Image, region: Mask, colours: Callable[[Image, Mask], NDArray[np.floating]]
) -> Image:
    """The image with each face's pixels replaced by colours that are computed from its window."""
    check_shape("image", image, "H W 3")
    check_same_shape(image=image[:, :, 0], region=region)
    result = image.copy()
    for window, covered in _faces(region):
        hidden = np.rint(colours(image[window], covered)).astype(np.uint8)
        np.copyto(result[window], hidden, where=covered[:, :, None])
    return result


def _faces(region: Mask) -> Iterator[tuple[tuple[slice, slice], Mask]]:
    """The bounding window of each face in the region, and its pixels within that window."""
    pieces = region.astype(np.bool_).astype(np.uint8)
    grown = np.zeros_like(pieces)
    for outline in cv2.findContours(pieces, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]:
        left, top, width, height = cv2.boundingRect(outline)
        reach = max(_MIN_REACH_PX, round(_REACH * max(width, height)))
        rows = slice(max(0, top - reach), top + height + reach)
        grown[rows, max(0, left - reach) : left + width + reach] = 1
    count, labels = cv2.connectedComponents(grown)
    for label in range(1, count):
        covered = pieces * (labels == label)
        left, top, width, height = cv2.boundingRect(covered)
        window = slice(top, top + height), slice(left, left + width)
        yield window, covered[window].astype(np.bool_)
