"""A person, drawn: shoulders and clothes, neck, head with a face, hair down to its strands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from p3m.data.drawn_face import Face, draw_face, face_area, head_outline
from p3m.data.paint import Canvas, Colour, Cover, Points, ellipse, smooth, turned
from p3m.data.strands import StrandStyle, add_strands
from p3m.imaging.depth import dequantize, quantize
from p3m.imaging.types import Alpha, Image, Mask, Size

_SKINS = (
    (250, 220, 196),
    (238, 194, 160),
    (214, 160, 120),
    (168, 114, 78),
    (120, 78, 54),
    (84, 54, 40),
)
_HAIRS = (
    *((28, 24, 24), (58, 40, 30), (140, 138, 136)),  # of whatever skin
    *((98, 66, 42), (150, 100, 54), (206, 168, 108), (150, 74, 40), (196, 194, 190)),
)
_CLOTHES = (
    *((34, 48, 82), (120, 36, 44), (232, 228, 220), (44, 44, 48), (60, 110, 96), (196, 146, 60)),
    *((92, 130, 178), (150, 110, 150), (206, 96, 88), (104, 92, 78)),
)  # fmt: skip
_NECKLINES: Mapping[str, tuple[tuple[float, float], ...]] = {
    "round": ((0, 1.72), (0.3, 1.62), (0.5, 1.36)),
    "v": ((0, 2.35), (0.22, 1.9), (0.5, 1.36)),
    "shirt": ((0, 1.9), (0.2, 1.7), (0.46, 1.3)),
    "jacket": ((0, 3.3), (0.24, 2.4), (0.5, 1.36)),
}
"""The right half of the edge of clothes at the neck, from its lowest point."""

_NECK = (0.0, 0.9)  # what the head turns about


@dataclass(frozen=True, slots=True)
class DrawnPerson:
    """A person by themselves.

    Attributes:
        foreground: Straight colours, (H, W, 3).
        alpha: In steps of 1/255, (H, W): what a file of 8 bits holds exactly.
        faces: The face from the brows along the jaw, (H, W).
    """

    foreground: Image
    alpha: Alpha
    faces: Mask


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    skin: Colour
    hair: Colour
    cloth: Colour
    second: Colour
    haircut: str
    neckline: str
    pattern: str
    tilt: float
    width: float
    shoulders: float
    light: float
    face: Face


def draw_person(rng: np.random.Generator, size: Size) -> DrawnPerson:
    """Draws a head-and-shoulders portrait of somebody who does not exist.

    Args:
        rng: Decides who.
        size: Height and width in pixels.
    """
    height, width = size
    unit_px = min(height * rng.uniform(0.17, 0.23), width * rng.uniform(0.23, 0.28))
    origin = (
        width * rng.uniform(0.42, 0.58),
        max(height * rng.uniform(0.34, 0.42), unit_px * 1.55),
    )
    canvas = Canvas(size, origin, unit_px)
    look = _random_look(rng)
    outline = _draw(canvas, look, rng)
    foreground, alpha = canvas.finish()
    if outline is not None:
        foreground, alpha = _with_strands(foreground, alpha, canvas.pixels(outline), unit_px, rng)
    area = canvas.pixels(_tilted(face_area(look.width), look))
    faces = np.zeros(size, np.uint8)
    cv2.fillPoly(faces, [np.rint(area).astype(np.int32)], 1)
    return DrawnPerson(foreground, dequantize(quantize(alpha)), faces.astype(np.bool_))


def _random_look(rng: np.random.Generator) -> _Look:
    tone = float(rng.uniform(0, len(_SKINS) - 1))
    skin = _between(_SKINS, tone)
    haircut = str(rng.choice(["short", "short", "fringe", "long", "long", "bob", "curly", "bald"]))
    hair = _HAIRS[rng.integers(len(_HAIRS) if tone < 2 else 3)]
    cloth, second = rng.permutation(len(_CLOTHES))[:2]
    return _Look(
        skin=skin,
        hair=_varied(hair, rng, 0.12),
        cloth=_varied(_CLOTHES[cloth], rng, 0.15),
        second=_CLOTHES[second],
        haircut=haircut,
        neckline=str(rng.choice(["round", "v", "shirt", "jacket"])),
        pattern=str(rng.choice(["plain", "plain", "stripes", "checks", "knit"])),
        tilt=float(rng.normal(0, 4)),
        width=float(rng.uniform(0.74, 0.83)),
        shoulders=float(rng.uniform(1.75, 2.3)),
        light=float(rng.choice([-1, 1]) * rng.uniform(0.3, 1.0)),
        face=Face.random(rng, beard=haircut in {"short", "bald", "curly"} and rng.random() < 0.4),
    )


def _draw(canvas: Canvas, look: _Look, rng: np.random.Generator) -> Points | None:
    """Draws from back to front; returns the outline of the hair on the head, if any."""
    _draw_back_hair(canvas, look)
    _draw_body(canvas, look, rng)
    head = _tilted(head_outline(look.width), look)
    for side in (-1, 1):
        ear = _tilted(ellipse((side * look.width, 0.08), (0.12, 0.2)), look)
        canvas.lay(canvas.shape(ear), look.skin)
        canvas.shade(canvas.shape((ear - ear.mean(axis=0)) * 0.5 + ear.mean(axis=0)), 0.85)
    whole = canvas.shape(head)
    canvas.lay(whole, look.skin)
    dark = _tilted(ellipse((-0.95 * look.light, 0.2), (0.75, 1.4)), look)
    canvas.shade(canvas.shape(dark, blur=0.22).within(whole), 0.8)
    canvas.shade(
        canvas.shape(_tilted(ellipse((0.3 * look.light, -0.45), (0.35, 0.25)), look), blur=0.15),
        1.07,
    )
    draw_face(canvas, look.face, (look.skin, look.hair), whole, lambda p: _tilted(p, look))
    return _draw_front_hair(canvas, look, whole, rng)


def _draw_body(canvas: Canvas, look: _Look, rng: np.random.Generator) -> None:
    """The neck, what is worn under a jacket, and the clothes around the neckline."""
    half = [(0.44, 0.5), (0.41, 1.1), (0.5, 1.45), (0.8, 2.7)]
    neck = canvas.shape(smooth([*((-x, y) for x, y in half), *half[::-1]]))
    canvas.lay(neck, _scaled(look.skin, 0.94))
    shadow = canvas.shape(ellipse((0.1 * look.light, 0.95), (0.6, 0.42)), blur=0.1)
    canvas.shade(shadow.within(neck), 0.72)
    if look.neckline == "jacket":
        inner = canvas.shape(_trunk(look.shoulders * 0.9, _NECKLINES["round"]))
        canvas.lay(inner, look.second)
        canvas.shade(inner, _cloth_texture(canvas, "plain", rng))
    trunk = canvas.shape(_trunk(look.shoulders, _NECKLINES[look.neckline]))
    canvas.lay(trunk, look.cloth)
    canvas.shade(trunk, _cloth_texture(canvas, look.pattern, rng))
    dark = canvas.shape(ellipse((-1.6 * look.light, 3), (1.3, 2.2)), blur=0.5)
    canvas.shade(dark.within(trunk), 0.8)
    wide = look.shoulders
    for side in (-1, 1):  # where the arms begin
        fold = [(0.78 * wide, 2.5), (0.74 * wide, 3.2), (0.8 * wide, 4.5)]
        line = smooth([(side * x, y) for x, y in fold], closed=False)
        canvas.shade(canvas.line(line, 0.05, blur=0.04).within(trunk), 0.7)
    _draw_collar(canvas, look)


def _trunk(wide: float, neckline: Sequence[tuple[float, float]]) -> Points:
    """The outline of shoulders and arms, open at the neck."""
    arm = [(0.75 * wide, 1.62), (0.97 * wide, 2.15), (1.08 * wide, 3.4), (1.1 * wide, 9.0)]
    right = np.concatenate([smooth([(0.5, 1.36), *arm[:-1]], closed=False), arm[-1:]])
    opening = smooth([(-x, y) for x, y in neckline[:0:-1]] + list(neckline), closed=False)
    return np.concatenate([opening[::-1], right * (-1, 1), right[::-1]])


def _draw_collar(canvas: Canvas, look: _Look) -> None:
    neckline = _NECKLINES[look.neckline]
    if look.neckline in {"round", "v"}:
        rim = smooth([(-x, y) for x, y in neckline[:0:-1]] + list(neckline), closed=False)
        canvas.shade(canvas.line(rim + np.array([0, 0.04]), 0.08), 0.84)
        return
    flaps = {
        "shirt": (1.15, [(0.44, 1.25), (0.68, 1.6), (0.4, 2.05), (0, 1.86)]),
        "jacket": (0.82, [(0.5, 1.32), (0.95, 2.1), (0.72, 2.3), (0.1, 3.5), (0.0, 3.3)]),
    }
    brighter, flap = flaps[look.neckline]
    for side in (-1, 1):
        outline = np.array([(side * x, y) for x, y in flap])
        canvas.lay(canvas.shape(outline), _scaled(look.cloth, brighter))
    canvas.shade(canvas.line(np.array([(0, neckline[0][1]), (0.02, 4.0), (0, 9.0)]), 0.03), 0.7)
    for y in np.arange(neckline[0][1] + 0.4, 6, 0.7):
        canvas.lay(canvas.shape(ellipse((0.07, y), (0.045, 0.045))), _scaled(look.cloth, 0.6))


def _draw_back_hair(canvas: Canvas, look: _Look) -> None:
    """What falls behind the shoulders and beside the neck."""
    if look.haircut not in {"long", "bob"}:
        return
    down = {"long": 2.2, "bob": 1.0}[look.haircut]
    w = look.width
    outline = smooth(
        [
            *((0, -1.28), (-w, -0.95), (-w - 0.26, 0), (-w - 0.28, 0.6 * down), (-w - 0.1, down)),
            *((-0.3, down + 0.1), (0.3, down + 0.1), (w + 0.1, down), (w + 0.28, 0.6 * down)),
            *((w + 0.26, 0), (w, -0.95)),
        ]
    )
    canvas.lay(canvas.shape(_tilted(outline, look), blur=0.015), _scaled(look.hair, 0.8))


def _draw_front_hair(
    canvas: Canvas, look: _Look, head: Cover, rng: np.random.Generator
) -> Points | None:
    """Hair around the forehead; returns the outline that strands grow from."""
    if look.haircut == "bald":
        shine = canvas.shape(
            _tilted(ellipse((0.25 * look.light, -0.8), (0.22, 0.1)), look), blur=0.06
        )
        canvas.shade(shine.within(head), 1.12)
        return None
    w, volume = look.width, float(rng.uniform(0.12, 0.24))
    hairline = _hairline(look, rng)
    side = 0.35 if look.haircut in {"long", "bob"} else -0.05
    top = [
        *((w + 0.03, side), (w + 0.1 + volume / 2, -0.35), (0.8 * w + volume, -0.95)),
        *((0.3, -1.08 - volume), (-0.3, -1.08 - volume), (-0.8 * w - volume, -0.95)),
        *((-w - 0.1 - volume / 2, -0.35), (-w - 0.03, side)),
    ]
    outline = _tilted(smooth([*top, *hairline]), look)
    cover = canvas.shape(outline, blur=0.012)
    canvas.lay(cover, look.hair)
    if look.haircut == "curly":
        for x, y in _tilted(smooth(top, closed=False)[::3], look):
            curl = canvas.shape(ellipse((x, y), tuple(rng.uniform(0.1, 0.2, 2))), blur=0.01)
            canvas.lay(curl, _varied(look.hair, rng, 0.1))
    canvas.shade(canvas.shape(outline), _hair_texture(canvas, rng))
    return outline


def _hairline(look: _Look, rng: np.random.Generator) -> list[tuple[float, float]]:
    """Where hair ends on the forehead, from the left to the right."""
    w = look.width
    if look.haircut == "fringe":
        return [(-0.8 * w, -0.4), (-0.4, -0.32), (0, -0.3), (0.4, -0.32), (0.8 * w, -0.4)]
    if look.haircut in {"long", "bob"}:
        parting = float(rng.uniform(-0.3, 0.3))
        return [(-0.88 * w, -0.1), (-0.6, -0.55), (parting, -0.92), (0.6, -0.55), (0.88 * w, -0.1)]
    high = float(rng.uniform(-0.75, -0.55))
    return [(-0.93 * w, -0.3), (-0.5, high), (0, high - 0.05), (0.5, high), (0.93 * w, -0.3)]


def _with_strands(
    foreground: Image, alpha: Alpha, outline: Points, unit_px: float, rng: np.random.Generator
) -> tuple[Image, Alpha]:
    """Hairs that stand out of the hairdo, each with its own share of the pixels it crosses."""
    region = np.zeros(alpha.shape, np.uint8)
    corners = np.rint((outline - outline.mean(axis=0)) * 1.15 + outline.mean(axis=0))
    cv2.fillPoly(region, [corners.astype(np.int32)], 1)
    style = StrandStyle(
        count=int(rng.integers(60, 220)),
        length_px=unit_px * float(rng.uniform(0.08, 0.28)),
        width_px=max(0.3, unit_px / 110),
        curl=float(rng.uniform(0.4, 1.5)),
        opacity=float(rng.uniform(0.6, 1.0)),
    )
    return add_strands(foreground, alpha, region.astype(np.bool_), style, rng)


def _cloth_texture(canvas: Canvas, pattern: str, rng: np.random.Generator) -> NDArray[np.float32]:
    """By how much cloth is lighter or darker, for each pixel of the canvas."""
    x, y = canvas.grid()
    period = float(rng.uniform(0.16, 0.4))
    waves = {
        "plain": 0 * x,
        "stripes": np.sign(np.sin(2 * np.pi * y / period)),
        "checks": np.sign(np.sin(2 * np.pi * x / period)) + np.sign(np.sin(2 * np.pi * y / period)),
        "knit": np.sin(2 * np.pi * (y + 0.04 * np.abs(np.sin(24 * x))) / 0.09),
    }[pattern]
    factor: NDArray[np.float32] = (1 + 0.08 * waves).astype(np.float32)
    return factor


def _hair_texture(canvas: Canvas, rng: np.random.Generator) -> NDArray[np.float32]:
    """Streaks that run from the crown outwards."""
    x, y = canvas.grid()
    angle = np.arctan2(x, -(y - 0.2))
    streaks = np.interp(angle, np.linspace(-np.pi, np.pi, 240), rng.normal(0, 0.14, 240))
    gloss = 0.18 * np.exp(-(((np.hypot(x, y - 0.1) - 1.0) / 0.12) ** 2))
    factor: NDArray[np.float32] = (1 + streaks + gloss).clip(0.6, 1.5).astype(np.float32)
    return factor


def _tilted(points: Points, look: _Look) -> Points:
    """Points of the head, which is turned about the neck."""
    return turned(points, look.tilt, _NECK)


def _between(colours: tuple[Colour, ...], at: float) -> Colour:
    """A colour at some place of a row of them."""
    red, green, blue = (np.interp(at, range(len(colours)), c) for c in zip(*colours, strict=True))
    return (float(red), float(green), float(blue))


def _varied(colour: Colour, rng: np.random.Generator, by: float) -> Colour:
    red, green, blue = np.clip(np.asarray(colour) * rng.normal(1, by), 8, 245)
    return (float(red), float(green), float(blue))


def _scaled(colour: Colour, factor: float) -> Colour:
    red, green, blue = np.clip(np.asarray(colour) * factor, 0, 255)
    return (float(red), float(green), float(blue))
