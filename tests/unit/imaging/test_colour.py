"""Tests of p3m.imaging.colour: every kind of picture, and embedded profiles."""

import io
import logging
import struct
import zlib

import cv2
import numpy as np
import PIL.Image
import pytest
from PIL import ImageCms

from p3m.core.errors import ImageDecodeError
from p3m.imaging.io import read_picture
from support.images import encoded, noise

SRGB_PRIMARIES = np.array(  # columns: red, green, blue; XYZ under D50
    [[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]]
)


def saved(image, kind="PNG", **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def grey_alpha_16(steps):
    """A PNG of 16-bit grey with 16-bit alpha, shape (H, W, 2), which nothing at hand writes."""

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    height, width, _ = steps.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in steps)
    header = struct.pack(">IIBBBBB", width, height, 16, 4, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def srgb_steps(linear):
    """8-bit sRGB of linear light."""
    linear = np.clip(linear, 0, 1)
    curve = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return 255 * curve


def test_grey_becomes_equal_channels():
    grey = noise()[..., 0]
    picture = read_picture(encoded(grey))
    assert picture.alpha is None
    np.testing.assert_array_equal(picture.rgb, np.dstack([grey] * 3))


def test_one_bit_becomes_black_and_white():
    bits = PIL.Image.fromarray(noise()[..., 0]).convert("1")
    np.testing.assert_array_equal(
        read_picture(saved(bits)).rgb[..., 1], np.asarray(bits) * np.uint8(255)
    )


def test_a_palette_gives_its_colours():
    palette = PIL.Image.fromarray(noise()).quantize(16)
    picture = read_picture(saved(palette))
    assert picture.alpha is None
    np.testing.assert_array_equal(picture.rgb, np.asarray(palette.convert("RGB")))


@pytest.mark.parametrize("transparency", [3, bytes([0, 128, 255, 7] + [255] * 12)])
def test_a_palette_gives_its_transparency(transparency):
    palette = PIL.Image.fromarray(noise()).quantize(16)
    picture = read_picture(saved(palette, transparency=transparency))
    opacity = np.full(16, 255)
    if isinstance(transparency, bytes):
        opacity[:] = list(transparency)
    else:
        opacity[transparency] = 0
    np.testing.assert_allclose(picture.alpha, opacity[np.asarray(palette)] / 255, atol=1e-6)
    np.testing.assert_array_equal(picture.rgb, np.asarray(palette.convert("RGB")))


def test_a_transparent_colour_gives_an_alpha():
    pixels = noise()
    pixels[0, 0] = (1, 2, 3)
    picture = read_picture(saved(PIL.Image.fromarray(pixels), transparency=(1, 2, 3)))
    np.testing.assert_array_equal(picture.alpha, ~(pixels == (1, 2, 3)).all(axis=-1))


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_rgba_keeps_straight_colours_and_alpha_apart(kind):
    rgba = np.dstack((noise(), noise(seed=1)[..., 0]))
    options = {"lossless": True, "exact": True} if kind == "WEBP" else {}
    picture = read_picture(encoded(rgba, kind, **options))
    np.testing.assert_array_equal(picture.rgb, rgba[..., :3])
    np.testing.assert_allclose(picture.alpha, rgba[..., 3] / 255, atol=1e-6)


def test_grey_with_alpha_keeps_both():
    grey, alpha = noise()[..., 0], noise()[..., 1]
    content = saved(PIL.Image.fromarray(np.dstack((grey, alpha))))
    picture = read_picture(content)
    np.testing.assert_array_equal(picture.rgb, np.dstack([grey] * 3))
    np.testing.assert_allclose(picture.alpha, alpha / 255, atol=1e-6)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_16_bit_grey_is_rounded(kind, rng):
    steps = rng.integers(0, 65536, (9, 7), np.uint16)
    picture = read_picture(encoded(steps, kind))
    assert np.abs(picture.rgb - steps[..., None] / 257).max() <= 0.5


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("suffix", [".png", ".tiff"])
def test_16_bit_colours_keep_their_order_and_their_high_byte(suffix, channels, rng):
    steps = rng.integers(0, 65536, (9, 7, channels), np.uint16)
    order = [2, 1, 0, 3][:channels]  # OpenCV writes blue, green, red
    content = cv2.imencode(suffix, steps[..., order])[1].tobytes()
    picture = read_picture(content)
    assert np.abs(picture.rgb - steps[..., :3] / 257).max() < 1
    if channels == 4:
        assert np.abs(picture.alpha - steps[..., 3] / 65535).max() < 1 / 255


def test_16_bit_grey_with_alpha_is_read(rng):
    steps = rng.integers(0, 65536, (9, 7, 2), np.uint16)
    picture = read_picture(grey_alpha_16(steps))
    assert np.abs(picture.rgb - steps[..., :1] / 257).max() < 1
    assert np.abs(picture.alpha - steps[..., 1] / 65535).max() < 1 / 255


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_without_a_profile_is_plain_inks(kind):
    inks = np.zeros((16, 16, 4), np.uint8)
    inks[..., 0] = 255
    options = {"quality": 100} if kind == "JPEG" else {}
    content = saved(PIL.Image.fromarray(inks, "CMYK"), kind, **options)
    assert np.abs(read_picture(content).rgb.astype(int) - (0, 255, 255)).max() <= 3  # JPEG


@pytest.mark.parametrize("dtype", [np.float32, np.int32])
def test_numbers_without_a_stated_range_are_refused(dtype):
    content = encoded(np.ones((4, 4), dtype), "TIFF")
    with pytest.raises(
        ImageDecodeError, match=r"^<bytes>: pictures of mode '[FI]' are not read; save"
    ):
        read_picture(content)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "JPEG", "WEBP"])
