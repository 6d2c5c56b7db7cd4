"""A canvas for drawn pictures: soft shapes laid over each other, each pixel's opacity kept."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from p3m.imaging.types import Alpha, Image, Size

Points = NDArray[np.float64]
"""Corners (x, y), shape (N, 2)."""

Colour = tuple[float, float, float]
"""Red, green and blue from 0 to 255."""

_OVERSAMPLING = 2
_SUBPIXEL_BITS = 4


@dataclass(frozen=True, slots=True)
class Cover:
    """How much of each pixel a shape covers.

    Attributes:
        window: The rows and columns of the canvas's own pixels that it lies in.
        share: From 0 to 1, of the window's shape.
    """

    window: tuple[slice, slice]
    share: NDArray[np.float32]

    def within(self, other: "Cover") -> "Cover":
        """The part of it that lies within another."""
        share = np.zeros_like(self.share)
        rows, columns = (
            slice(max(a.start, b.start), max(a.start, b.start, min(a.stop, b.stop)))
            for a, b in zip(self.window, other.window, strict=True)
        )
        mine = (_shift(rows, self.window[0]), _shift(columns, self.window[1]))
        others = (_shift(rows, other.window[0]), _shift(columns, other.window[1]))
        share[mine] = self.share[mine] * other.share[others]
        return Cover(self.window, share)


class Canvas:
    """Colours and their opacity, empty at first; shapes are drawn larger and made small at the end.

    Args:
        size: Height and width of the picture in pixels.
        origin: Where the point (0, 0) of shapes lies, (x, y) in pixels.
        unit_px: The length of 1.
    """

    def __init__(self, size: Size, origin: tuple[float, float], unit_px: float) -> None:
        self.size = size
        self._origin = np.asarray(origin) * _OVERSAMPLING
        self._unit = unit_px * _OVERSAMPLING
        large = (size[0] * _OVERSAMPLING, size[1] * _OVERSAMPLING)
        self._colours = np.zeros((*large, 3), np.float32)  # times their opacity
        self._alpha = np.zeros(large, np.float32)

    def shape(self, points: Points, *, blur: float = 0.0) -> Cover:
        """What a polygon covers.

        Args:
            points: Its corners.
            blur: How soft its edge is, as a standard deviation.
        """
        corners = points * self._unit + self._origin
        sigma = blur * self._unit
        window = rows, columns = window_of(corners, self._alpha.shape, 3 * sigma)
        size = (rows.stop - rows.start, columns.stop - columns.start)
        return Cover(window, filled(corners - (columns.start, rows.start), size, sigma))

    def line(self, points: Points, width: float, *, blur: float = 0.0) -> Cover:
        """What an open line of some width covers."""
        steps = np.gradient(points, axis=0)
        normals = np.stack([-steps[:, 1], steps[:, 0]], axis=1)
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
        half = normals * width / 2
        return self.shape(np.concatenate([points + half, (points - half)[::-1]]), blur=blur)

    def lay(self, cover: Cover, colour: Colour, *, opacity: float = 1.0) -> None:
        """Lays a colour over what is there."""
        over = cover.share[..., None] * np.float32(opacity)
        colours, alpha = self._colours[cover.window], self._alpha[cover.window]
        colours += over * (np.asarray(colour, np.float32) - colours)
        alpha += over[..., 0] * (1 - alpha)

    def shade(self, cover: Cover, factor: float | NDArray[np.float32]) -> None:
        """Makes what is there lighter or darker.

        Args:
            cover: Where.
            factor: By how much, alike or for each pixel of the canvas.
        """
        by = factor[cover.window] if isinstance(factor, np.ndarray) else factor
        self._colours[cover.window] *= (1 + cover.share * (by - 1))[..., None]

    def grid(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The coordinates x and y of each of the canvas's own pixels."""
        height, width = self._alpha.shape
        left, top = self._origin
        x = ((np.arange(width) + 0.5 - left) / self._unit).astype(np.float32)
        y = ((np.arange(height) + 0.5 - top) / self._unit).astype(np.float32)
        return np.broadcast_to(x, (height, width)), np.broadcast_to(y[:, None], (height, width))

    def pixels(self, points: Points) -> Points:
        """Points of shapes as points (x, y) of the finished picture."""
        moved: Points = (points * self._unit + self._origin) / _OVERSAMPLING
        return moved

    def finish(self) -> tuple[Image, Alpha]:
        """Straight colours, (H, W, 3), spread a little beyond the shapes, and alpha, (H, W)."""
        height, width = self.size
        layers = np.dstack([self._colours, self._alpha])
        small = np.asarray(cv2.resize(layers, (width, height), interpolation=cv2.INTER_AREA))
        premultiplied, alpha = small[..., :3], small[..., 3].clip(0, 1)
        spread = np.asarray(cv2.GaussianBlur(small, (0, 0), 2.0))
        faint = alpha < 1e-3
        colours = np.where(
            faint[..., None],
            spread[..., :3] / np.maximum(spread[..., 3:], 1e-3),
            premultiplied / np.maximum(alpha[..., None], 1e-3),
        )
        return np.rint(colours.clip(0, 255)).astype(np.uint8), alpha.astype(np.float32)


