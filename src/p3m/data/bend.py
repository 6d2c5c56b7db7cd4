"""Bodies as nobody has them in the photos: smooth displacements of a square picture."""

import cv2
import numpy as np
from numpy.typing import NDArray

_KNOTS = (2, 6)  # independent displacements along a side, the fewest and the most
_SLOPE = (0.3, 0.9)  # how much a displacement changes from pixel to pixel at most, per pixel


def random_bend(side_px: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """How far from each pixel of a new picture its colour is found, in pixels.

    At the border that is no way at all, so that what is cut by an edge stays cut by it. Nothing is
    folded: each of both displacements changes, across and down together, by less than the way
    itself, and so their map is one to one.

    Args:
        side_px: Side of the picture.
        rng: Source of randomness.

    Returns:
        Displacements to the right and downwards, shape (S, S, 2).
    """
    knots = int(rng.integers(_KNOTS[0], _KNOTS[1] + 1))
    coarse = rng.standard_normal((knots, knots, 2)).astype(np.float32)
    smooth = np.asarray(cv2.resize(coarse, (side_px, side_px), interpolation=cv2.INTER_CUBIC))
    along = np.linspace(0, 1, side_px, dtype=np.float32)
    still = np.minimum(1, 6 * along * (1 - along))
    smooth *= (still * still[:, None])[..., None]
    slopes = np.abs(np.diff(smooth, axis=0))[:, 1:] + np.abs(np.diff(smooth, axis=1))[1:]
    return smooth * np.float32(rng.uniform(*_SLOPE) / slopes.max())
