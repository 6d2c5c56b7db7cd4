"""Every kind of metadata is found in files that hold it, and nothing in those that do not."""

from io import BytesIO

import numpy as np
import PIL.Image
import pytest
from PIL import ExifTags, ImageCms
from PIL.PngImagePlugin import PngInfo
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from p3m.core.errors import ImageDecodeError
from p3m.imaging.metadata import exif_of_date, find_metadata, taken_at

PICTURE = PIL.Image.fromarray(np.arange(768, dtype=np.uint8).reshape(16, 16, 3))


def saved(kind: str = "jpeg", picture: PIL.Image.Image = PICTURE, **options: object) -> bytes:
    file = BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def exif_with(tag: int, value: object, part: ExifTags.IFD | None = None) -> bytes:
    exif = PIL.Image.Exif()
    (exif if part is None else exif.get_ifd(part))[tag] = value
    return exif.tobytes()


def jpeg_with_thumbnail() -> bytes:
    """EXIF data whose second directory points to a small JPEG: Pillow writes none, so by hand."""
    thumbnail = saved(picture=PICTURE.resize((4, 4)))
    entries = [(0x0103, 3, 6), (0x0201, 4, 0), (0x0202, 4, len(thumbnail))]
    offset = 8 + 2 + 4  # an empty first directory
    start = offset + 2 + 12 * len(entries) + 4
    entries[1] = (0x0201, 4, start)
    body = b"MM\0*" + (8).to_bytes(4, "big") + b"\0\0" + offset.to_bytes(4, "big")
    body += len(entries).to_bytes(2, "big")
    for tag, kind, value in entries:
        body += tag.to_bytes(2, "big") + kind.to_bytes(2, "big") + (1).to_bytes(4, "big")
        body += value.to_bytes(4, "big") if kind == 4 else value.to_bytes(2, "big") + b"\0\0"
    return saved(exif=b"Exif\0\0" + body + b"\0\0\0\0" + thumbnail)


PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "tiff", "bmp"])
def test_a_plain_file_holds_none(kind):
    assert find_metadata(saved(kind), "plain") == ()


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "tiff"])
def test_each_format_s_own_ways_are_found(kind):
    exif = exif_with(ExifTags.Base.Model, "Camera 3")
    assert "exif" in find_metadata(saved(kind, exif=exif), "x")
    assert "icc" in find_metadata(saved(kind, icc_profile=PROFILE), "x")


@pytest.mark.parametrize(
    ("exif", "group"),
    [
        (exif_with(ExifTags.Base.Artist, "A. Name"), "exif"),
        (exif_with(ExifTags.Base.DateTime, "2026:01:02 03:04:05"), "date"),
        (exif_with(ExifTags.Base.DateTimeOriginal, "2026", ExifTags.IFD.Exif), "date"),
        (exif_with(ExifTags.GPS.GPSLatitudeRef, "N", ExifTags.IFD.GPSInfo), "gps"),
        (exif_with(ExifTags.Base.MakerNote, b"serial", ExifTags.IFD.Exif), "makernote"),
    ],
)
def test_parts_of_exif_data_are_told_apart(exif, group):
    assert group in find_metadata(saved(exif=exif), "x")


def test_an_orientation_alone_says_nothing_of_anybody():
    assert find_metadata(saved(exif=exif_with(ExifTags.Base.Orientation, 6)), "x") == ()


def test_a_thumbnail_is_found():
    assert "thumbnail" in find_metadata(jpeg_with_thumbnail(), "x")


def test_damaged_exif_data_are_data():
    assert "exif" in find_metadata(saved(exif=b"Exif\0\0MM\0*\xff\xff\xff\xff"), "x")


@pytest.mark.parametrize(
    ("content", "group"),
    [
        (saved(comment=b"taken at home"), "comment"),
        (saved(xmp=b"<x:xmpmeta/>"), "xmp"),
        (saved("webp", xmp=b"<x:xmpmeta/>"), "xmp"),
        (saved() + b"a film follows", "trailer"),
        (saved("png") + b"a file follows", "trailer"),
        (saved("webp", save_all=True, append_images=[PICTURE.rotate(90)]), "pictures"),
        (saved("tiff", save_all=True, append_images=[PICTURE]), "pictures"),
    ],
)
def test_other_groups_are_found(content, group):
    assert group in find_metadata(content, "x")


def test_a_segment_for_the_press_is_found():
    body = b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x04name"
    segment = b"\xff\xed" + (len(body) + 2).to_bytes(2, "big") + body
    content = saved()
    assert "iptc" in find_metadata(content[:2] + segment + content[2:], "x")


def test_chunks_of_text_are_found():
    info = PngInfo()
    info.add_text("Author", "A. Name")
    assert find_metadata(saved("png", pnginfo=info), "x") == ("text",)


def test_tags_of_a_tiff_file_are_found():
    tags = ImageFileDirectory_v2()
    tags[270] = "who it shows"
    assert "exif" in find_metadata(saved("tiff", tiffinfo=tags), "x")


def test_a_date_is_read_and_written_alone():
    content = saved(exif=exif_of_date("2026:01:02 03:04:05"))
    assert find_metadata(content, "x") == ("date",)
    assert taken_at(content, "x") == "2026:01:02 03:04:05"
    assert taken_at(saved(), "x") is None


@pytest.mark.parametrize("text", ["at Anna's, 2 Oak Lane", "2026", ""])
def test_what_stands_for_a_date_and_is_none_is_not_read(text):
    assert taken_at(saved(exif=exif_with(ExifTags.Base.DateTime, text)), "x") is None


def test_a_date_in_damaged_exif_data_is_not_read():
    assert taken_at(saved(exif=b"Exif\0\0MM\0*\xff\xff\xff\xff"), "x") is None


def test_pictures_below_a_picture_of_a_tiff_file_are_found():
    tags = ImageFileDirectory_v2()
    tags[330] = 8
    assert "pictures" in find_metadata(saved("tiff", tiffinfo=tags), "x")


def test_what_is_no_picture_is_refused():
    with pytest.raises(ImageDecodeError, match="notes.txt: not a picture"):
        find_metadata(b"hello, this is text", "notes.txt")
