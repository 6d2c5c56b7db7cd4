"""Pairs of alphas to score, of every kind that has ever made two implementations differ."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Alpha = NDArray[np.float64]
Pair = tuple[Alpha, Alpha, NDArray[np.uint8]]
_Size = tuple[int, int]

_TRIMAP = np.array([0, 128, 255], np.uint8)


def random_pair(kind: str, rng: np.random.Generator) -> Pair:
    """A prediction, the truth and a trimap, of a random size under 40 by 40.

    Args:
        kind: One of :data:`KINDS`.
        rng: Source of randomness.
    """
    height, width = rng.integers(2, 40, 2)
    return KINDS[kind]((int(height), int(width)), rng)


def _noise(size: _Size, rng: np.random.Generator) -> Pair:
    return rng.random(size), rng.random(size), rng.choice(_TRIMAP, size)


def _bytes(size: _Size, rng: np.random.Generator) -> Pair:
    pred, target, trimap = _noise(size, rng)
    return np.rint(pred * 255) / 255, np.rint(target * 255) / 255, trimap


def _pixel(size: _Size, rng: np.random.Generator) -> Pair:
    return _bytes((1, 1), rng)


def _person(size: _Size, rng: np.random.Generator) -> Pair:
    """Soft shapes that hang together, with a solid middle, and what lies near them."""
    smooth = cv2.GaussianBlur(rng.random(size), (0, 0), 3)
    spread = max(float(np.ptp(smooth)), 1e-9)
    target = np.clip(2.5 * (smooth - smooth.min()) / spread - 0.75, 0, 1)
    pred = np.clip(target + 0.2 * (rng.random(size) - 0.5), 0, 1)
    return pred, target, np.select([target == 0, target == 1], [0, 255], 128).astype(np.uint8)


def _close(size: _Size, rng: np.random.Generator) -> Pair:
    pred, target, trimap = _noise(size, rng)
    return np.clip(target + 1e-4 * (pred - 0.5), 0, 1), target, trimap


def _islands(size: _Size, rng: np.random.Generator) -> Pair:
    """Many regions of one size: of equals, the first counts."""
    target = np.indices(size).sum(axis=0) % 2.0
    return target * rng.choice([1.0, 0.45], size), target, rng.choice(_TRIMAP, size)


def _binary(size: _Size, rng: np.random.Generator) -> Pair:
    pred, target, trimap = _noise(size, rng)
    return np.rint(pred), np.rint(target), trimap


def _faint(size: _Size, rng: np.random.Generator) -> Pair:
    pred, target, trimap = _noise(size, rng)
    return 0.4 * pred, 0.6 * target, trimap


def _constant(size: _Size, rng: np.random.Generator) -> Pair:
    return np.full(size, rng.random()), np.full(size, rng.random()), rng.choice(_TRIMAP, size)


def _nobody(size: _Size, rng: np.random.Generator) -> Pair:
    return rng.random(size), np.zeros(size), np.zeros(size, np.uint8)


def _everybody(size: _Size, rng: np.random.Generator) -> Pair:
    return rng.random(size), np.ones(size), np.full(size, 255, np.uint8)


def _all_known(size: _Size, rng: np.random.Generator) -> Pair:
    return rng.random(size), rng.random(size), rng.choice(_TRIMAP[[0, 2]], size)


def _equal(size: _Size, rng: np.random.Generator) -> Pair:
    _, target, trimap = _noise(size, rng)
    return target.copy(), target, trimap


KINDS: dict[str, Callable[[_Size, np.random.Generator], Pair]] = {
    "noise": _noise,
    "bytes": _bytes,
    "pixel": _pixel,
    "person": _person,
    "close": _close,
    "islands": _islands,
    "binary": _binary,
    "faint": _faint,
    "constant": _constant,
    "nobody": _nobody,
    "everybody": _everybody,
    "all known": _all_known,
    "equal": _equal,
}
"""The edges of every formula, and what lies between them."""
