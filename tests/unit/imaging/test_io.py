"""Tests of p3m.imaging.io: sources, targets, and the way there and back."""

import io
import os

import numpy as np
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from p3m.core.errors import (
    ConfigError,
    ImageDecodeError,
    ImageTooLargeError,
    InputError,
    OutputError,
)
from p3m.imaging.io import picture_of, read_alpha, read_image, read_picture, write_picture
from support.images import encoded, noise, portrait

ALPHAS = arrays(
    np.float32, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.floats(0, 1, width=32)
)


def test_a_path_its_name_its_content_and_a_stream_are_one_picture(tmp_path):
    pixels = noise()
    path = tmp_path / "a.png"
    path.write_bytes(encoded(pixels))
    for source in (path, str(path), path.read_bytes(), io.BytesIO(path.read_bytes())):
        np.testing.assert_array_equal(read_image(source), pixels)


def test_a_picture_can_be_written_to_and_goes_on_being_one():
    picture = read_picture(encoded(noise()))
    assert picture.rgb.flags.writeable
    assert picture.rgb.flags.c_contiguous
    assert picture.image is picture.rgb


def test_a_picture_of_many_bands_is_whole():
    pixels = noise(1500, 1000)
    np.testing.assert_array_equal(read_image(encoded(pixels, "BMP")), pixels)


def test_the_image_of_a_transparent_picture_lies_over_white():
    rgba = np.uint8([[[10, 20, 30, 255], [10, 20, 30, 0], [0, 100, 200, 128]]])
    picture = read_picture(encoded(rgba))
    np.testing.assert_array_equal(picture.rgb, rgba[..., :3])
    np.testing.assert_array_equal(picture.image, [[[10, 20, 30], [255] * 3, [127, 177, 227]]])


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"nowhere\.png: no such file; check the name"):
        read_picture(tmp_path / "nowhere.png")


def test_a_folder_is_named(tmp_path):
    with pytest.raises(InputError, match="is a folder; name a picture in it"):
        read_picture(tmp_path)


def test_a_file_below_a_file_cannot_be_read(tmp_path):
    (tmp_path / "a").touch()
    with pytest.raises(InputError, match=r"b.png: cannot be read"):
        read_picture(tmp_path / "a" / "b.png")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_named(tmp_path):
    path = tmp_path / "a.png"
    path.touch(0o000)
    with pytest.raises(
        InputError, match=r"a\.png: cannot be read \(Permission denied\); check its"
    ):
        read_picture(path)


def test_errors_call_a_file_by_its_name_and_stdin_so(tmp_path):
    path = tmp_path / "empty.png"
    path.touch()
    with pytest.raises(ImageDecodeError, match=r"empty\.png: the file is empty"):
        read_picture(path)
    stream = io.BytesIO()
    with pytest.raises(ImageDecodeError, match=r"^<stream>: the file is empty"):
        read_picture(stream)
    stream.name = "<stdin>"
    with pytest.raises(ImageDecodeError, match=r"^<stdin>: the file is empty"):
        read_picture(stream)
    with pytest.raises(ImageDecodeError, match=r"^<bytes>: the file is empty"):
        read_picture(b"")


@pytest.mark.parametrize("read", [read_picture, read_image, read_alpha])
def test_every_reader_keeps_to_the_cap(read):
    with pytest.raises(ImageTooLargeError, match=r"<bytes>: .* over the cap"):
        read(encoded(noise(4, 4)), max_pixels=15)


@pytest.mark.parametrize(
    ("kind", "bits"), [("png", 8), ("png", 16), ("tiff", 8), ("tiff", 16), ("webp", 8)]
)
@given(alpha=ALPHAS)
def test_an_alpha_comes_back_within_half_a_step(alpha, kind, bits):
    file = io.BytesIO()
    write_picture(file, alpha, format=kind, bits=bits)
    back = read_alpha(file.getvalue())
    assert back.dtype == np.float32
    np.testing.assert_allclose(back, alpha, rtol=0, atol=0.5 / (2**bits - 1) + 1e-7)  # float32


def test_an_alpha_is_the_transparency_before_the_grey():
    _, alpha = portrait()
    rgba = np.dstack((noise(*alpha.shape), np.rint(alpha * 255).astype(np.uint8)))
    np.testing.assert_allclose(read_alpha(encoded(rgba)), alpha, atol=0.5 / 255 + 1e-6)


