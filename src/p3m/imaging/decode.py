"""A picture file's first frame, upright: the formats, the pixel cap, and damage as an error."""

import logging
import re
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import BinaryIO, NamedTuple

import numpy as np
import PIL.Image
from PIL import ExifTags
from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from p3m.core.errors import ImageDecodeError, ImageTooLargeError, MissingExtraError
from p3m.core.locks import ForkSafeLock

_LOG = logging.getLogger(__name__)

DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    RuntimeError,
    ArithmeticError,
    struct.error,
    zlib.error,
)
"""What Pillow and the libraries below it raise on a damaged file."""

FRAMES = "p3m frames"
"""Where a decoded picture's ``info`` holds how many pages or frames its file has."""

_TURNS = {
    2: PIL.Image.Transpose.FLIP_LEFT_RIGHT,
    3: PIL.Image.Transpose.ROTATE_180,
    4: PIL.Image.Transpose.FLIP_TOP_BOTTOM,
    5: PIL.Image.Transpose.TRANSPOSE,
    6: PIL.Image.Transpose.ROTATE_270,
    7: PIL.Image.Transpose.TRANSVERSE,
    8: PIL.Image.Transpose.ROTATE_90,
}
"""What makes a picture of that EXIF orientation upright."""

_HEADER_BYTES = 64
_WHITE = 65535  # in 16 bits
_WARNINGS = ForkSafeLock()


class _Format(NamedTuple):
    name: str
    signature: re.Pattern[bytes]
    open: Callable[[BinaryIO], ImageFile]


def _open_heif(stream: BinaryIO) -> ImageFile:
    try:
        from pillow_heif import HeifImageFile  # noqa: PLC0415 - an extra, and only for this format
    except ImportError as error:
        raise MissingExtraError("HEIC", "heif") from error
    opened: ImageFile = HeifImageFile(stream)  # type: ignore[no-untyped-call]
    return opened


_FORMATS = (
    _Format("JPEG", re.compile(rb"\xff\xd8\xff"), JpegImageFile),
    _Format("PNG", re.compile(rb"\x89PNG\r\n\x1a\n"), PngImageFile),
    _Format("WebP", re.compile(rb"RIFF....WEBP", re.DOTALL), WebPImageFile),
    _Format("TIFF", re.compile(rb"II[*+]\0|MM\0[*+]"), TiffImageFile),
    _Format("BMP", re.compile(rb"BM.{12}[\x0c(48@l|]\0\0\0", re.DOTALL), BmpImageFile),
    _Format("AVIF", re.compile(rb"....ftyp(?:....)*?avi[fs]", re.DOTALL), AvifImageFile),
    _Format("HEIC", re.compile(rb"....ftyp(?:....)*?(?:hei|hev|mif1|msf1)", re.DOTALL), _open_heif),
)
"""Tried in this order; the signature stands at the start of the file."""


def decode(stream: BinaryIO, name: str, max_pixels: int) -> PIL.Image.Image:
    """The file's first frame in its own mode, turned upright.

    Formats are told by their first bytes, never by a suffix. Pillow's own limit of pixels and its
    warnings are left out of it, so that ``max_pixels`` alone decides.

    Args:
        stream: The file, at its start.
        name: What errors call it.
        max_pixels: The greatest number of pixels; the header is asked before anything is decoded.

    Returns:
        A loaded picture whose ``info`` may hold an ``icc_profile``, and tells as :data:`FRAMES` how
        many pages or frames the file holds.

    Raises:
        ImageDecodeError: If it is empty, no picture, damaged or cut short.
        ImageTooLargeError: If it has more pixels than ``max_pixels``.
        MissingExtraError: If it is a HEIC file and the extra ``heif`` is not installed.
    """
    if not stream.seekable():
        stream = BytesIO(stream.read())
    kind = _format_of(stream, name)
    try:
        image = _load(kind, stream, name, max_pixels)
    except PIL.Image.DecompressionBombError as error:
        # TIFF and WebP alone ask Pillow's own limit, which no argument raises. Its text names the
        # pixels first.
        pixels = int(re.findall(r"\d+", str(error))[0])
        _check_pixels(name, pixels, max_pixels)
        raise ImageDecodeError(
            f"{name}: {pixels / 1e6:.1f} megapixels are more than can be read from a {kind.name} "
            "file; convert it to PNG or JPEG."
        ) from error
    except ImageTooLargeError:
        raise
    except DAMAGE as error:
        raise _damaged(kind, name) from error
    return upright(image, name)


