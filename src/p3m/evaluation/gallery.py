"""Single pictures to look at: the photo, the prediction, the truth and the error side by side."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from p3m.evaluation.reading import Exact
from p3m.imaging.depth import as_grey
from p3m.imaging.page import picture_uri
from p3m.imaging.resize import fit_within, resize
from p3m.imaging.types import Image

SIDE_PX = 280
"""The longer side of a small picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """A picture to look at.

    Attributes:
        name: The picture's.
        scores: The value of each column.
        views: Small pictures by their captions, as data that a page can hold (``data:`` URIs).
    """

    name: str
    scores: Mapping[str, float]
    views: Mapping[str, str]


def exhibit(
    name: str, scores: Mapping[str, float], pred: Exact, target: Exact, image: Image | None = None
) -> Exhibit:
    """A prediction beside the truth.

    Args:
        name: The picture's.
        scores: The value of each column.
        pred: Predicted alpha in [0, 1], shape (H, W).
        target: True alpha in [0, 1], shape (H, W).
        image: The picture, shape (H, W, 3), if it is known.
    """
    pictures = {} if image is None else {"picture": image}
    pictures |= {
        "prediction": as_grey(pred),
        "truth": as_grey(target),
        "error": error_map(pred, target),
    }
    return Exhibit(
        name=name,
        scores=dict(scores),
        views={caption: _data(picture) for caption, picture in pictures.items()},
    )


def error_map(pred: NDArray[np.floating], target: NDArray[np.floating]) -> Image:
    """Where two alphas differ: red where alpha is lacking, blue where it is too much, else white.

    Args:
        pred: Predicted alpha in [0, 1], shape (H, W).
        target: True alpha in [0, 1], shape (H, W).

    Returns:
        RGB, shape (H, W, 3).

    Example:
        >>> error_map(np.float64([[0, 0.5, 1]]), np.float64([[0, 1, 0]])).tolist()
        [[[255, 255, 255], [255, 128, 128], [0, 0, 255]]]
    """
    lacking = (target - pred).clip(0, 1)
    spare = (pred - target).clip(0, 1)
    planes = np.stack((1 - spare, 1 - np.maximum(lacking, spare), 1 - lacking), axis=-1)
    shown: Image = np.rint(planes * 255).astype(np.uint8)
    return shown


def _data(picture: Image) -> str:
    size = picture.shape[:2]
    small = fit_within(size, (SIDE_PX, SIDE_PX))
    shown = picture if small[0] > size[0] else resize(picture, small)
    return picture_uri(shown)