def ellipse(
    centre: tuple[float, float], radii: tuple[float, float], start: float = 0.0, end: float = 360.0
) -> Points:
    """Points of an ellipse from one angle to another, in degrees clockwise from the right."""
    angle = np.radians(np.linspace(start, end, 48))
    return np.stack(
        [centre[0] + radii[0] * np.cos(angle), centre[1] + radii[1] * np.sin(angle)], axis=1
    )


def smooth(corners: Sequence[tuple[float, float]], *, closed: bool = True) -> Points:
    """A curve through corners (a Catmull-Rom spline), as points.

    References:
        Catmull and Rom, "A Class of Local Interpolating Splines", 1974.
    """
    points = np.asarray(corners, np.float64)
    padded = (
        np.concatenate([points[-1:], points, points[:2]])
        if closed
        else np.concatenate([points[:1], points, points[-1:]])
    )
    t = np.linspace(0, 1, 10, endpoint=False)[:, None]
    pieces = []
    for before, first, second, after in zip(
        padded[:-3], padded[1:-2], padded[2:-1], padded[3:], strict=True
    ):
        pieces.append(
            first
            + 0.5 * t * (second - before)
            + t**2 * (before - 2.5 * first + 2 * second - 0.5 * after)
            + t**3 * (1.5 * (first - second) + 0.5 * (after - before))
        )
    return np.concatenate([*pieces, points[:1] if closed else points[-1:]])


def turned(points: Points, degrees: float, about: tuple[float, float]) -> Points:
    """Points turned clockwise about another."""
    angle = np.radians(degrees)
    rotation = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    moved: Points = (points - about) @ rotation + about
    return moved


def window_of(corners: Points, size: tuple[int, ...], margin: float = 0.0) -> tuple[slice, slice]:
    """The rows and columns of a picture that a polygon lies in.

    Args:
        corners: In pixels (x, y).
        size: Height and width of the picture.
        margin: How far around the polygon is wanted, too, in pixels.
    """
    height, width = size
    left, top = np.floor(corners.min(axis=0) - margin).astype(int) - 1
    right, bottom = np.ceil(corners.max(axis=0) + margin).astype(int) + 2
    return (
        slice(min(max(0, top), height), max(0, min(bottom, height))),
        slice(min(max(0, left), width), max(0, min(right, width))),
    )


def filled(corners: Points, size: Size, sigma: float = 0.0) -> NDArray[np.float32]:
    """How much of each pixel a polygon covers; a wide blur is made on a smaller array.

    OpenCV draws a polygon's edge as a line, so that it is about half a pixel wider all around.

    Args:
        corners: In pixels (x, y), whose corners are whole numbers.
        size: Height and width.
        sigma: How soft its edge is, as a standard deviation in pixels.

    Returns:
        From 0 to 1, of the size.
    """
    share = np.zeros(size, np.float32)
    if not share.size:
        return share
    shrink = max(1.0, sigma / 6)
    small = np.zeros([int(np.ceil(side / shrink)) for side in size], np.uint8)
    at = np.rint((corners / shrink - 0.5) * (1 << _SUBPIXEL_BITS)).astype(np.int32)
    cv2.fillPoly(small, [at], 255, lineType=cv2.LINE_AA, shift=_SUBPIXEL_BITS)
    if sigma:
        small = np.asarray(cv2.GaussianBlur(small, (0, 0), sigma / shrink), np.uint8)
    if shrink > 1:
        small = np.asarray(cv2.resize(small, size[::-1], interpolation=cv2.INTER_LINEAR), np.uint8)
    return np.divide(small, 255, out=share, dtype=np.float32)


def _shift(part: slice, whole: slice) -> slice:
    return slice(part.start - whole.start, part.stop - whole.start)
