"""Reading pictures and alphas from files, bytes and streams, and writing them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from p3m.core.errors import ConfigError, ImageDecodeError, InputError, OutputError
from p3m.core.paths import is_folder
from p3m.imaging.atomic import check_free, write_atomic
from p3m.imaging.colour import separate, to_srgb
from p3m.imaging.compositing import composite
from p3m.imaging.decode import DAMAGE, FRAMES, decode, upright
from p3m.imaging.depth import dequantize
from p3m.imaging.encode import encode, format_named
from p3m.imaging.types import Alpha, Image

Source: TypeAlias = str | Path | bytes | BinaryIO
"""A file's name, a file's content, or an open file."""

MAX_PIXELS = 100_000_000
"""The pixel cap, where none is given."""

_WHITE = (255, 255, 255)
_BAND_PX = 1 << 20


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture as it was read: upright, in sRGB.

    Attributes:
        rgb: Straight colours, shape (H, W, 3).
        alpha: The file's own opacity in [0, 1], shape (H, W); ``None`` where it has none.
        frames: How many pages or frames the file holds; this is the first.
    """

    rgb: Image
    alpha: Alpha | None = None
    frames: int = 1

    @property
    def image(self) -> Image:
        """The colours over white where the picture is transparent; otherwise ``rgb`` itself."""
        return self.rgb if self.alpha is None else composite(self.rgb, _WHITE, self.alpha)


def read_picture(source: Source, *, max_pixels: int = MAX_PIXELS) -> Picture:
    """The first frame of a picture file, upright, in sRGB, with its own opacity if it has one.

    Reads JPEG, PNG, WebP, TIFF, BMP, AVIF, and HEIC with the extra ``heif``; grey, palette, RGB and
    CMYK, 8 and 16 bits. An EXIF orientation and an embedded colour profile are applied, so that
    neither needs to be kept; a damaged profile is logged and ignored.

    Args:
        source: A file's name, its content, or a stream.
        max_pixels: Greater pictures are refused before they are decoded.

    Raises:
        InputError: If the file is missing, a folder or unreadable.
        ImageDecodeError: If it is empty, no picture, damaged or cut short.
        ImageTooLargeError: If it has more than ``max_pixels`` pixels.
        MissingExtraError: If it is a HEIC file and the extra ``heif`` is not installed.
    """
    with _opened(source) as (stream, name):
        decoded = decode(stream, name, max_pixels)
    profile, frames = decoded.info.get("icc_profile"), decoded.info[FRAMES]
    colours, opacity = separate(decoded, name)
    del decoded  # a large picture's memory
    return replace(_picture(colours, opacity, profile, name), frames=frames)


def picture_of(image: PIL.Image.Image) -> Picture:
    """A Pillow image as :func:`read_picture` would read its file: upright, in sRGB.

    Args:
        image: Of any mode that files are read in; it is left as it is.

    Raises:
        ImageDecodeError: If it is of a rare mode, without pixels, or its file is damaged.
    """
    name = "image"
    if 0 in image.size:
        raise ImageDecodeError(f"{name}: has no pixels; its size is {image.width}x{image.height}.")
    try:
        image.load()
    except DAMAGE as error:
        raise ImageDecodeError(f"{name}: its file is damaged; get a whole copy of it.") from error
    profile = image.info.get("icc_profile")
    colours, opacity = separate(upright(image, name), name)
    return _picture(colours.copy(), opacity, profile, name)


def read_image(source: Source, *, max_pixels: int = MAX_PIXELS) -> Image:
    """The picture as :func:`read_picture` gives it, over white where it is transparent."""
    return read_picture(source, max_pixels=max_pixels).image


def read_alpha(source: Source, *, max_pixels: int = MAX_PIXELS) -> Alpha:
    """The alpha that a file holds: its transparency if it has any, else its grey values.

    Grey may have 1, 8 or 16 bits, or be written as equal red, green and blue. Colour profiles mean
    nothing to it.

    Args:
        source: A file's name, its content, or a stream.
        max_pixels: Greater pictures are refused before they are decoded.

    Returns:
        Shape (H, W), in [0, 1].

    Raises:
        ImageDecodeError: If it is a colour picture without transparency, and as
            :func:`read_picture`.
        InputError: As :func:`read_picture`.
        ImageTooLargeError: As :func:`read_picture`.
        MissingExtraError: As :func:`read_picture`.
    """
    with _opened(source) as (stream, name):
        decoded = decode(stream, name, max_pixels)
    if decoded.mode.startswith("I;16"):
        return dequantize(np.asarray(decoded).astype(np.uint16))
    colours, opacity = separate(decoded, name)
    if opacity is not None:
        return dequantize(np.asarray(opacity))
    if colours.mode == "L":
        return dequantize(np.asarray(colours))
    red, green, blue = np.moveaxis(rgb_array(colours.convert("RGB")), -1, 0)
    if not (np.array_equal(red, green) and np.array_equal(red, blue)):
        raise ImageDecodeError(
            f"{name}: a colour picture without transparency holds no alpha; give a grey one."
        )
    return dequantize(red)


