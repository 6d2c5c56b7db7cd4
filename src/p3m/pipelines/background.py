"""What a person is put over: a colour, a picture, or the picture's own background out of focus."""

import math
import operator
from pathlib import Path
from typing import Literal, TypeAlias

import cv2
import numpy as np
import PIL.Image
from PIL import ImageColor

from p3m.core.checks import check_shape
from p3m.core.errors import ConfigError, RangeError
from p3m.core.paths import exists
from p3m.imaging.io import MAX_PIXELS, read_image
from p3m.imaging.resize import resize
from p3m.imaging.types import Alpha, Colour, Image, Size
from p3m.pipelines.pictures import PictureLike, picture_from

BackgroundLike: TypeAlias = Colour | PictureLike
"""A colour's name or ``#rrggbb``, a colour, a picture or its file, or ``"blur"``."""

Background: TypeAlias = Colour | Image | Literal["blur"]

_SIGMA_OF_SIDE = 0.02
_SMALL_SIGMA_PX = 4.0


def resolve_background(wanted: BackgroundLike, *, max_pixels: int = MAX_PIXELS) -> Background:
    """The colour or the picture that is meant, read if it is a file; ``"blur"`` stays.

    Text is a colour if it can be one, so that a file called ``red`` is ``./red``.

    Raises:
        ConfigError: If text is neither a colour nor the name of a file.
        RangeError: If a colour is not three numbers from 0 to 255, or a picture is not ``uint8``.
        ShapeError: If a picture is not (H, W, 3).
        P3MError: If the file is no picture; see :func:`p3m.imaging.io.read_image`.

    Example:
        >>> resolve_background("teal"), resolve_background("#336699")
        ((0, 128, 128), (51, 102, 153))
    """
    if isinstance(wanted, str):
        return "blur" if wanted == "blur" else _from_text(wanted, max_pixels)
    if isinstance(wanted, Path | bytes | PIL.Image.Image):
        return picture_from(wanted, max_pixels=max_pixels).image
    if isinstance(wanted, np.ndarray) and wanted.ndim > 1:
        check_shape("background", wanted, "H W 3")
        if wanted.dtype != np.uint8:
            raise RangeError(f"background is {wanted.dtype}; pictures are uint8, from 0 to 255.")
        return wanted
    try:
        red, green, blue = map(operator.index, wanted)
    except (TypeError, ValueError):
        red = green = blue = -1
    if not all(0 <= number <= 255 for number in (red, green, blue)):
        raise RangeError(
            f"background is {wanted!r:.80}; a colour is three whole numbers from 0 to 255."
        )
    return red, green, blue


def fit_background(background: Background, image: Image, alpha: Alpha) -> Image | Colour:
    """The background at the picture's size: cut to its aspect ratio about the middle, or blurred.

    Args:
        background: What :func:`resolve_background` gives.
        image: The picture whose person is put over it, shape (H, W, 3).
        alpha: Its alpha, shape (H, W).
    """
    if isinstance(background, str):
        return blurred_background(image, alpha)
    if isinstance(background, tuple):
        return background
    return _cover(background, alpha.shape)


def blurred_background(image: Image, alpha: Alpha) -> Image:
    r"""The picture's background out of focus, without a halo of the person's colours.

    .. math:: B = \frac{\mathrm{blur}((1 - \alpha) I)}{\mathrm{blur}(1 - \alpha)}

    with a Gaussian of 2 % of the longer side, at a resolution that suits it. Where no background is
    near, the blurred picture itself stands.

    Args:
        image: Shape (H, W, 3).
        alpha: In [0, 1], shape (H, W).

    Returns:
        Shape (H, W, 3).
    """
    height, width = alpha.shape
    scale = min(1.0, _SMALL_SIGMA_PX / (_SIGMA_OF_SIDE * max(height, width)))
    small = (math.ceil(height * scale), math.ceil(width * scale))
    sigma = _SIGMA_OF_SIDE * max(small)
    share = resize(1 - alpha, small)[..., None] + np.float32(1e-3)
    colours = resize(image, small).astype(np.float32)
    summed = cv2.GaussianBlur(np.dstack((share * colours, share)), (0, 0), sigma)
    blurred = summed[..., :3] / summed[..., 3:]
    return resize(np.rint(blurred).clip(0, 255).astype(np.uint8), (height, width))


def _from_text(text: str, max_pixels: int) -> Colour | Image:
    try:
        red, green, blue, *opacity = ImageColor.getrgb(text)
    except ValueError:
        if exists(Path(text)):
            return read_image(text, max_pixels=max_pixels)
        raise ConfigError(
            f"background {text!r} is neither a colour nor a file; "
            "give a name like teal, #rrggbb, a picture, or blur."
        ) from None
    if opacity and opacity != [255]:
        raise ConfigError(f"background {text!r} is transparent; give #rrggbb.")
    return red, green, blue


def _cover(picture: Image, size: Size) -> Image:
    """The largest part of that aspect ratio about the middle, at that size."""
    scale = min(picture.shape[0] / size[0], picture.shape[1] / size[1])
    height, width = (max(1, math.floor(side * scale)) for side in size)
    top, left = (picture.shape[0] - height) // 2, (picture.shape[1] - width) // 2
    return resize(picture[top : top + height, left : left + width], size)