def test_a_wide_profile_is_converted_to_srgb(kind, p3_profile, p3_primaries):
    colours = np.uint8([[200, 60, 60], [60, 180, 60], [90, 90, 210], [128, 128, 128]])
    pixels = colours[None].repeat(16, axis=1).repeat(16, axis=0)
    options = {"JPEG": {"quality": 100, "subsampling": 0}, "WEBP": {"lossless": True}}
    content = encoded(pixels, kind, icc_profile=p3_profile, **options.get(kind, {}))
    light = p3_primaries @ (pixels[0, ::16] / 255.0).T ** 2.2
    expected = srgb_steps(np.linalg.solve(SRGB_PRIMARIES, light)).T
    read = read_picture(content).rgb[8, 8::16]
    assert np.abs(read - expected).max() < 3  # rounding of profile and pixels, and JPEG
    assert np.abs(colours - expected).max() > 15  # so the test would see a missing conversion


def test_a_profile_leaves_the_alpha_alone(p3_profile):
    rgba = np.dstack((noise(), noise(seed=1)[..., 0]))
    picture = read_picture(encoded(rgba, icc_profile=p3_profile))
    np.testing.assert_allclose(picture.alpha, rgba[..., 3] / 255, atol=1e-6)
    opaque = read_picture(encoded(rgba[..., :3].copy(), icc_profile=p3_profile))
    np.testing.assert_array_equal(picture.rgb, opaque.rgb)


def test_a_grey_profile_is_converted(linear_grey_profile):
    grey = np.uint8([[0, 32, 128, 255]])
    picture = read_picture(encoded(grey, icc_profile=linear_grey_profile))
    assert np.abs(picture.rgb[..., 0] - srgb_steps(grey / 255.0)).max() < 2  # rounding, twice


def test_a_colour_profile_on_grey_is_converted(p3_profile):
    grey = np.uint8([[0, 20, 128, 255]])
    picture = read_picture(encoded(grey, icc_profile=p3_profile))
    assert np.abs(picture.rgb[..., 1] - srgb_steps((grey / 255.0) ** 2.2)).max() < 2


def test_a_cmyk_profile_is_converted(grey_inks_profile):
    inks = np.zeros((8, 8, 4), np.uint8)
    inks[..., 0] = 255
    content = saved(PIL.Image.fromarray(inks, "CMYK"), "TIFF", icc_profile=grey_inks_profile)
    lightness = ((100 * 2 / 3 + 16) / 116) ** 3
    assert np.abs(read_picture(content).rgb - srgb_steps(lightness)).max() < 3


def test_an_srgb_profile_changes_nothing():
    pixels = noise()
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    np.testing.assert_array_equal(read_picture(encoded(pixels, icc_profile=profile)).rgb, pixels)


@pytest.mark.parametrize("kind", ["noise", "cut", "of another kind of picture"])
def test_a_profile_that_cannot_be_used_is_logged_and_ignored(
    kind, tmp_path, caplog, p3_profile, linear_grey_profile
):
    profile = {"noise": b"\x01" * 300, "cut": p3_profile[:200]}.get(kind, linear_grey_profile)
    pixels = noise()
    path = tmp_path / "portrait.png"
    path.write_bytes(encoded(pixels, icc_profile=profile))
    with caplog.at_level(logging.WARNING):
        np.testing.assert_array_equal(read_picture(path).rgb, pixels)
    assert [record.getMessage() for record in caplog.records] == [
        f"{path}: the embedded colour profile cannot be used and was ignored."
    ]


def test_a_linear_profile_that_calls_itself_srgb_is_applied():
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    (count,) = struct.unpack(">I", profile[128:132])
    for entry in range(count):
        tag, offset, _ = struct.unpack(">4sII", profile[132 + 12 * entry : 144 + 12 * entry])
        if tag in {b"rTRC", b"gTRC", b"bTRC"}:
            profile[offset : offset + 12] = b"curv" + bytes(8)  # a curve of no points is linear
    pixels = noise()
    read = read_picture(encoded(pixels, icc_profile=bytes(profile))).rgb
    assert np.abs(read - srgb_steps(pixels / 255.0)).max() < 2
