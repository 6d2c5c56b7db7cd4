"""Where a person stands in a new picture; a body that is cut is never shown to be."""

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from p3m.imaging.types import Alpha

_TOUCH = 0.02  # the mean alpha along an edge from which the person counts as cut by it
_CLOSE, _WHOLE, _FAR = 0.45, 0.9, 1.6  # the new picture's side, as a share of the source's
_CLOSE_SHARE = 0.35
_PREFILTER = 0.4  # pixels of the new picture that a blur spreads by before it is shrunk


@dataclass(frozen=True, slots=True)
class Placement:
    """A rectangle of the source, perhaps turned, perhaps beyond it, that becomes a square picture.

    Attributes:
        left: Left edge in source pixels.
        top: Upper edge in source pixels.
        width: Width in source pixels.
        height: Height in source pixels.
        flip: Whether left and right are exchanged.
        side_px: Side of the new picture.
        degrees: By how much the source is turned counter-clockwise about the rectangle's centre,
            before anything is flipped.
        bend: How far from each pixel of the new picture its colour is found, in its pixels, shape
            (S, S, 2); None: there.
    """

    left: float
    top: float
    width: float
    height: float
    flip: bool
    side_px: int
    degrees: float = 0.0
    bend: NDArray[np.float32] | None = None

    def apply(self, array: NDArray[np.uint8], *, repeat_border: bool = False) -> NDArray[np.uint8]:
        """The new picture of an array of shape (H, W) or (H, W, C); 0 beyond the source.

        Args:
            array: A picture, alpha or mask of the source's size.
            repeat_border: Whether the source's border is repeated beyond it, in place of 0.
        """
        scale_x, scale_y = self.side_px / self.width, self.side_px / self.height
        centre = np.array([self.left + self.width / 2 - 0.5, self.top + self.height / 2 - 0.5])
        angle = math.radians(self.degrees)
        across, down = math.cos(angle), math.sin(angle)
        turn = np.array([[across, down], [-down, across]]) * [[scale_x], [scale_y]]
        matrix = np.column_stack([turn, (self.side_px - 1) / 2 - turn @ centre])
        if self.flip:
            matrix[0] = -matrix[0]
            matrix[0, 2] += self.side_px - 1
        if (scale := min(scale_x, scale_y)) < 1:
            sigma = _PREFILTER * math.sqrt(1 / scale**2 - 1)
            repeated = cv2.BORDER_REPLICATE
            array = np.asarray(cv2.GaussianBlur(array, (0, 0), sigma, borderType=repeated))
        places = None if self.bend is None else self._places(matrix, self.bend)

        def move(layer: NDArray[np.uint8], how: int, border: int) -> NDArray[np.uint8]:
            if places is None:
                size = (self.side_px, self.side_px)
                moved = cv2.warpAffine(layer, matrix, size, flags=how, borderMode=border)
            else:
                moved = cv2.remap(layer, *places, how, borderMode=border)
            return np.asarray(moved, np.uint8)

        moved = move(array, cv2.INTER_LINEAR, cv2.BORDER_REPLICATE)
        if not repeat_border:  # bodies that the source's border cuts are whole up to it
            source = np.ones(array.shape[:2], np.uint8)
            moved[move(source, cv2.INTER_NEAREST, cv2.BORDER_CONSTANT) == 0] = 0
        return moved

    @staticmethod
    def _places(
        matrix: NDArray[np.float64], bend: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Columns and rows of the source at which the new picture's colours are found."""
        rows, columns = np.indices(bend.shape[:2], np.float32)
        back = cv2.invertAffineTransform(matrix)
        x, y = cv2.split(cv2.transform(np.dstack([columns, rows]) + bend, back))
        return np.asarray(x, np.float32), np.asarray(y, np.float32)


def random_placement(
    alpha: Alpha,
    side_px: int,
    rng: np.random.Generator,
    *,
    inside: bool = False,
    degrees: float = 0.0,
) -> Placement:
    """A placement drawn at random.

    Where the person touches an edge of the source, the new picture ends there or before: nobody
    floats with a body cut off in mid-air. Elsewhere it may reach far beyond.

    Args:
        alpha: The source's alpha, shape (H, W).
        side_px: Side of the new picture.
        rng: Source of randomness.
        inside: Whether the placement stays within the source, as it must where the source's own
            background is kept.
        degrees: By how much the source is turned counter-clockwise. Where the placement must end
            at an edge, it is made smaller, so that its corners do not reach beyond it.
    """
    height, width = alpha.shape
    edges = (alpha[:, 0], alpha[:, -1], alpha[0], alpha[-1])
    touched = [inside or float(edge.mean()) > _TOUCH for edge in edges]
    room = 0.8 * max(height, width)
    low_x, high_x = (0.0 if touched[0] else -room), (width if touched[1] else width + room)
    low_y, high_y = (0.0 if touched[2] else -room), (height if touched[3] else height + room)
    longest = min(high_x - low_x, high_y - low_y)
    least = _CLOSE if rng.random() < _CLOSE_SHARE else _WHOLE
    shortest = min(least * min(height, width), longest)
    greatest = min(longest, _FAR * max(height, width))
    side = float(np.exp(rng.uniform(np.log(shortest), np.log(max(shortest, greatest)))))
    stretch = float(rng.uniform(0.92, 1.08))
    crop_w, crop_h = min(side * stretch, high_x - low_x), min(side / stretch, high_y - low_y)
    weight = alpha.sum(axis=0), alpha.sum(axis=1)
    left = _offset(weight[0], crop_w, low_x, high_x, rng)
    top = _offset(weight[1], crop_h, low_y, high_y, rng)
    flip = bool(rng.random() < 0.5)
    placement = Placement(left, top, crop_w, crop_h, flip, side_px, degrees)
    return _within(placement) if any(touched) else placement


def _within(placement: Placement) -> Placement:
    """The placement's rectangle made smaller, until it stays in itself when it is turned."""
    width, height, angle = placement.width, placement.height, math.radians(placement.degrees)
    longer = max(width / height, height / width)
    scale = 1 / (abs(math.cos(angle)) + longer * abs(math.sin(angle)))
    return replace(
        placement,
        left=placement.left + width * (1 - scale) / 2,
        top=placement.top + height * (1 - scale) / 2,
        width=width * scale,
        height=height * scale,
    )


def _offset(
    weight: NDArray[np.floating], size: float, low: float, high: float, rng: np.random.Generator
) -> float:
    """A start for a crop of that size, such that some of the person lies in it nearly always."""
    total = float(weight.sum())
    if total <= 0:
        return float(rng.uniform(low, high - size))
    at = int(np.searchsorted(np.cumsum(weight), rng.uniform(0.05, 0.95) * total))
    start = at - size * rng.uniform(0.15, 0.85)
    return float(np.clip(start, low, high - size))
