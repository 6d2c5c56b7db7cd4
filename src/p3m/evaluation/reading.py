"""Predictions, true alphas and trimaps as files hold them, and what is wrong with them.

Values are ``float64``: k / 255 must be that of the released codes, to the last bit.
"""

from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from p3m.core.errors import ImageDecodeError, InputError
from p3m.imaging.decode import decode
from p3m.imaging.depth import UNSCALED, is_unscaled
from p3m.imaging.io import MAX_PIXELS
from p3m.imaging.types import Alpha, Trimap

ReadValues = Literal["exact", "truncated"]
"""How a prediction's values count: as they are, or cut down to whole steps of 1/255 first, which is
how the inference released with P3M-Net writes them."""

Exact = NDArray[np.float64]


class Prediction(NamedTuple):
    """A predicted alpha.

    Attributes:
        alpha: In [0, 1], shape (H, W).
        bits: How many the file has for each value: 1, 8, 16, or 32 for floats.
    """

    alpha: Exact
    bits: int


def read_prediction(path: Path, values: ReadValues = "exact") -> Prediction:
    """The alpha that somebody predicted: a grey picture, or the transparency of a cutout.

    Args:
        path: Grey of 1, 8 or 16 bits, a TIFF of floats in [0, 1], or a picture with transparency.
        values: How its values count.

    Raises:
        ImageDecodeError: If it has colours and no transparency, or floats that are not numbers or
            leave [0, 1], or is no whole picture.
        InputError: If it cannot be read.
    """
    picture = _decoded(path)
    if picture.mode == "F":
        floats = _checked_floats(np.asarray(picture), path)
        exact = truncate(floats) if values == "truncated" else floats.astype(np.float64)
        return Prediction(exact, 32)
    if picture.has_transparency_data:
        picture = _transparency(picture, path)
    if picture.mode not in ("1", "L") and not picture.mode.startswith("I;16"):
        raise ImageDecodeError(_no_grey(picture, path))
    steps, most, bits = _steps(picture)
    if values == "truncated" and bits == 16:
        steps, most = steps // 257, 255
    return Prediction(steps / most, bits)


def read_truth(path: Path) -> Exact:
    """The true alpha of a data set, as released codes read it.

    Of several channels it is the transparency if that is not the same everywhere, else the first:
    some masks of P3M-10k have three equal ones.

    Args:
        path: A grey or colour picture of 8 or 16 bits.

    Returns:
        In [0, 1], shape (H, W).

    Raises:
        ImageDecodeError: If it holds 0 and 1 where 0 and 255 are meant, or is no whole picture, or
            of a rare kind.
        InputError: If it cannot be read.
    """
    steps, most, _ = _steps(_first_channel(_decoded(path), path))
    alpha: Exact = steps / most
    if is_unscaled(alpha):
        raise ImageDecodeError(f"{path}: {UNSCALED}")
    return alpha


def read_trimap(path: Path) -> Trimap:
    """A trimap; of several channels it is the first.

    Args:
        path: A picture of 8 bits.

    Returns:
        0, 128 and 255, shape (H, W).

    Raises:
        ImageDecodeError: If it has other values, or is no whole picture.
        InputError: If it cannot be read.
    """
    steps, most, _ = _steps(_first_channel(_decoded(path), path))
    others = np.count_nonzero((steps != 0) & (steps != 128) & (steps != 255))
    if most != 255 or others:
        raise ImageDecodeError(
            f"{path}: {others} pixels of the trimap are neither 0, 128 nor 255; "
            "was it resized, or saved as JPEG?"
        )
    return steps.astype(np.uint8)


def truncate(alpha: Alpha) -> Exact:
    """An alpha cut down to whole steps of 1/255, in the precision that it has.

    Args:
        alpha: In [0, 1], shape (H, W).

    Example:
        >>> (truncate(np.float32([[0.999, 0.5]])) * 255).tolist()
        [[254.0, 127.0]]
    """
    return (alpha * np.asarray(255, alpha.dtype)).astype(np.uint8) / 255


def _decoded(path: Path) -> PIL.Image.Image:
    try:
        stream = path.open("rb")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}).") from error
    with stream:
        return decode(stream, str(path), MAX_PIXELS)


def _steps(picture: PIL.Image.Image) -> tuple[NDArray[np.uint16], int, int]:
    """The whole numbers of a grey picture, the one that means 1, and its bits."""
    if picture.mode == "1":
        return np.asarray(picture).astype(np.uint16), 1, 1
    if picture.mode == "L":
        return np.asarray(picture).astype(np.uint16), 255, 8
    return np.asarray(picture).astype(np.uint16), 65535, 16


def _first_channel(picture: PIL.Image.Image, path: Path) -> PIL.Image.Image:
    if picture.has_transparency_data:
        opacity = picture.convert("RGBA").getchannel("A")
        least, most = opacity.getextrema()
        if least != most:
            return opacity
    if picture.mode in ("1", "L") or picture.mode.startswith("I;16"):
        return picture
    if picture.mode in ("LA", "La", "RGB", "RGBA", "RGBX"):
        return picture.getchannel(0)
    if picture.mode in ("P", "PA"):
        return picture.convert("RGB").getchannel(0)
    raise ImageDecodeError(f"{path}: pictures of mode {picture.mode!r} are not read as an alpha.")


def _transparency(picture: PIL.Image.Image, path: Path) -> PIL.Image.Image:
    opacity = picture.convert("RGBA").getchannel("A")
    if opacity.getextrema() == (255, 255):
        channels = len(picture.getbands())
        raise ImageDecodeError(
            f"{path}: has {channels} channels and is opaque everywhere; a prediction is grey, or a "
            "cutout with transparency."
        )
    return opacity


def _no_grey(picture: PIL.Image.Image, path: Path) -> str:
    if picture.mode == "I":
        return f"{path}: has whole numbers of 32 bits, whose range nobody says; save 8 or 16 bits."
    channels = 3 if picture.mode == "P" else len(picture.getbands())
    return f"{path}: has {channels} channels; a prediction has one: save it in grey."


def _checked_floats(floats: NDArray[np.float32], path: Path) -> NDArray[np.float32]:
    unknown = np.count_nonzero(~np.isfinite(floats))
    if unknown:
        raise ImageDecodeError(f"{path}: {unknown} of {floats.size} values are no numbers (NaN).")
    if floats.min() < 0 or floats.max() > 1:
        raise ImageDecodeError(
            f"{path}: values reach from {floats.min():g} to {floats.max():g}; "
            "alpha lies between 0 and 1."
        )
    return floats