def write_picture(
    target: str | Path | BinaryIO,
    pixels: NDArray[Any],
    *,
    format: str | None = None,  # noqa: A002 - the word that Pillow uses, too
    bits: int = 8,
    overwrite: bool = False,
) -> None:
    """Writes an alpha, a picture or a cutout as PNG, WebP, TIFF or JPEG.

    Files are written whole or not at all; folders above them are made. Colours are sRGB: PNG says
    so, and the others are left untagged, which means the same. No profile, orientation or other
    metadata of the input is ever written. JPEG (quality 95) and WebP (92) lose a little on opaque
    pictures; all else is exact to the step.

    Args:
        target: A file's name, or a stream.
        pixels: An alpha, float in [0, 1], shape (H, W); or ``uint8`` colours, shape (H, W, 3), or
            straight colours with their opacity, shape (H, W, 4).
        format: ``"png"``, ``"webp"``, ``"tiff"`` or ``"jpeg"``; ``None`` goes by the file's suffix.
            JPEG is for (H, W, 3) only.
        bits: 8, or 16 for an alpha in PNG or TIFF.
        overwrite: Whether a file that exists may be replaced.

    Raises:
        OutputError: If the file exists and may not be replaced, or cannot be written.
        ConfigError: If the format is unknown or cannot hold such pixels or bits.
        ShapeError: If ``pixels`` has none of these shapes.
        RangeError: If ``pixels`` has another type, or an alpha leaves [0, 1].
    """
    if not isinstance(target, str | Path):
        if format is None:
            raise ConfigError("A stream has no suffix to tell the format; pass format='png'.")
        _write_stream(target, encode(pixels, format_named(format), bits=bits))
        return
    path = Path(target)
    chosen = format_named(path.suffix if format is None else format)
    check_free(path, overwrite=overwrite)  # before the work of encoding
    write_atomic(path, encode(pixels, chosen, bits=bits), overwrite=overwrite)


def _write_stream(target: BinaryIO, content: bytes) -> None:
    """Writes all of it now. A reader who went away is no error of ours, and is passed on."""
    try:
        target.write(content)
        target.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        name = getattr(target, "name", None)
        raise OutputError(
            f"{name if isinstance(name, str) else '<stream>'}: cannot be written "
            f"({error.strerror or error}); check the free space."
        ) from error


@contextmanager
def _opened(source: Source) -> Iterator[tuple[BinaryIO, str]]:
    """The source as a stream, and its name for messages."""
    if isinstance(source, bytes):
        yield BytesIO(source), "<bytes>"
    elif isinstance(source, str | Path):
        with _open_file(Path(source)) as stream:
            yield stream, str(source)
    else:
        name = getattr(source, "name", None)
        yield source, name if isinstance(name, str) else "<stream>"


def _open_file(path: Path) -> BinaryIO:
    if is_folder(path):
        raise InputError(f"{path}: is a folder; name a picture in it.")
    try:
        return path.open("rb")
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; check the name.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{path}: cannot be read ({reason}); check its permissions.") from error


def _picture(
    colours: PIL.Image.Image, opacity: PIL.Image.Image | None, profile: bytes | None, name: str
) -> Picture:
    """Separated colours, which may be changed, and opacity as arrays."""
    alpha = None if opacity is None else dequantize(np.asarray(opacity))
    return Picture(rgb_array(to_srgb(colours, profile, name)), alpha)


def rgb_array(picture: PIL.Image.Image) -> Image:
    """The pixels of a picture of mode RGB, in bands: Pillow's own way copies them twice over."""
    width, height = picture.size
    array = np.empty((height, width, 3), np.uint8)
    band = max(1, _BAND_PX // width)
    for top in range(0, height, band):
        bottom = min(height, top + band)
        array[top:bottom] = np.asarray(picture.crop((0, top, width, bottom)))
    return array
