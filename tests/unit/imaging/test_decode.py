"""Tests of p3m.imaging.decode: formats, orientation, the pixel cap, damaged files."""

import contextlib
import io
import logging
import struct
import sys
import warnings

import numpy as np
import PIL.Image
import pytest

from p3m.core.errors import ImageDecodeError, ImageTooLargeError, MissingExtraError
from p3m.imaging.decode import decode
from p3m.imaging.io import read_alpha
from support.images import encoded, noise

FORMATS = ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "AVIF"]

UPRIGHT = {  # what EXIF says about row 0 and column 0 of the stored pixels, as array operations
    1: lambda stored: stored,
    2: lambda stored: stored[:, ::-1],
    3: lambda stored: stored[::-1, ::-1],
    4: lambda stored: stored[::-1],
    5: lambda stored: stored.swapaxes(0, 1),
    6: lambda stored: np.rot90(stored, -1),
    7: lambda stored: stored[::-1, ::-1].swapaxes(0, 1),
    8: np.rot90,
}


def blocks(height=6, width=4, seed=0):
    """Random flat squares of 8 pixels, which survive lossy formats."""
    return noise(height, width, seed=seed).repeat(8, axis=0).repeat(8, axis=1)


def heic(pixels, **options):
    pillow_heif = pytest.importorskip("pillow_heif")
    if not pillow_heif.libheif_info()["encoders"]:
        pytest.skip("this pillow_heif has no encoder")
    file = io.BytesIO()
    pillow_heif.from_pillow(PIL.Image.fromarray(pixels)).save(file, quality=95, **options)
    return file.getvalue()


def read(content, max_pixels=10**8):
    return np.asarray(decode(io.BytesIO(content), "a picture", max_pixels).convert("RGB"))


def exif(orientation):
    tags = PIL.Image.Exif()
    tags[0x0112] = orientation
    return tags


@pytest.mark.parametrize("kind", FORMATS)
def test_each_format_is_known_by_its_content(kind):
    pixels = blocks()
    lossy = kind in ("JPEG", "WEBP", "AVIF")
    difference = np.abs(read(encoded(pixels, kind)).astype(int) - pixels)
    assert difference.mean() < (15 if lossy else 1e-9)  # chroma is halved at the squares' borders


def test_heic_is_read_with_the_extra():
    pixels = blocks()
    assert np.abs(read(heic(pixels)).astype(int) - pixels).mean() < 15


def test_heic_without_the_extra_names_it(monkeypatch):
    content = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(MissingExtraError, match=r'HEIC needs .*pip install "p3m\[heif\]"'):
        read(content)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {"quality": 100, "subsampling": 0}),
        ("PNG", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("WEBP", {"lossless": True}),
        ("AVIF", {"quality": 100, "subsampling": "4:4:4"}),
    ],
)
def test_each_orientation_is_turned_upright(kind, options, orientation):
    stored = blocks()
    upright = UPRIGHT[orientation](stored)
    turned = read(encoded(stored, kind, exif=exif(orientation), **options))
    assert turned.shape == upright.shape
    assert np.abs(turned.astype(int) - upright).max() <= 6  # of 255: what lossy formats change


@pytest.mark.parametrize("orientation", range(1, 9))
def test_each_orientation_of_a_heic_is_turned_upright(orientation):
    stored = blocks()
    upright = UPRIGHT[orientation](stored)
    turned = read(heic(stored, exif=exif(orientation).tobytes()))
    assert turned.shape == upright.shape
    assert np.abs(turned.astype(int) - upright).mean() < 15


def test_an_orientation_out_of_range_is_upright():
    pixels = noise()
    np.testing.assert_array_equal(read(encoded(pixels, exif=exif(9))), pixels)


def grey_tiff(steps, bits, *, white_is_zero):
    """A TIFF file of one strip; steps of 16 bits, or of 12 that share bytes in pairs."""
    packed = steps.astype("<u2").tobytes()
    if bits == 12:
        first, second = steps.reshape(-1, 2).T
        shared = (first & 15) << 4 | second >> 8
        packed = np.column_stack([first >> 4, shared, second & 255]).astype(np.uint8).tobytes()
    height, width = steps.shape
    tags = {256: width, 257: height, 258: bits, 259: 1, 262: 0 if white_is_zero else 1}
    tags |= {273: 8, 277: 1, 278: height, 279: len(packed)}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    directory = struct.pack("<H", len(tags)) + entries + bytes(4)
    return b"II*\0" + struct.pack("<I", 8 + len(packed)) + packed + directory


@pytest.mark.parametrize(("bits", "white_is_zero"), [(16, False), (16, True), (12, False)])
def test_grey_of_many_bits_goes_from_black_to_white(bits, white_is_zero, rng):
    most = 2**bits - 1
    steps = rng.integers(0, most, (4, 6), np.uint16, endpoint=True)
    steps[0, :2] = 0, most
    alpha = read_alpha(grey_tiff(steps, bits, white_is_zero=white_is_zero))
    np.testing.assert_allclose(alpha, abs(white_is_zero - steps / most), atol=1e-5)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])  # in a JPEG, Pillow itself passes over them
