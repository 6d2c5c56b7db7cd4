"""Things, drawn: solid bodies with light on them, to stand beside people or to be held."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from p3m.data.paint import Points, ellipse, filled, smooth, turned, window_of
from p3m.imaging.compositing import over
from p3m.imaging.depth import quantize
from p3m.imaging.types import Image

_MOST_FORMS = 4

Plane = NDArray[np.float32]
"""A number for each pixel, shape (H, W)."""


def draw_thing(
    side_px: int,
    centre: tuple[float, float],
    reach_px: float,
    pattern: Image,
    rng: np.random.Generator,
) -> tuple[Image, NDArray[np.uint8]]:
    """A thing of one to four bodies that hang together, such as a beetle on a stalk.

    Bodies are round, cornered, long, pointed or hollow. Their height grows from the outline
    inwards, and light falls on it from some direction.

    Args:
        side_px: Side of the square picture to draw it in.
        centre: Where its first body stands, (x, y) in pixels.
        reach_px: How far it reaches from there, about.
        pattern: What some bodies are covered with, shape (H, W, 3).
        rng: Source of randomness.

    Returns:
        Straight colours, shape (S, S, 3), and alpha from 0 to 255, shape (S, S), both uint8.
    """
    colours = np.zeros((side_px, side_px, 3), np.uint8)
    alpha = np.zeros((side_px, side_px), np.float32)
    light = _light(rng)
    at = np.asarray(centre, np.float64)
    reach = reach_px
    for _ in range(int(rng.integers(1, _MOST_FORMS + 1))):
        form = _FORMS[rng.integers(len(_FORMS))](rng)
        outline = at + reach * turned(form, float(rng.uniform(0, 360)), (0, 0))
        window = window_of(outline, alpha.shape)
        size = alpha[window].shape
        if all(size):
            share = filled(outline - (window[1].start, window[0].start), size)
            body = _lit(_texture(size, pattern, rng), share, light, rng)
            colours[window], alpha[window] = over(body, share, colours[window], alpha[window])
        at = outline[rng.integers(len(outline))]
        reach = reach_px * float(rng.uniform(0.3, 0.9))
    return colours, quantize(alpha)


def _light(rng: np.random.Generator) -> tuple[float, float, float]:
    """The direction that light comes from, (x, y, z) of length 1; z points to the viewer."""
    angle, tilt = rng.uniform(0, 2 * np.pi), rng.uniform(0.2, 1.2)
    across = float(np.sin(tilt))
    return across * float(np.cos(angle)), across * float(np.sin(angle)), float(np.cos(tilt))


def _lit(
    texture: NDArray[np.float32],
    share: Plane,
    light: tuple[float, float, float],
    rng: np.random.Generator,
) -> Image:
    """A texture on a body that bulges, with diffuse light and perhaps a highlight."""
    inside = np.pad((share > 0.5).astype(np.uint8), 1)  # beyond the picture lies nothing of it
    depth = np.asarray(cv2.distanceTransform(inside, cv2.DIST_L2, 3), np.float32)[1:-1, 1:-1]
    rim = max(1.0, float(depth.max()) * float(rng.uniform(0.15, 1.0)))
    height = np.sqrt(1 - (1 - np.minimum(depth / rim, 1)) ** 2) * rim * float(rng.uniform(0.2, 1))
    height = np.asarray(cv2.GaussianBlur(height, (0, 0), max(0.5, 0.1 * rim)))
    slope_x, slope_y = (
        cv2.Sobel(height, cv2.CV_32F, *order, scale=1 / 8) for order in ((1, 0), (0, 1))
    )
    facing = light[2] - light[0] * slope_x - light[1] * slope_y
    facing = np.clip(facing / np.sqrt(1 + slope_x**2 + slope_y**2), 0, 1)
    ambient = float(rng.uniform(0.2, 0.9))
    gloss = float(rng.uniform(0, 200)) if rng.random() < 0.4 else 0.0
    highlight = gloss * facing ** float(rng.uniform(8, 60))
    lit = texture * (ambient + (1 - ambient) * facing)[..., None] + highlight[..., None]
    rounded: Image = np.rint(lit.clip(0, 255)).astype(np.uint8)
    return rounded


def _texture(
    size: tuple[int, ...], pattern: Image, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Two colours that stripes, spots or clouds mix, or a part of a picture."""
    height, width = size[:2]
    if rng.random() < 0.2:
        return np.asarray(cv2.resize(pattern, (width, height)), np.float32)
    first, second = (_colour(rng), _colour(rng))
    mixed = (_clouds, _stripes, _spots)[rng.integers(3)]((height, width), rng)
    mixed *= np.float32(rng.random())
    return (first + mixed[..., None] * (second - first)).astype(np.float32)


