"""People in other colours: a shirt, a coat or hair gets another tone, and perhaps a pattern."""

import cv2
import numpy as np
from numpy.typing import NDArray

from p3m.imaging.types import Image

_OPAQUE = 200  # alpha from which a pixel shows a person alone
_LIGHTNESS = 0.5  # how much a difference in lightness counts beside one in hue
_SKIN_SPREAD = 16.0  # CIELAB units; within five sixths of it a face's colour stays


def redress(
    colours: Image,
    alpha: NDArray[np.uint8],
    faces: NDArray[np.uint8] | None,
    pattern: Image | None,
    rng: np.random.Generator,
) -> Image:
    """Gives what has one colour on a person, such as a shirt, another.

    Folds and shadows stay, for lightness differs by about as much as before. Faces stay as they
    are, and so does what has about their colour where one is seen.

    Args:
        colours: The person's straight colours, or a photo over which the result is laid, shape
            (H, W, 3).
        alpha: From 0 to 255, shape (H, W): says where the person is.
        faces: Not 0 where a face is, shape (H, W); None where no face is known.
        pattern: What is printed on the cloth, shape (H, W, 3); None for nothing.
        rng: Source of randomness.

    Returns:
        The person's new colours; ``colours`` if nobody is seen.
    """
    face = np.zeros(alpha.shape, np.bool_) if faces is None else faces > 0
    rows, columns = np.nonzero((alpha >= _OPAQUE) & ~face)
    if not len(rows):
        return colours
    lab = _to_lab(colours)
    chosen = int(rng.integers(len(rows)))
    own = lab[rows[chosen], columns[chosen]].copy()
    share = _likeness(lab, own, float(rng.uniform(12, 45)))
    share = np.asarray(cv2.GaussianBlur(share, (0, 0), 1.5), np.float32)
    if face.any():
        skin = np.median(lab[face], axis=0)
        share *= 1 - (2 * _likeness(lab, skin, _SKIN_SPREAD)).clip(0, 1)
        share[face] = 0
    new = np.array([rng.uniform(5, 95), *rng.normal(0, 25, 2)], np.float32)
    changed = new + (lab - own) * np.float32(rng.uniform(0.7, 1.2))
    if pattern is not None:
        printed = _to_lab(pattern)
        changed += (printed - printed.mean(axis=(0, 1))) * np.float32(rng.uniform(0.2, 1))
    mixed = lab + share[..., None] * (changed - lab)
    rgb = cv2.cvtColor(mixed, cv2.COLOR_Lab2RGB)
    dressed: Image = np.rint(np.clip(rgb, 0, 1) * 255).astype(np.uint8)
    return np.where(share[..., None] > 0, dressed, colours)


def _to_lab(image: Image) -> NDArray[np.float32]:
    """CIELAB: lightness from 0 to 100, and two axes of hue."""
    return np.asarray(cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2Lab), np.float32)


def _likeness(
    lab: NDArray[np.float32], colour: NDArray[np.float32], spread: float
) -> NDArray[np.float32]:
    """1 where a picture has a colour; 0.37 where it is ``spread`` CIELAB units away from it."""
    difference = (lab - colour) * np.array([_LIGHTNESS, 1, 1], np.float32)
    near: NDArray[np.float32] = np.exp(-(difference**2).sum(axis=-1) / np.float32(spread**2))
    return near