def open_header(stream: BinaryIO, name: str) -> ImageFile:
    """The file's picture before its pixels are decoded: size, mode and what is said beside them.

    Args:
        stream: The file, at its start; must stay open and can be sought.
        name: What errors call it.

    Raises:
        ImageDecodeError: If it is empty, no picture or damaged.
        MissingExtraError: If it is a HEIC file and the extra ``heif`` is not installed.
    """
    kind = _format_of(stream, name)
    try:
        with without_warnings():
            return kind.open(stream)
    except DAMAGE as error:
        raise _damaged(kind, name) from error


def is_picture(stream: BinaryIO) -> bool:
    """Whether a file begins as those do that p3m reads; the stream is left where it was."""
    start = stream.tell()
    header = stream.read(_HEADER_BYTES)
    stream.seek(start)
    return any(kind.signature.match(header) for kind in _FORMATS)


def upright(image: PIL.Image.Image, name: str) -> PIL.Image.Image:
    """The picture turned as its EXIF data say; the picture itself where it is upright.

    Args:
        image: A picture.
        name: What the log calls it if its EXIF data are damaged.
    """
    turn = _TURNS.get(_orientation(image, name))
    return image if turn is None else image.transpose(turn)


def _format_of(stream: BinaryIO, name: str) -> _Format:
    start = stream.tell()
    header = stream.read(_HEADER_BYTES)
    stream.seek(start)
    if not header:
        raise ImageDecodeError(f"{name}: the file is empty (0 bytes); get a whole copy of it.")
    for kind in _FORMATS:
        if kind.signature.match(header):
            return kind
    raise ImageDecodeError(
        f"{name}: not a picture that p3m reads; convert it to one of "
        f"{', '.join(kind.name for kind in _FORMATS)}."
    )


def _damaged(kind: _Format, name: str) -> ImageDecodeError:
    return ImageDecodeError(
        f"{name}: the {kind.name} file is damaged, cut short or of a rare kind; "
        "get a whole copy of it, or save it anew as PNG."
    )


def _load(kind: _Format, stream: BinaryIO, name: str, max_pixels: int) -> ImageFile:
    with without_warnings():
        image = kind.open(stream)
        _check_pixels(name, image.width * image.height, max_pixels)
        image.info[FRAMES] = _frames(image)  # asked before pixels are there: asking moves the file
        if kind.open is TiffImageFile:  # warns while it decodes, unlike the others
            image.load()
            _black_to_white(image)
    image.load()
    return image


def _black_to_white(image: ImageFile) -> None:
    """Makes a TIFF file's grey of 12 or 16 bits go from 0, black, to 65535, white, in place.

    Pillow gives it as the file holds it; that of 8 bits is right already.
    """
    if not image.mode.startswith("I;16"):
        return
    tags = image.getexif()
    most = 2 ** tags.get(ExifTags.Base.BitsPerSample, 16) - 1
    white_is_zero = tags.get(ExifTags.Base.PhotometricInterpretation) == 0
    if most == _WHITE and not white_is_zero:
        return
    steps = np.asarray(image)
    grey = np.rint(abs(_WHITE * white_is_zero - steps * (_WHITE / most)))
    image.paste(PIL.Image.fromarray(grey.astype(steps.dtype)))


def _frames(image: ImageFile) -> int:
    try:
        return int(getattr(image, "n_frames", 1))
    except DAMAGE:  # of a later page; the first may be whole
        return 1


def _check_pixels(name: str, pixels: int, max_pixels: int) -> None:
    if pixels > max_pixels:
        raise ImageTooLargeError(name, pixels, max_pixels)


@contextmanager
def without_warnings() -> Iterator[None]:
    """Keeps Pillow's warnings off the screen; one thread at a time, since filters are global."""
    with _WARNINGS, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _orientation(image: PIL.Image.Image, name: str) -> int:
    """The EXIF orientation that is left to apply: 1 to 8, and 1 is upright."""
    try:
        with without_warnings():
            return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except DAMAGE:
        _LOG.warning("%s: the EXIF data are damaged and were ignored.", name)
        return 1
