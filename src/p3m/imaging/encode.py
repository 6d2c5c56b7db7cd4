"""Pixels as the bytes of a PNG, WebP, TIFF or JPEG file."""

import zlib
from collections.abc import Mapping
from io import BytesIO
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import PIL.Image
from numpy.typing import NDArray
from PIL.PngImagePlugin import PngInfo

from p3m.core.checks import check_shape
from p3m.core.errors import ConfigError, OutputError, RangeError
from p3m.imaging.depth import quantize

Format = Literal["png", "webp", "tiff", "jpeg"]

_FORMATS: Mapping[str, Format] = MappingProxyType(
    {"png": "png", "webp": "webp", "tiff": "tiff", "tif": "tiff", "jpeg": "jpeg", "jpg": "jpeg"}
)


def format_named(name: str) -> Format:
    """The format of a name or file suffix, such as ``"TIFF"`` or ``".jpg"``.

    Raises:
        ConfigError: If p3m writes no such format.

    Example:
        >>> format_named(".JPG")
        'jpeg'
    """
    try:
        return _FORMATS[name.lower().removeprefix(".")]
    except KeyError:
        raise ConfigError(
            f"{name!r} is no picture format that p3m writes; use png, webp, tiff or jpeg."
        ) from None


def encode(pixels: NDArray[Any], kind: Format, *, bits: int = 8) -> bytes:
    """The whole file of a picture; see :func:`p3m.imaging.io.write_picture` for what it may be."""
    make = _alpha_picture if pixels.ndim == 2 else _colour_picture
    picture = make(pixels, kind, bits)
    file = BytesIO()
    try:
        picture.save(file, kind, **save_options(picture.mode, kind))
    except (OSError, ValueError) as error:
        raise OutputError(
            f"A picture of {picture.width}x{picture.height} cannot be written as {kind} ({error}); "
            "choose another format."
        ) from error
    return file.getvalue()


def _alpha_picture(alpha: NDArray[Any], kind: Format, bits: int) -> PIL.Image.Image:
    if not np.issubdtype(alpha.dtype, np.floating):
        raise RangeError(f"pixels of shape (H, W) are {alpha.dtype}; alpha is float, from 0 to 1.")
    if kind == "jpeg":
        raise ConfigError("JPEG changes the values of an alpha; use png, webp or tiff.")
    if bits == 16 and kind != "webp":
        return PIL.Image.fromarray(quantize(alpha, 16))
    if bits != 8:
        raise ConfigError(f"An alpha has 8 bits, or 16 in png and tiff; not {bits} in {kind}.")
    return PIL.Image.fromarray(quantize(alpha))


def _colour_picture(colours: NDArray[Any], kind: Format, bits: int) -> PIL.Image.Image:
    check_shape("pixels", colours, "H W 4" if colours.shape[-1] == 4 else "H W 3")
    if colours.dtype != np.uint8:
        raise RangeError(f"pixels are {colours.dtype}; colours are uint8, from 0 to 255.")
    if bits != 8:
        raise ConfigError(f"Colours have 8 bits, not {bits}; only an alpha can have 16.")
    if kind == "jpeg" and colours.shape[-1] == 4:
        raise ConfigError("JPEG holds no transparency; use png, webp or tiff.")
    return PIL.Image.fromarray(colours)


def save_options(mode: str, kind: Format) -> dict[str, Any]:
    """Pillow's options for saving; the values are each format's own."""
    if kind == "png":
        # Run lengths alone are several times faster on photographs than the search for longer
        # matches, and no larger.
        options: dict[str, Any] = {"compress_type": zlib.Z_RLE}
        if mode in ("RGB", "RGBA"):
            options["pnginfo"] = PngInfo()
            options["pnginfo"].add(b"sRGB", b"\0")
        return options
    if kind == "webp":
        return {"quality": 92} if mode == "RGB" else {"lossless": True, "exact": True}
    if kind == "tiff":
        return {"compression": "tiff_adobe_deflate"}
    return {"quality": 95, "subsampling": 0}