@pytest.mark.parametrize("exif", [b"Exif\0\0no TIFF file", b"Exif\0\0MM\0*"])
def test_damaged_exif_is_logged_and_ignored(kind, exif, caplog):
    pixels = blocks()
    with caplog.at_level(logging.WARNING):
        assert read(encoded(pixels, kind, exif=exif)).shape == pixels.shape
    assert [record.getMessage() for record in caplog.records] == [
        "a picture: the EXIF data are damaged and were ignored."
    ]


@pytest.mark.parametrize("kind", ["TIFF", "WEBP", "PNG", "AVIF"])
def test_of_many_frames_the_first_is_read(kind):
    first, second = blocks(), blocks(seed=1)
    options = {} if kind in ("TIFF", "PNG") else {"quality": 100}
    content = encoded(
        first, kind, save_all=True, append_images=[PIL.Image.fromarray(second)], **options
    )
    frame = read(content).astype(int)
    assert np.abs(frame - first).mean() < 15 < np.abs(frame - second).mean()


@pytest.mark.parametrize("kind", FORMATS)
def test_the_cap_is_on_pixels(kind):
    content = encoded(noise(20, 30), kind)
    assert read(content, max_pixels=600).shape == (20, 30, 3)
    with pytest.raises(
        ImageTooLargeError, match=r"a picture: 0\.0 megapixels are over the cap"
    ) as caught:
        read(content, max_pixels=599)
    assert (caught.value.pixels, caught.value.max_pixels) == (600, 599)


def test_the_cap_is_checked_before_decoding():
    content = encoded(noise(20, 30))
    header = content[: content.index(b"IDAT")]  # no pixel to decode
    with pytest.raises(ImageTooLargeError, match="over the cap"):
        read(header + b"IDAT", max_pixels=599)


@pytest.mark.parametrize("kind", FORMATS)
def test_pillows_own_limit_neither_warns_nor_counts(kind, monkeypatch):
    monkeypatch.setattr(PIL.Image, "MAX_IMAGE_PIXELS", 400)
    content = encoded(noise(20, 30), kind)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read(content, max_pixels=600).shape == (20, 30, 3)
    assert PIL.Image.MAX_IMAGE_PIXELS == 400


@pytest.mark.parametrize("kind", ["TIFF", "WEBP"])
def test_what_pillow_cannot_be_asked_to_read_is_an_error_of_ours(kind, monkeypatch):
    monkeypatch.setattr(PIL.Image, "MAX_IMAGE_PIXELS", 100)
    content = encoded(noise(20, 30), kind)
    with pytest.raises(ImageDecodeError, match=r"more than can be read from a .* file; convert it"):
        read(content, max_pixels=600)
    with pytest.raises(ImageTooLargeError, match="over the cap"):
        read(content, max_pixels=599)


def test_an_empty_file_is_told():
    with pytest.raises(ImageDecodeError, match=r"^a picture: the file is empty \(0 bytes\); get a"):
        read(b"")


@pytest.mark.parametrize("content", [b"\0", b"Not a picture.", b"%PDF-1.7", b"GIF89a", b"\xff\xd8"])
def test_what_is_no_picture_is_told(content):
    with pytest.raises(
        ImageDecodeError, match=r"^a picture: not a picture that p3m reads; convert"
    ):
        read(content)


@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
@pytest.mark.parametrize("kind", FORMATS)
def test_a_truncated_file_is_an_error_and_never_half_a_picture(kind, share):
    content = encoded(noise(64, 64), kind)
    with pytest.raises(
        ImageDecodeError, match=r"^a picture: the .* file is damaged, cut short"
    ) as caught:
        read(content[: int(len(content) * share)])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_heic_is_an_error(share):
    content = heic(noise(64, 64))
    with pytest.raises(ImageDecodeError, match="the HEIC file is damaged, cut short"):
        read(content[: int(len(content) * share)])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "BMP"])
def test_a_damaged_file_gives_a_picture_or_our_error_and_no_warning(kind, rng):
    content = encoded(blocks(), kind)
    for _ in range(60):
        damaged = bytearray(content)
        for place in rng.integers(0, min(len(content), 300), 3):
            damaged[place] = rng.integers(256)
        with contextlib.suppress(ImageDecodeError, ImageTooLargeError):
            read(bytes(damaged))


def test_a_stream_that_cannot_seek_is_read():
    class Pipe(io.BytesIO):
        def seekable(self):
            return False

        def seek(self, *_):
            raise OSError("a pipe cannot seek")

    pixels = noise()
    read_pixels = np.asarray(decode(Pipe(encoded(pixels)), "a picture", 10**8))
    np.testing.assert_array_equal(read_pixels, pixels)
