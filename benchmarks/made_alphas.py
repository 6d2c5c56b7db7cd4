"""People in alphas of any size, and predictions of them, made the same each time."""

import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from p3m.data.strands import StrandStyle, add_strands
from p3m.imaging.trimap import trimap_from_alpha

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from support.images import portrait

Steps = NDArray[np.uint8]

_BAND_PX = 10


def made_pair(height: int, width: int, *, seed: int, strands: int) -> tuple[Steps, Steps, Steps]:
    """A prediction, the truth and its trimap in steps of 1/255, as files hold them.

    The truth is a head and shoulders with strands of hair; the prediction is softer, and wrong by
    smooth noise within the trimap's unknown region.

    Args:
        height: Rows.
        width: Columns.
        seed: Decides the colours, the strands and the noise.
        strands: Strands of hair.
    """
    random = np.random.default_rng(seed)
    image, alpha = portrait(height, width, seed=seed)
    style = StrandStyle(count=strands, length_px=height / 8, width_px=1.2, curl=0.6, opacity=0.9)
    _, alpha = add_strands(image, alpha, np.ones(alpha.shape, np.bool_), style, random)
    target = np.rint(alpha * 255) / 255
    trimap = trimap_from_alpha(target.astype(np.float32), _BAND_PX)
    noise = cv2.GaussianBlur(random.normal(size=target.shape), (0, 0), 1.5)
    softer = np.clip(cv2.GaussianBlur(target, (0, 0), 1.5) + 0.3 * noise, 0, 1)
    pred = np.where(trimap == 128, softer, target)
    return np.rint(pred * 255).astype(np.uint8), np.rint(target * 255).astype(np.uint8), trimap
