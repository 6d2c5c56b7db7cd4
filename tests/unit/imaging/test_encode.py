"""Tests of p3m.imaging.encode: what each format can hold."""

import io

import numpy as np
import PIL.Image
import pytest

from p3m.core.errors import ConfigError, OutputError, RangeError, ShapeError
from p3m.imaging.encode import encode, format_named
from support.images import noise

ALPHA = np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4)
RGBA = np.dstack((noise(), noise(seed=1)[..., 0]))


@pytest.mark.parametrize(
    ("name", "kind"),
    [("png", "png"), (".PNG", "png"), ("jpg", "jpeg"), (".tif", "tiff"), ("WebP", "webp")],
)
def test_formats_are_named_as_usual(name, kind):
    assert format_named(name) == kind


@pytest.mark.parametrize("name", ["bmp", "", ".xyz"])
def test_an_unknown_format_is_told_with_the_known(name):
    with pytest.raises(ConfigError, match=r"no picture format .* use png, webp, tiff or jpeg"):
        format_named(name)


@pytest.mark.parametrize(
    ("kind", "channels"), [("png", 3), ("png", 4), ("tiff", 3), ("tiff", 4), ("webp", 4)]
)
def test_colours_are_written_exactly(kind, channels):
    pixels = RGBA[..., :channels]
    opened = PIL.Image.open(io.BytesIO(encode(pixels, kind)))
    np.testing.assert_array_equal(np.asarray(opened), pixels)


@pytest.mark.parametrize("kind", ["jpeg", "webp"])
def test_opaque_colours_lose_little(kind):
    pixels = noise(6, 6).repeat(8, axis=0).repeat(8, axis=1)
    opened = np.asarray(PIL.Image.open(io.BytesIO(encode(pixels, kind))))
    assert np.abs(opened.astype(int) - pixels).mean() < 10


def test_a_png_of_colours_says_that_it_is_srgb_and_an_alpha_says_nothing():
    assert PIL.Image.open(io.BytesIO(encode(RGBA, "png"))).info == {"srgb": 0}
    assert PIL.Image.open(io.BytesIO(encode(ALPHA, "png"))).info == {}


@pytest.mark.parametrize("kind", ["png", "webp", "tiff"])
def test_no_metadata_are_written(kind):
    opened = PIL.Image.open(io.BytesIO(encode(RGBA, kind)))
    assert not {"exif", "icc_profile", "xmp"} & set(opened.info)
    assert 0x0112 not in opened.getexif()


@pytest.mark.parametrize(
    ("pixels", "kind", "bits", "words"),
    [
        (ALPHA, "jpeg", 8, "JPEG changes the values of an alpha; use png"),
        (RGBA, "jpeg", 8, "JPEG holds no transparency; use png"),
        (RGBA, "png", 16, "Colours have 8 bits, not 16; only an alpha can have 16"),
        (ALPHA, "webp", 16, "16 in png and tiff; not 16 in webp"),
        (ALPHA, "png", 12, "not 12 in png"),
    ],
)
def test_what_a_format_cannot_hold_is_told(pixels, kind, bits, words):
    with pytest.raises(ConfigError, match=words):
        encode(pixels, kind, bits=bits)


def test_pixels_of_another_type_are_refused():
    with pytest.raises(RangeError, match="pixels are float32; colours are uint8"):
        encode(RGBA.astype(np.float32), "png")
    with pytest.raises(RangeError, match=r"\(H, W\) are uint8; alpha is float"):
        encode(RGBA[..., 0], "png")
    with pytest.raises(RangeError, match="greatest of alpha is 2"):
        encode(ALPHA * 2, "png")


def test_pixels_of_another_shape_are_refused():
    with pytest.raises(ShapeError, match="pixels has shape"):
        encode(RGBA[..., :2], "png")
    with pytest.raises(ShapeError, match="pixels has shape"):
        encode(RGBA[None], "png")


def test_a_picture_that_a_format_is_too_small_for_is_told():
    with pytest.raises(OutputError, match=r"of 16384x1 cannot be written as webp .*choose another"):
        encode(np.zeros((1, 16384, 3), np.uint8), "webp")