def _colour(rng: np.random.Generator) -> NDArray[np.float64]:
    """Any colour, grey ones as often as bright ones."""
    colour: NDArray[np.float64] = rng.uniform(0, 255, 3)
    colour += rng.random() * (colour.mean() - colour)
    return colour


def _clouds(size: tuple[int, int], rng: np.random.Generator) -> Plane:
    cells = rng.random(rng.integers(2, 24, 2), np.float32)
    grown = cv2.resize(cells, size[::-1], interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(grown, 0, 1), np.float32)


def _stripes(size: tuple[int, int], rng: np.random.Generator) -> Plane:
    angle, count = rng.uniform(0, np.pi), rng.uniform(1, 15)
    y, x = np.mgrid[-1 : 1 : size[0] * 1j, -1 : 1 : size[1] * 1j]
    wave = np.sin((x * np.cos(angle) + y * np.sin(angle)) * count * np.pi)
    stripes: Plane = np.clip(wave * rng.uniform(1, 8) + 0.5, 0, 1).astype(np.float32)
    return stripes


def _spots(size: tuple[int, int], rng: np.random.Generator) -> Plane:
    spots = np.zeros(size, np.uint8)
    for _ in range(int(rng.integers(2, 15))):
        at = rng.integers(0, size[::-1]).tolist()
        radius = max(1, int(rng.uniform(0.03, 0.2) * min(size)))
        cv2.circle(spots, at, radius, 255, -1, cv2.LINE_AA)
    return np.divide(spots, 255, dtype=np.float32)


def _round(rng: np.random.Generator) -> Points:
    return ellipse((0, 0), (1, float(rng.uniform(0.4, 1))))


def _knobbly(rng: np.random.Generator) -> Points:
    corners = int(rng.integers(4, 10))
    angles = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    radii = rng.uniform(0.35, 1, corners)
    return smooth(list(zip(radii * np.cos(angles), radii * np.sin(angles), strict=True)))


def _cornered(rng: np.random.Generator) -> Points:
    high = float(rng.uniform(0.2, 1))
    corners = np.array([(-1, -high), (1, -high), (1, high), (-1, high)]) * 0.75
    slanted: Points = corners + rng.uniform(-0.2, 0.2, (4, 2))
    return slanted


def _long(rng: np.random.Generator) -> Points:
    return _along(rng, np.linspace(1, rng.uniform(0.2, 1), 40), rng.uniform(0.02, 0.12))


def _pointed(rng: np.random.Generator) -> Points:
    return _along(rng, np.sin(np.linspace(0, np.pi, 40)), rng.uniform(0.1, 0.4))


def _hollow(rng: np.random.Generator) -> Points:
    gap = float(rng.uniform(10, 120))
    inner = float(rng.uniform(0.6, 0.9))
    return np.concatenate(
        [ellipse((0, 0), (1, 1), gap, 360), ellipse((0, 0), (inner, inner), gap, 360)[::-1]]
    )


def _along(
    rng: np.random.Generator, profile: NDArray[np.float64], thickness: np.float64 | float
) -> Points:
    """A band along a bent line, as wide at each place as the profile says."""
    turn = rng.normal(0, 0.8) * np.linspace(-1, 1, len(profile))
    steps = 2 / len(profile) * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    line = np.cumsum(steps, axis=0) - steps.sum(axis=0) / 2
    normals = np.stack([-np.sin(turn), np.cos(turn)], axis=1) * (thickness * profile)[:, None]
    return np.concatenate([line + normals, (line - normals)[::-1]])


_FORMS: tuple[Callable[[np.random.Generator], Points], ...] = (
    _round,
    _knobbly,
    _cornered,
    _long,
    _pointed,
    _hollow,
)
