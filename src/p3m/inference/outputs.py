"""What a network says of pictures, whatever runs it, and what the strategies need of that."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from p3m.imaging.types import Alpha
from p3m.inference.coarse import Maps
from p3m.inference.contract import TRANSITION, Alphas, Classes, Parts, Pixels
from p3m.inference.spec import ModelSpec

_ALPHA_BAND_PX = 4
_SOFT_KERNEL = (3, 3)


@dataclass(frozen=True, slots=True)
class Outputs:
    """A network's answer to a batch of B pictures.

    Attributes:
        alphas: Shape (B, H, W).
        local_alphas: Alpha that is meant for the transition only, shape (B, H, W), or ``None``.
        classes: The likeliest class of each pixel, shape (B, H, W), or ``None``.
        coarse: Maps for a detail path, shape (B, C, h, w), or ``None``.
    """

    alphas: Alphas
    local_alphas: Alphas | None = None
    classes: Classes | None = None
    coarse: Maps | None = None

    def parts(self) -> Parts:
        """What it says of the first picture, its two decoders apart."""
        return Parts(
            self.alphas[0],
            None if self.local_alphas is None else self.local_alphas[0],
            None if self.classes is None else self.classes[0],
        )

    def maps(self) -> Maps:
        """Maps of the first picture for refining: alpha, the weight of a refined alpha, features.

        Without a detail path the weight is 1 in the transition and falls to 0 around it.
        """
        if self.coarse is not None:
            first: Maps = self.coarse[0]
            return first
        alpha = self.alphas[0]
        band = alpha_band(alpha) if self.classes is None else class_band(self.classes[0])
        return np.stack((alpha, band))

    def within(self, maps: Maps) -> Alphas:
        """The alphas of windows, mixed into low-resolution ones by the weight of the transition.

        What counts is the local alpha where there is one: a window alone shows too little for the
        network to tell person from background.

        Args:
            maps: At these windows' pixels, shape (B, C, H, W): alpha and weight first.
        """
        again = self.alphas if self.local_alphas is None else self.local_alphas
        low, weight = maps[:, 0], maps[:, 1]
        return low + weight * (again - low)


def normalised(images: Pixels, spec: ModelSpec) -> Maps:
    """(B, h, w, 3) of 0 to 255 as (B, 3, h, w), less the mean, over the standard deviation."""
    result = np.empty((len(images), 3, *images.shape[1:3]), dtype=np.float32)
    for channel, (mean, std) in enumerate(zip(spec.mean, spec.std, strict=True)):
        np.multiply(images[..., channel], np.float32(1 / (255 * std)), out=result[:, channel])
        result[:, channel] -= np.float32(mean / std)
    return result


def classes_of(logits: NDArray[np.float32]) -> Classes:
    """The likeliest class of each pixel, the first of equals; (B, 3, H, W) to (B, H, W)."""
    classes: Classes = logits.argmax(axis=1).astype(np.uint8)
    return classes


def alpha_band(alpha: Alpha) -> Alpha:
    """1 where a plain model's alpha is neither 0 nor 1, widened by 4 pixels; else 0."""
    between = ((alpha > 0.01) & (alpha < 0.99)).astype(np.uint8)
    side = 2 * _ALPHA_BAND_PX + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return cv2.dilate(between, kernel).astype(np.float32)


def class_band(classes: Classes) -> Alpha:
    """1 in the transition, falling to 0 at 3 pixels from it."""
    transition = (classes == TRANSITION).astype(np.float32)
    wide = cv2.dilate(transition, np.ones(_SOFT_KERNEL, dtype=np.uint8))
    band = cv2.blur(wide, _SOFT_KERNEL, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(band, dtype=np.float32)
