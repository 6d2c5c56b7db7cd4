"""Pictures of what a network does: picture, truth, alpha and error side by side."""

import numpy as np
from numpy.typing import NDArray

from p3m.evaluation.gallery import error_map
from p3m.imaging.depth import as_grey
from p3m.imaging.resize import resize
from p3m.imaging.types import Alpha, Image

_SIDE_PX = 192


def panel_row(image: Image, truth: Alpha, alpha: Alpha) -> NDArray[np.uint8]:
    """A picture, its true alpha, a network's alpha and its `error_map`, each within a square.

    Args:
        image: Shape (H, W, 3).
        truth: Shape (H, W).
        alpha: Shape (H, W).

    Returns:
        Shape (192, 768, 3).
    """
    pictures = [image, as_grey(truth), as_grey(alpha), error_map(alpha, truth)]
    return np.concatenate([_square(picture) for picture in pictures], axis=1)


def _square(picture: Image) -> NDArray[np.uint8]:
    """The picture in the corner of a black square that it just fits into."""
    height, width = picture.shape[:2]
    scale = _SIDE_PX / max(height, width)
    size = (max(1, round(height * scale)), max(1, round(width * scale)))
    square = np.zeros((_SIDE_PX, _SIDE_PX, 3), np.uint8)
    square[: size[0], : size[1]] = resize(picture, size)
    return square
