"""What stands behind a drawn person: a wall, a room, a street at night, the open country."""

import cv2
import numpy as np
from numpy.typing import NDArray

from p3m.imaging.types import Image, Size

Drawing = NDArray[np.float32]


def draw_scene(rng: np.random.Generator, size: Size) -> Image:
    """Draws a place without people, more or less out of focus.

    Args:
        rng: Decides which.
        size: Height and width in pixels.
    """
    places = (_wall, _room, _lights, _country)
    scene = places[rng.integers(len(places))](rng, size)
    sigma = float(rng.uniform(0.004, 0.03)) * size[0]
    scene = np.asarray(cv2.GaussianBlur(scene, (0, 0), sigma), np.float32)
    scene += rng.normal(0, 2.5, (*size, 1)).astype(np.float32)
    colours: Image = np.rint(scene.clip(0, 255)).astype(np.uint8)
    return colours


def _wall(rng: np.random.Generator, size: Size) -> Drawing:
    """One colour, lit from a side."""
    first = rng.uniform(60, 230, 3)
    return _passage(size, first, first * rng.uniform(0.5, 0.95), float(rng.uniform(0, 2 * np.pi)))


def _room(rng: np.random.Generator, size: Size) -> Drawing:
    """A wall with a window, shelves and pictures, and a floor."""
    height, width = size
    scene = _passage(size, rng.uniform(120, 225, 3), rng.uniform(100, 200, 3), np.pi / 2)
    for _ in range(int(rng.integers(2, 6))):
        left, top = rng.uniform(-0.1, 0.9, 2) * (width, 0.7 * height)
        box = rng.uniform(0.1, 0.4, 2) * (width, height)
        _rectangle(scene, (left, top), box, rng.uniform(20, 245, 3))
        _rectangle(
            scene, (left + 0.1 * box[0], top + 0.1 * box[1]), 0.8 * box, rng.uniform(20, 245, 3)
        )
    _rectangle(
        scene, (0, rng.uniform(0.75, 0.9) * height), (width, height), rng.uniform(40, 140, 3)
    )
    return scene


def _lights(rng: np.random.Generator, size: Size) -> Drawing:
    """Lights far behind, each a disc."""
    height, width = size
    scene = _passage(size, rng.uniform(8, 60, 3), rng.uniform(20, 90, 3), np.pi / 2)
    for _ in range(int(rng.integers(15, 50))):
        layer = scene.copy()
        at = (int(rng.uniform(0, width)), int(rng.uniform(0, 0.8 * height)))
        colour = rng.uniform(120, 255, 3) * (1, rng.uniform(0.6, 1), rng.uniform(0.3, 1))
        cv2.circle(
            layer, at, int(rng.uniform(0.01, 0.05) * height) + 1, colour.tolist(), -1, cv2.LINE_AA
        )
        scene = scene + np.float32(rng.uniform(0.3, 0.9)) * (layer - scene)
    return scene


def _country(rng: np.random.Generator, size: Size) -> Drawing:
    """A sky over hills, and trees."""
    height, width = size
    scene = _passage(
        size, rng.uniform((90, 130, 180), (170, 200, 245)), rng.uniform(190, 245, 3), np.pi / 2
    )
    x = np.arange(width)
    for depth in np.linspace(0, 1, 4):
        line = height * (
            0.4 + 0.14 * depth + 0.04 * np.sin(x / width * rng.uniform(3, 12) + rng.uniform(0, 6))
        )
        below = np.arange(height)[:, None] > line
        green = rng.uniform((50, 80, 40), (110, 150, 90)) * (1.1 - 0.5 * depth)
        scene[below] = green
    for _ in range(int(rng.integers(3, 14))):
        at = (int(rng.uniform(0, width)), int(rng.uniform(0.35, 0.7) * height))
        radius = int(rng.uniform(0.03, 0.12) * height)
        colour = rng.uniform((25, 50, 20), (90, 130, 60))
        cv2.circle(scene, at, radius, colour.tolist(), -1, cv2.LINE_AA)
    return scene


def _passage(
    size: Size, first: NDArray[np.float64], second: NDArray[np.float64], angle: float
) -> Drawing:
    """From one colour to another along a direction."""
    y, x = np.mgrid[-1 : 1 : size[0] * 1j, -1 : 1 : size[1] * 1j]
    share = np.clip((x * np.cos(angle) + y * np.sin(angle)) / 2.6 + 0.5, 0, 1)[..., None]
    passage: Drawing = (first + share * (second - first)).astype(np.float32)
    return passage


def _rectangle(
    scene: Drawing,
    corner: tuple[float, float],
    box: NDArray[np.float64] | tuple[float, float],
    colour: NDArray[np.float64],
) -> None:
    start = (int(corner[0]), int(corner[1]))
    end = (int(corner[0] + box[0]), int(corner[1] + box[1]))
    cv2.rectangle(scene, start, end, colour.tolist(), -1)
