"""Hair strands with exact alpha, drawn outwards from a person's silhouette."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from p3m.imaging.compositing import over
from p3m.imaging.types import Alpha, Image, Mask

_SUBPIXEL_BITS = 4
_OVERSAMPLING = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class StrandStyle:
    """How strands look.

    Attributes:
        count: Strands to draw.
        length_px: Their mean length.
        width_px: Their width, less than a pixel being drawn as a share of one.
        curl: How far they turn from root to tip, in radians, as a standard deviation.
        opacity: How much they cover where they lie fully.
    """

    count: int
    length_px: float
    width_px: float
    curl: float
    opacity: float = 1.0


def random_style(rng: np.random.Generator, scale_px: float) -> StrandStyle:
    """A style drawn at random.

    Args:
        rng: Source of randomness.
        scale_px: The height of the head or the side of the picture part that it fills.
    """
    return StrandStyle(
        count=int(rng.integers(15, 140)),
        length_px=scale_px * float(rng.uniform(0.05, 0.3)),
        width_px=float(rng.uniform(0.5, 1.6)),
        curl=float(rng.uniform(0.0, 0.9)),
        opacity=float(rng.uniform(0.5, 1.0)),
    )


def add_strands(
    foreground: Image,
    alpha: Alpha,
    region: Mask,
    style: StrandStyle,
    rng: np.random.Generator,
) -> tuple[Image, Alpha]:
    """Lets strands grow out of the silhouette, coloured like the place where they begin.

    A strand is a line whose coverage of each pixel, found by drawing it larger, is its alpha; it
    lies over what was there.

    Args:
        foreground: Straight colours, shape (H, W, 3).
        alpha: In [0, 1], shape (H, W).
        region: Where strands may begin, such as around the head, shape (H, W).
        style: How they look.
        rng: Source of randomness.

    Returns:
        New colours and alpha; those given where no outline lies in the region.
    """
    roots, normals = _outline(alpha, region)
    if not len(roots):
        return foreground, alpha
    chosen = rng.integers(0, len(roots), style.count)
    lines = _grow(roots[chosen], normals[chosen], style, rng)
    coverage, colours = _draw(foreground, lines, roots[chosen], style, rng)
    return over(colours, coverage, foreground, alpha)


def _outline(alpha: Alpha, region: Mask) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Points (x, y) on the outline within the region, and the outward unit normals there."""
    solid = (alpha > 0.5).astype(np.uint8)
    contours, _ = cv2.findContours(solid, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not contours:
        empty = np.zeros((0, 2), np.float32)
        return empty, empty
    points = np.concatenate([contour.reshape(-1, 2) for contour in contours])
    height, width = alpha.shape
    inside = (points > 1).all(axis=1) & (points < (width - 2, height - 2)).all(axis=1)
    points = points[inside & region[points[:, 1], points[:, 0]]]
    smooth = cv2.GaussianBlur(solid.astype(np.float32), (0, 0), 4)
    x, y = points[:, 0], points[:, 1]
    normals = np.stack(
        [smooth[y, x - 1] - smooth[y, x + 1], smooth[y - 1, x] - smooth[y + 1, x]], axis=1
    )
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-6)
    return points.astype(np.float32), normals.astype(np.float32)


def _grow(
    roots: NDArray[np.float32],
    normals: NDArray[np.float32],
    style: StrandStyle,
    rng: np.random.Generator,
    steps: int = 12,
) -> NDArray[np.float32]:
    """Lines of shape (strands, steps, 2) that begin a little inside and wander, sink and curl."""
    count = len(roots)
    lengths = style.length_px * rng.uniform(0.4, 1.6, (count, 1)).astype(np.float32)
    angle = np.arctan2(normals[:, 1], normals[:, 0]) + rng.normal(0, 0.5, count)
    turn = rng.normal(0, style.curl, count) / steps
    sink = rng.uniform(0.0, 0.25)
    position = roots - 3 * normals
    line = [position]
    for _ in range(steps - 1):
        direction = np.stack([np.cos(angle), np.sin(angle) + sink], axis=1).astype(np.float32)
        position = position + direction * lengths / steps
        line.append(position)
        angle = angle + turn
    return np.stack(line, axis=1)


def _draw(
    foreground: Image,
    lines: NDArray[np.float32],
    roots: NDArray[np.float32],
    style: StrandStyle,
    rng: np.random.Generator,
) -> tuple[Alpha, Image]:
    """Coverage of each pixel by strands, and the strands' colours around it."""
    height, width = foreground.shape[:2]
    large = np.zeros((height * _OVERSAMPLING, width * _OVERSAMPLING), np.uint8)
    colours = foreground.copy()
    wide = max(1, round(style.width_px * _OVERSAMPLING))
    opacity = style.opacity * min(1.0, style.width_px * _OVERSAMPLING / wide)
    scale = 1 << _SUBPIXEL_BITS
    corners = np.rint(lines * scale).astype(np.int32)
    corners_large = np.rint((lines * _OVERSAMPLING + 0.5) * scale).astype(np.int32)
    shades = foreground[roots[:, 1].astype(int), roots[:, 0].astype(int)].astype(np.float32)
    shades = np.clip(shades * rng.uniform(0.75, 1.25, (len(roots), 1)), 0, 255)
    for line, line_large, shade in zip(corners, corners_large, shades, strict=True):
        cv2.polylines(
            large,
            [line_large],
            isClosed=False,
            color=255,
            thickness=wide,
            lineType=cv2.LINE_AA,
            shift=_SUBPIXEL_BITS,
        )
        cv2.polylines(
            colours,
            [line],
            isClosed=False,
            color=shade.tolist(),
            thickness=wide + 1,
            shift=_SUBPIXEL_BITS,
        )
    small = cv2.resize(large, (width, height), interpolation=cv2.INTER_AREA)
    return small.astype(np.float32) * np.float32(opacity / 255), colours
