"""Parts of picture files that Pillow passes over are found wherever they stand."""

import struct
import zlib
from io import BytesIO

import numpy as np
import PIL.Image
import pytest

from p3m.imaging.containers import bmp_groups, jpeg_groups, png_groups, webp_groups

PICTURE = PIL.Image.fromarray(np.arange(3072, dtype=np.uint8).reshape(32, 32, 3))


def saved(kind, **options):
    file = BytesIO()
    PICTURE.save(file, kind, **options)
    return file.getvalue()


def segment(marker, body):
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


@pytest.mark.parametrize(
    ("walk", "kind", "options"),
    [
        (jpeg_groups, "jpeg", {}),
        (jpeg_groups, "jpeg", {"progressive": True, "quality": 100}),
        (jpeg_groups, "jpeg", {"restart_marker_blocks": 1}),
        (png_groups, "png", {}),
        (webp_groups, "webp", {"lossless": True}),
        (webp_groups, "webp", {}),
        (bmp_groups, "bmp", {}),
    ],
)
def test_a_plain_file_has_nothing_beside_its_pixels(walk, kind, options):
    assert set(walk(saved(kind, **options))) == set()


@pytest.mark.parametrize(
    ("marker", "body", "groups"),
    [
        (0xE0, b"JFXX\0\x10" + b"\xff\xd8\xff\xd9", {"thumbnail"}),
        (0xE0, b"JFIF\0\x01\x02\0\0\x01\0\x01\x01\x01abc", {"thumbnail"}),
        (0xE1, b"Exif\0\0MM\0*" + b"\xff\xd8\xff\xdb", {"thumbnail"}),
        (0xE1, b"http://ns.adobe.com/xmp/extension/\0" + b"a" * 40, {"xmp"}),
        (0xE1, b"QVCI\0", {"makernote"}),
        (0xE2, b"FPXR\0", {"makernote"}),
        (0xE2, b"ICC_PROFILE\0\x01\x01", {"icc"}),
        (0xEB, b"JP\0\0jumb", {"makernote"}),
        (0xED, b"Photoshop 3.0\x008BIM\x04\x04", {"photoshop", "iptc"}),
        (0xEE, b"Adobe\0d\0\0\0\0\0", set()),
        (0xFE, b"taken at home", {"comment"}),
    ],
)
def test_segments_of_jpeg_files(marker, body, groups):
    content = saved("jpeg")
    assert set(jpeg_groups(content[:2] + segment(marker, body) + content[2:])) == groups


def test_a_segment_between_two_scans_is_found():
    content = saved("jpeg", progressive=True)
    second = content.rfind(b"\xff\xda")
    hidden = content[:second] + segment(0xFE, b"a name") + content[second:]
    assert set(jpeg_groups(hidden)) == {"comment"}
    assert PIL.Image.open(BytesIO(hidden)).convert("RGB").size == (32, 32)


@pytest.mark.parametrize(
    ("kind", "group"),
    [(b"caBX", "other"), (b"prVt", "other"), (b"tEXt", "text"), (b"fdAT", "pictures")],
)
def test_chunks_of_png_files_after_the_pixels_too(kind, group):
    content = saved("png")
    assert set(png_groups(content[:-12] + chunk(kind, b"name\0x") + content[-12:])) == {group}


def test_chunks_of_webp_files_and_what_follows_them():
    content = saved("webp")
    body = content[12:] + b"NAME" + struct.pack("<I", 4) + b"Anna"
    assert set(webp_groups(b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body)) == {
        "other"
    }
    assert set(webp_groups(content + b"a film")) == {"trailer"}


def test_what_follows_the_pixels_of_a_bmp_file():
    assert set(bmp_groups(saved("bmp") + b"a profile")) == {"trailer"}
