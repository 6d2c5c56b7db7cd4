"""Pictures that go back into a file of their own kind, changed in some pixels only."""

from dataclasses import dataclass
from io import BytesIO
from typing import Any, Literal

import numpy as np
import PIL.Image
from numpy.typing import NDArray
from PIL import JpegImagePlugin

from p3m.core.checks import check_same_shape
from p3m.core.errors import OutputError
from p3m.imaging.colour import separate, to_srgb
from p3m.imaging.decode import DAMAGE, decode, open_header
from p3m.imaging.encode import Format, save_options
from p3m.imaging.io import MAX_PIXELS, rgb_array
from p3m.imaging.metadata import exif_of_date, find_metadata, taken_at
from p3m.imaging.types import Image

Kept = Literal["icc", "date"]
"""Groups of metadata that can be kept."""

_KINDS: dict[str, Format] = {
    "JPEG": "jpeg",
    "MPO": "jpeg",
    "PNG": "png",
    "WEBP": "webp",
    "TIFF": "tiff",
}

_MOST_COMPONENTS = 3  # CMYK becomes RGB


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class NativePicture:
    """A picture with what is needed to write it as it was.

    Attributes:
        image: RGB, upright, shape (H, W, 3).
        opacity: The file's own, ``uint8``, shape (H, W); ``None`` where it has none.
        kind: The format it is written in: its own, or PNG where p3m does not write that.
        grey: Whether the file holds no colours.
        metadata: The groups found; see :func:`~p3m.imaging.metadata.find_metadata`.
        profile: The colour profile that ``image`` is meant in; ``None`` for sRGB.
        date: When it was taken, if that is to be kept.
        compression: How a JPEG file was compressed, for Pillow: its tables and its sampling.
        pictures: How many pages or frames the file holds; ``image`` is the first.
    """

    image: Image
    opacity: NDArray[np.uint8] | None
    kind: Format
    grey: bool
    metadata: tuple[str, ...]
    profile: bytes | None
    date: str | None
    compression: dict[str, Any]
    pictures: int


def read_native(
    content: bytes,
    name: str,
    *,
    keep: frozenset[Kept] = frozenset(),
    max_pixels: int = MAX_PIXELS,
) -> NativePicture:
    """A picture file, upright, ready to be written again.

    Pixels stay as they are, but for three cases: 16 bits a channel become 8, CMYK becomes RGB, and
    where a colour profile is not kept the colours are brought to sRGB, so that they look the same.

    Args:
        content: The file.
        name: What errors call it.
        keep: Groups of metadata to write again.
        max_pixels: Greater pictures are refused before they are decoded.

    Raises:
        ImageDecodeError: If it is no picture or damaged.
        ImageTooLargeError: If it has more than ``max_pixels`` pixels.
        MissingExtraError: If it is a HEIC file and the extra ``heif`` is not installed.
    """
    header = open_header(BytesIO(content), name)
    decoded = decode(BytesIO(content), name, max_pixels)
    profile = decoded.info.get("icc_profile")
    colours, opacity = separate(decoded, name)
    keeps_profile = profile is not None and "icc" in keep and colours.mode in {"L", "RGB"}
    image = rgb_array(to_srgb(colours.copy(), None if keeps_profile else profile, name))
    return NativePicture(
        image=image,
        opacity=None if opacity is None else np.array(opacity),
        kind=_KINDS.get(str(header.format), "png"),
        grey=colours.mode == "L",
        metadata=find_metadata(content, name),
        profile=profile if keeps_profile else None,
        date=taken_at(content, name) if "date" in keep else None,
        compression=_compression(header),
        pictures=getattr(header, "n_frames", 1),
    )


def encode_native(picture: NativePicture, image: Image) -> bytes:
    """The file of a picture with other pixels; nothing is in it but them and what is to be kept.

    A JPEG file is compressed by its own tables again, so that pixels which did not change lose next
    to nothing; WebP is lossless.

    Args:
        picture: What was read.
        image: The pixels to write, shape (H, W, 3), as ``picture.image``.

    Raises:
        ShapeError: If the pixels are not of the picture's size.
        OutputError: If the format cannot hold them.
    """
    check_same_shape(picture=picture.image, image=image)
    pixels = image if picture.opacity is None else np.dstack([image, picture.opacity])
    written = PIL.Image.fromarray(pixels)
    if picture.grey:
        written = written.convert("L" if picture.opacity is None else "LA")
    options = _options(picture, written.mode)
    file = BytesIO()
    try:
        written.save(file, picture.kind, **options)
    except DAMAGE as error:
        raise OutputError(
            f"The picture cannot be written as {picture.kind} ({error}); convert it to PNG first."
        ) from error
    return file.getvalue()


def _options(picture: NativePicture, mode: str) -> dict[str, Any]:
    if picture.kind == "jpeg":
        options = dict(picture.compression)
    elif picture.kind == "webp":
        options = {"lossless": True, "exact": True}
    else:
        options = save_options(mode, picture.kind)
    if picture.profile is not None:
        options.pop("pnginfo", None)  # it says sRGB
        options["icc_profile"] = picture.profile
    if picture.date is not None:
        options["exif"] = exif_of_date(picture.date)
    return options


def _compression(header: Any) -> dict[str, Any]:
    """What Pillow needs to compress a JPEG file as it was."""
    if not isinstance(header, JpegImagePlugin.JpegImageFile):
        return {"quality": 95, "subsampling": 0}
    sampling = JpegImagePlugin.get_sampling(header)
    return {"qtables": _tables(header), "subsampling": max(sampling, 0)}


def _tables(header: JpegImagePlugin.JpegImageFile) -> list[list[int]]:
    """The quantization tables of a file's components in their order, as Pillow takes them.

    A file numbers its tables as it likes; the components after the last table share it.
    """
    tables = [header.quantization[number] for *_, number in header.layer[:_MOST_COMPONENTS]]
    while len(tables) > 1 and tables[-1] == tables[-2]:
        tables.pop()
    return tables
