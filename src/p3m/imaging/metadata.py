"""What a picture file says beside its pixels: places, dates, names, thumbnails."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from io import BytesIO
from typing import Any

import PIL.Image
from PIL import ExifTags, TiffImagePlugin

from p3m.imaging.containers import bmp_groups, jpeg_groups, png_groups, webp_groups
from p3m.imaging.decode import DAMAGE, open_header, without_warnings

_HARMLESS_TAGS = frozenset(
    {
        256, 257, 258, 259, 262, 266, 273, 274, 277, 278, 279, 282, 283, 284, 296, 317, 320, 322,
        323, 324, 325, 338, 339, 347, 529, 530, 531, 532, 34675,
    }
)  # fmt: skip
"""TIFF tags that say how the pixels are stored; the profile (34675) is a group of its own."""

_DATES = frozenset(
    {ExifTags.Base.DateTime, ExifTags.Base.DateTimeOriginal, ExifTags.Base.DateTimeDigitized}
)
_POINTERS = frozenset(int(part) for part in ExifTags.IFD)

_TIFF_GROUPS = {
    330: "pictures", 700: "xmp", 33723: "iptc", 34377: "photoshop", 34665: "exif", 34853: "gps",
}  # fmt: skip

_INFO_GROUPS = {
    "icc_profile": "icc",
    "xmp": "xmp",
    "XML:com.adobe.xmp": "xmp",
    "photoshop": "photoshop",
    "comment": "comment",
    "thumbnails": "thumbnail",
    "depth_images": "pictures",
    "aux": "pictures",
}

_WALKERS = {
    "BMP": bmp_groups,
    "JPEG": jpeg_groups,
    "MPO": jpeg_groups,
    "PNG": png_groups,
    "WEBP": webp_groups,
}
"""What looks through the parts of a file that Pillow passes over."""

_DATE = re.compile(r"\d{4}:\d\d:\d\d \d\d:\d\d:\d\d")


def find_metadata(content: bytes, name: str) -> tuple[str, ...]:
    """The groups of metadata that a picture file holds, sorted.

    ==============  ===========================================================================
    ``icc``         a colour profile
    ``exif``        camera, lens, settings, software, names
    ``date``        when it was taken or changed
    ``gps``         where it was taken
    ``thumbnail``   a small copy of the picture, which shows what the large one may hide
    ``makernote``   what the camera's maker adds, serial numbers among it
    ``xmp``         Adobe's packet: history, names, places
    ``iptc``        captions and names for the press; ``photoshop`` holds it in JPEG
    ``comment``     free text
    ``text``        text chunks of a PNG file
    ``pictures``    further pictures in the same file: frames, depth maps, films
    ``trailer``     bytes after the picture's end
    ``other``       parts of the file that p3m does not know, such as signed histories
    ==============  ===========================================================================

    Args:
        content: The file.
        name: What errors call it.

    Raises:
        ImageDecodeError: If it is no picture.
        MissingExtraError: If it is a HEIC file and the extra ``heif`` is not installed.
    """
    image = open_header(BytesIO(content), name)
    groups = {group for key, group in _INFO_GROUPS.items() if image.info.get(key)}
    groups.update(_exif_groups(image))
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        groups.update(_tiff_groups(image))
    if image.format in _WALKERS:
        groups.update(_WALKERS[image.format](content))
    if getattr(image, "n_frames", 1) > 1:
        groups.add("pictures")
    return tuple(sorted(groups))


def taken_at(content: bytes, name: str) -> str | None:
    """When a picture was taken, as its EXIF data say: ``"2026:11:21 07:30:00"``.

    ``None`` where they say nothing, or anything but a date: the place holds any text.
    """
    parts = _exif_parts(open_header(BytesIO(content), name))
    original = parts[ExifTags.IFD.Exif].get(ExifTags.Base.DateTimeOriginal)
    date = str(original or parts[None].get(ExifTags.Base.DateTime))
    return date if _DATE.fullmatch(date) else None


def exif_of_date(date: str) -> bytes:
    """EXIF data that hold a date and nothing else."""
    exif = PIL.Image.Exif()
    exif[ExifTags.Base.DateTime] = date
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = date
    return exif.tobytes()


def _exif_groups(image: PIL.Image.Image) -> Iterator[str]:
    parts = _exif_parts(image)
    tags = {*parts[None], *parts[ExifTags.IFD.Exif]}
    if image.info.get("exif") and not tags:
        yield "exif"  # damaged, and data all the same
    if tags & _DATES:
        yield "date"
    if tags - _DATES - _POINTERS - _HARMLESS_TAGS:
        yield "exif"
    if parts[ExifTags.IFD.GPSInfo]:
        yield "gps"
    if parts[ExifTags.IFD.IFD1]:
        yield "thumbnail"
    if ExifTags.Base.MakerNote in tags:
        yield "makernote"


def _exif_parts(image: PIL.Image.Image) -> dict[ExifTags.IFD | None, Mapping[int, Any]]:
    """The main directory of the EXIF data (None) and those below it, as far as they can be read."""
    below = (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo, ExifTags.IFD.IFD1)
    parts: dict[ExifTags.IFD | None, Mapping[int, Any]] = {key: {} for key in (None, *below)}
    with without_warnings(), suppress(*DAMAGE):
        exif = image.getexif()
        parts[None] = dict(exif)
        for part in below:
            parts[part] = exif.get_ifd(part)
    return parts


def _tiff_groups(image: TiffImagePlugin.TiffImageFile) -> Iterator[str]:
    for tag in image.tag_v2:
        if tag not in _HARMLESS_TAGS and tag != ExifTags.Base.DateTime:
            yield _TIFF_GROUPS.get(tag, "exif")