def test_an_alpha_may_be_one_bit_or_equal_channels():
    mask = noise()[..., 0] > 99
    file = io.BytesIO()
    PIL.Image.fromarray(mask).save(file, "PNG")
    np.testing.assert_array_equal(read_alpha(file.getvalue()), mask)
    equal = np.dstack([mask.astype(np.uint8) * 255] * 3)
    np.testing.assert_array_equal(read_alpha(encoded(equal)), mask)


def test_the_16_bit_alpha_of_a_big_endian_file_is_read(rng):
    steps = rng.integers(0, 65536, (5, 6), np.uint16)
    file = io.BytesIO()
    PIL.Image.fromarray(steps.astype(">u2")).save(file, "TIFF")
    np.testing.assert_allclose(read_alpha(file.getvalue()), steps / 65535, atol=1e-6)


def test_colours_are_no_alpha():
    with pytest.raises(ImageDecodeError, match="without transparency holds no alpha; give a grey"):
        read_alpha(encoded(noise()))


@pytest.mark.parametrize("name", ["a.png", "a.webp", "a.tif", "b/c/a.TIFF"])
def test_a_cutout_comes_back_exactly(tmp_path, name):
    rgba = np.dstack((noise(), noise(seed=1)[..., 0]))
    write_picture(tmp_path / name, rgba)
    picture = read_picture(tmp_path / name)
    np.testing.assert_array_equal(picture.rgb, rgba[..., :3])
    np.testing.assert_allclose(picture.alpha, rgba[..., 3] / 255, atol=1e-6)


def test_the_format_goes_before_the_suffix(tmp_path):
    write_picture(str(tmp_path / "a.bin"), noise(), format="jpg")
    assert (tmp_path / "a.bin").read_bytes().startswith(b"\xff\xd8\xff")


def test_a_suffix_that_names_no_format_writes_nothing(tmp_path):
    with pytest.raises(ConfigError, match=r"'.gif' is no picture format"):
        write_picture(tmp_path / "new" / "a.gif", noise())
    assert list(tmp_path.iterdir()) == []


def test_a_stream_needs_a_format():
    with pytest.raises(ConfigError, match="A stream has no suffix to tell the format"):
        write_picture(io.BytesIO(), noise())


def test_a_stream_that_cannot_seek_is_written():
    class Pipe(io.RawIOBase):
        content = b""

        def writable(self):
            return True

        def write(self, content):
            self.content += content
            return len(content)

    pipe = Pipe()
    write_picture(pipe, noise(), format="tiff")
    np.testing.assert_array_equal(read_image(pipe.content), noise())


def test_an_output_that_exists_is_kept(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(b"old")
    with pytest.raises(OutputError, match=r"a\.png: exists already"):
        write_picture(path, noise())
    assert path.read_bytes() == b"old"
    write_picture(path, noise(), overwrite=True)
    np.testing.assert_array_equal(read_image(path), noise())


def test_pixels_that_cannot_be_written_leave_the_old_file(tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(b"old")
    with pytest.raises(ConfigError, match="JPEG holds no transparency"):
        write_picture(path, np.zeros((2, 2, 4), np.uint8), overwrite=True)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_pillow_image_is_what_its_file_is(tmp_path):
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"):
        path = tmp_path / f"{mode.replace(';', '-')}.tif"
        PIL.Image.linear_gradient("L").convert(mode).save(path)
        with PIL.Image.open(path) as opened:
            picture, before = picture_of(opened), opened.tobytes()
            assert opened.tobytes() == before
        expected = read_picture(path)
        np.testing.assert_array_equal(picture.rgb, expected.rgb)
        assert (picture.alpha is None) == (expected.alpha is None)


def test_a_pillow_image_is_left_as_it_is(p3_profile):
    image = PIL.Image.new("RGB", (4, 4), (200, 30, 40))
    image.info["icc_profile"] = p3_profile
    picture = picture_of(image)
    assert image.getpixel((0, 0)) == (200, 30, 40)
    assert tuple(picture.rgb[0, 0]) != (200, 30, 40)
