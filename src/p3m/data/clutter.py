"""Things that stand or hang behind a person and are none of them: shapes and lines."""

import cv2
import numpy as np
from numpy.typing import NDArray

from p3m.imaging.types import Image

_SUBPIXEL_BITS = 4


def add_shapes(scene: Image, other: Image, rng: np.random.Generator) -> Image:
    """A scene with one to three round or cornered things in it, textured by another scene.

    Args:
        scene: Shape (H, W, 3).
        other: Of the same shape.
        rng: Source of randomness.
    """
    height, width = scene.shape[:2]
    mask = np.zeros((height, width), np.uint8)
    for _ in range(int(rng.integers(1, 4))):
        corners = int(rng.integers(3, 9))
        angles = np.sort(rng.uniform(0, 2 * np.pi, corners))
        reach = rng.uniform(0.03, 0.25) * height * rng.uniform(0.5, 1.2, corners)
        centre = rng.uniform(0, (width, height))
        outline = centre + reach[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
        if rng.random() < 0.5:
            axes = np.maximum(1, reach[:2]).astype(int).tolist()
            cv2.ellipse(mask, centre.astype(int).tolist(), axes, float(angles[0]), 0, 360, 255, -1)
        else:
            cv2.fillPoly(mask, [np.rint(outline).astype(np.int32)], 255)
    mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), float(rng.uniform(0.5, 2.5))), np.uint8)
    share = mask[..., None] / np.float32(255)
    return np.rint(scene + share * (other.astype(np.float32) - scene)).astype(np.uint8)


def add_lines(scene: Image, rng: np.random.Generator) -> Image:
    """A scene with thin lines in it, such as twigs, wires and seams, which are nobody's hair.

    Args:
        scene: Shape (H, W, 3).
        rng: Source of randomness.
    """
    drawn = scene.copy()
    height, width = scene.shape[:2]
    colour = rng.uniform(0, 255, 3)
    straight = rng.random() < 0.5
    for _ in range(int(rng.integers(3, 40))):
        line = _line((height, width), rng, straight=straight)
        shade = np.clip(colour * rng.uniform(0.7, 1.3), 0, 255)
        cv2.polylines(
            drawn,
            [np.rint(line * (1 << _SUBPIXEL_BITS)).astype(np.int32)],
            isClosed=False,
            color=shade.tolist(),
            thickness=int(rng.integers(1, 4)),
            lineType=cv2.LINE_AA,
            shift=_SUBPIXEL_BITS,
        )
    return drawn


def _line(
    size: tuple[int, int], rng: np.random.Generator, *, straight: bool
) -> NDArray[np.float64]:
    """Points (x, y) of a line that wanders, or does not."""
    steps = 2 if straight else 10
    turn = np.cumsum(rng.normal(0, 0.0 if straight else 0.35, steps))
    angle = rng.uniform(0, 2 * np.pi) + turn
    length = rng.uniform(0.05, 0.9) * max(size) / steps
    moves = length * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return rng.uniform(0, (size[1], size[0])) + np.cumsum(moves, axis=0)
