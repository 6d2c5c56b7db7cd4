"""A face, drawn: eyes, brows, nose, mouth, and perhaps a beard or glasses."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from p3m.data.paint import Canvas, Colour, Cover, Points, ellipse, smooth

Placing = Callable[[Points], Points]
"""Moves points of an upright face to where the head is."""

_IRISES = ((92, 60, 36), (60, 40, 28), (70, 110, 140), (84, 120, 80), (120, 100, 60))
_WHITE = (244, 240, 236)
_BROW = -0.3  # the height of the brows in units of half a head


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """What tells one drawn face from another; lengths are in units of half a head.

    Attributes:
        apart: Half the distance between the eyes.
        eye: Half the width of an eye.
        open: How far eyes are open, as a share of their width.
        iris: Its colour.
        gaze: Where they look: -1 left, 1 right.
        brow: Thickness of the brows.
        nose: Half its width.
        mouth: Half its width.
        smile: How far its corners rise.
        lips: How far they are redder than skin.
        beard: Whether there is one.
        glasses: Whether they are worn.
    """

    apart: float
    eye: float
    open: float
    iris: Colour
    gaze: float
    brow: float
    nose: float
    mouth: float
    smile: float
    lips: float
    beard: bool
    glasses: bool

    @classmethod
    def random(cls, rng: np.random.Generator, *, beard: bool) -> "Face":
        """A face drawn at random."""
        return cls(
            apart=float(rng.uniform(0.31, 0.37)),
            eye=float(rng.uniform(0.13, 0.165)),
            open=float(rng.uniform(0.4, 0.6)),
            iris=_IRISES[rng.integers(len(_IRISES))],
            gaze=float(rng.uniform(-0.6, 0.6)),
            brow=float(rng.uniform(0.045, 0.085)),
            nose=float(rng.uniform(0.11, 0.16)),
            mouth=float(rng.uniform(0.22, 0.31)),
            smile=float(rng.uniform(-0.01, 0.09)),
            lips=float(rng.uniform(0.1, 0.5)),
            beard=beard,
            glasses=bool(rng.random() < 0.2),
        )


def head_outline(width: float) -> Points:
    """The outline of a head without hair; its chin lies at (0, 1).

    Args:
        width: Half its width.
    """
    outline = ellipse((0, 0), (width, 1))
    jaw = outline[:, 1].clip(0, 1)
    outline[:, 0] *= 1 - 0.18 * jaw**2
    return outline


def face_area(width: float) -> Points:
    """The private part of a head: from the brows along the jaw.

    Args:
        width: Half the head's width.
    """
    outline = head_outline(width)
    return outline[outline[:, 1] >= _BROW - 0.16]


def draw_face(
    canvas: Canvas, face: Face, colours: tuple[Colour, Colour], head: Cover, place: Placing
) -> None:
    """Draws a face on a head.

    Args:
        canvas: Takes it.
        face: What it is like.
        colours: Those of the skin and of brows and beard.
        head: What the head covers.
        place: Moves points of an upright face to where the head is.
    """
    skin, hair = colours
    if face.beard:
        canvas.lay(_beard(canvas, place).within(head), hair, opacity=0.7)
    for side in (-1, 1):
        cheek = canvas.shape(place(ellipse((0.42 * side, 0.28), (0.2, 0.15))), blur=0.08)
        canvas.lay(cheek.within(head), (220, 90, 80), opacity=0.12)
        _draw_eye(canvas, face, hair, place, side)
    bridge = [(0.02, -0.1), (0.05, 0.12), (face.nose, 0.27), (face.nose * 0.6, 0.33), (0, 0.34)]
    canvas.shade(canvas.line(place(smooth(bridge, closed=False)), 0.035, blur=0.012), 0.72)
    for side in (-1, 1):
        nostril = place(ellipse((side * face.nose * 0.5, 0.33), (0.035, 0.02)))
        canvas.shade(canvas.shape(nostril, blur=0.008), 0.5)
    _draw_mouth(canvas, face, skin, place)
    if face.glasses:
        _draw_glasses(canvas, face, place)


def _draw_eye(canvas: Canvas, face: Face, hair: Colour, place: Placing, side: int) -> None:
    x, y, half, high = face.apart * side, -0.08, face.eye, face.eye * face.open
    upper = [(x - half, y), (x - 0.3 * half, y - high), (x + 0.3 * half, y - high), (x + half, y)]
    lower = [(x + 0.3 * half, y + 0.8 * high), (x - 0.3 * half, y + 0.8 * high)]
    socket = canvas.shape(place(ellipse((x, y - 0.05), (1.5 * half, 2.4 * high))), blur=0.05)
    canvas.shade(socket, 0.9)
    white = canvas.shape(place(smooth([*upper, *lower])))
    canvas.lay(white, _WHITE)
    at = (x + face.gaze * 0.25 * half, y)
    for radius, colour in ((0.078, face.iris), (0.036, (12, 10, 10))):
        canvas.lay(canvas.shape(place(ellipse(at, (radius, radius)))).within(white), colour)
    canvas.lay(canvas.shape(place(ellipse((at[0] - 0.025, y - 0.03), (0.014, 0.014)))), _WHITE)
    lid = smooth(upper, closed=False)
    canvas.lay(canvas.line(place(lid), 0.028), (40, 28, 24))
    brow = smooth(
        [(x - 1.25 * half, _BROW + 0.03), (x, _BROW - 0.05), (x + 1.25 * half, _BROW + 0.03)],
        closed=False,
    )
    canvas.lay(canvas.line(place(brow), face.brow, blur=0.01), hair, opacity=0.85)


def _draw_mouth(canvas: Canvas, face: Face, skin: Colour, place: Placing) -> None:
    y, half, rise = 0.56, face.mouth, face.smile
    upper = [(-0.35 * half, y - 0.055), (0, y - 0.035), (0.35 * half, y - 0.055)]
    lower = [(0.4 * half, y + 0.085), (-0.4 * half, y + 0.085)]
    lips = smooth([(-half, y - rise), *upper, (half, y - rise), *lower])
    red = tuple(
        float((1 - face.lips) * s * d + face.lips * r)
        for s, d, r in zip(skin, (0.85, 0.68, 0.66), (178, 40, 60), strict=True)
    )
    canvas.lay(canvas.shape(place(lips), blur=0.008), (red[0], red[1], red[2]))
    between = smooth([(-half, y - rise), (0, y + 0.015), (half, y - rise)], closed=False)
    canvas.shade(canvas.line(place(between), 0.024), 0.45)
    below = canvas.shape(place(ellipse((0, y + 0.16), (0.16, 0.04))), blur=0.03)
    canvas.shade(below, 0.86)


def _beard(canvas: Canvas, place: Placing) -> Cover:
    outline = head_outline(0.76)
    jaw = outline[outline[:, 1] >= 0.2]
    inner = [(-0.5, 0.42), (-0.3, 0.42), (0, 0.4), (0.3, 0.42), (0.5, 0.42)]
    return canvas.shape(place(np.concatenate([jaw, smooth(inner, closed=False)])), blur=0.03)


def _draw_glasses(canvas: Canvas, face: Face, place: Placing) -> None:
    dark = (30, 28, 32)
    for side in (-1, 1):
        rim = place(ellipse((side * face.apart, -0.06), (0.24, 0.18)))
        canvas.lay(canvas.shape(rim), (225, 235, 245), opacity=0.12)
        canvas.lay(canvas.line(rim, 0.03), dark)
        arm = place(np.array([(side * (face.apart + 0.23), -0.1), (side * 0.78, -0.12)]))
        canvas.lay(canvas.line(arm, 0.03), dark)
    gap = face.apart - 0.23
    canvas.lay(canvas.line(place(np.array([(-gap, -0.08), (0, -0.11), (gap, -0.08)])), 0.03), dark)
