"""Hides faces in training pictures, in as many ways as people hide them."""

import cv2
import numpy as np

from p3m.imaging.types import Alpha, Image, Mask
from p3m.privacy.contract import Effect
from p3m.privacy.effects import GaussianBlur, Mosaic, Solid
from p3m.privacy.region import protect_transition

_BAND_PX = 3


def obfuscate_randomly(image: Image, alpha: Alpha, faces: Mask, rng: np.random.Generator) -> Image:
    """The picture with its faces hidden by an effect, a strength and an outline drawn at random.

    Args:
        image: Shape (H, W, 3).
        alpha: Its alpha, shape (H, W); the effect spares the transition, as P3M-10k does.
        faces: Where faces are, shape (H, W).
        rng: Source of randomness.
    """
    region = _within_person(_random_outline(faces, rng), alpha)
    return random_effect(rng)(image, region)


def obfuscate_like_p3m(image: Image, alpha: Alpha, faces: Mask) -> Image:
    """The picture with its faces blurred strongly within their oval, as in P3M-10k."""
    return GaussianBlur()(image, _within_person(faces, alpha))


def random_effect(rng: np.random.Generator) -> Effect:
    """Blur in most cases, else a mosaic or one colour."""
    kind = rng.random()
    if kind < 0.65:
        return GaussianBlur(strength=float(rng.uniform(0.1, 0.45)))
    if kind < 0.87:
        return Mosaic(cells=int(rng.integers(2, 9)))
    return Solid()


def _within_person(region: Mask, alpha: Alpha) -> Mask:
    """The part of a region that is the person's, clear of the matte's transition."""
    return protect_transition(region, alpha, radius_px=_BAND_PX) & (alpha > 0.5)


def _random_outline(faces: Mask, rng: np.random.Generator) -> Mask:
    """The face's own outline, one that is wider or narrower, or its box."""
    kind = rng.random()
    mask = faces.astype(np.uint8)
    if kind < 0.4:
        return faces
    left, top, width, height = cv2.boundingRect(mask)
    if kind < 0.6:
        box = np.zeros_like(faces)
        box[top : top + height, left : left + width] = True
        return box
    radius = max(1, int(max(width, height) * rng.uniform(0.02, 0.12)))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    changed = cv2.dilate(mask, kernel) if kind < 0.9 else cv2.erode(mask, kernel)
    return changed.astype(np.bool_) if changed.any() else faces
