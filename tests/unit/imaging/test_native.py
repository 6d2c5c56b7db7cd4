"""Pictures written again as they were, but for what was changed and what is not kept."""

from dataclasses import replace
from io import BytesIO

import numpy as np
import PIL.Image
import pytest
from PIL import ExifTags, ImageCms, JpegImagePlugin

from p3m.core.errors import ImageDecodeError, OutputError, ShapeError
from p3m.imaging.io import read_picture
from p3m.imaging.metadata import find_metadata
from p3m.imaging.native import encode_native, read_native
from support.images import noise

PIXELS = noise(24, 40, seed=3)
OPACITY = np.arange(24 * 40, dtype=np.uint8).reshape(24, 40)


def read(path, **options):
    return read_native(path.read_bytes(), path.name, **options)


def again(path, **options):
    """The file written anew without any change, as a Pillow picture."""
    picture = read(path, **options)
    return PIL.Image.open(BytesIO(encode_native(picture, picture.image)))


@pytest.mark.parametrize("kind", ["png", "tiff", "webp"])
@pytest.mark.parametrize(
    "picture",
    [
        PIL.Image.fromarray(PIXELS),
        PIL.Image.fromarray(PIXELS[..., 0]),
        PIL.Image.fromarray(np.dstack([PIXELS, OPACITY])),
        PIL.Image.fromarray(np.dstack([PIXELS[..., 0], OPACITY]), "LA"),
    ],
    ids=["rgb", "grey", "rgba", "grey with opacity"],
)
def test_a_lossless_file_keeps_every_pixel(tmp_path, kind, picture):
    path = tmp_path / f"a.{kind}"
    picture.save(path, kind, **({"lossless": True, "exact": True} if kind == "webp" else {}))
    stored, written = PIL.Image.open(path), again(path)
    assert written.format == stored.format
    assert written.mode == stored.mode
    np.testing.assert_array_equal(np.asarray(written), np.asarray(stored))


@pytest.mark.parametrize("subsampling", [0, 2])
def test_a_jpeg_file_keeps_its_compression(tmp_path, subsampling):
    path = tmp_path / "a.jpg"
    smooth = PIL.Image.fromarray(noise(2, 3, seed=1)).resize((64, 48), PIL.Image.Resampling.BICUBIC)
    smooth.save(path, quality=71, subsampling=subsampling)
    stored, written = PIL.Image.open(path), again(path)
    assert written.quantization == stored.quantization
    difference = np.abs(np.asarray(stored, np.int16) - np.asarray(written, np.int16))
    assert difference.mean() < 0.5
    assert JpegImagePlugin.get_sampling(written) == JpegImagePlugin.get_sampling(stored)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_jpeg_file_may_number_its_tables_as_it_likes(tmp_path, number):
    path = tmp_path / "a.jpg"
    PIL.Image.fromarray(PIXELS[..., 0]).save(path, quality=71)
    content = bytearray(path.read_bytes())
    content[content.find(b"\xff\xdb") + 4] = number
    content[content.find(b"\xff\xc0") + 12] = number
    path.write_bytes(content)
    stored, written = PIL.Image.open(BytesIO(content)), again(path)
    assert written.quantization == {0: stored.quantization[number]}


def test_tables_go_with_the_components_that_use_them(tmp_path):
    path = tmp_path / "a.jpg"
    PIL.Image.fromarray(PIXELS).save(path, quality=71)
    content = bytearray(path.read_bytes())
    frame = content.find(b"\xff\xc0")
    content[frame + 12], content[frame + 15], content[frame + 18] = 1, 0, 0
    path.write_bytes(content)
    stored, written = PIL.Image.open(BytesIO(content)), again(path)
    assert written.quantization == {0: stored.quantization[1], 1: stored.quantization[0]}


def test_what_cannot_be_written_is_told(tmp_path):
    path = tmp_path / "a.jpg"
    PIL.Image.fromarray(PIXELS).save(path)
    picture = replace(read(path), compression={"qtables": [[1]]})
    with pytest.raises(OutputError, match="cannot be written as jpeg"):
        encode_native(picture, picture.image)


@pytest.mark.parametrize("kind", ["tiff", "png", "webp"])
def test_pages_and_frames_are_counted(tmp_path, kind):
    path = tmp_path / f"a.{kind}"
    first, *others = (PIL.Image.fromarray(noise(8, 8, seed=seed)) for seed in range(3))
    first.save(path)
    assert read(path).pictures == 1
    first.save(path, save_all=True, append_images=others)
    assert read(path).pictures == 3


def test_a_turned_picture_is_written_upright(tmp_path):
    path = tmp_path / "a.png"
    exif = PIL.Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    PIL.Image.fromarray(PIXELS).save(path, exif=exif)
    written = again(path)
    np.testing.assert_array_equal(np.asarray(written), np.rot90(PIXELS, -1))
    assert written.getexif().get(ExifTags.Base.Orientation, 1) == 1


def test_nothing_is_kept_by_default_and_named_groups_on_request(tmp_path):
    path = tmp_path / "a.jpg"
    exif = PIL.Image.Exif()
    exif[ExifTags.Base.DateTime] = "2026:01:02 03:04:05"
    exif[ExifTags.Base.Artist] = "A. Name"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    PIL.Image.fromarray(PIXELS).save(path, exif=exif, icc_profile=profile, comment=b"hello")
    picture = read(path)
    assert picture.metadata == ("comment", "date", "exif", "icc")
    assert find_metadata(encode_native(picture, picture.image), "x") == ()
    kept = read(path, keep=frozenset({"icc", "date"}))
    assert find_metadata(encode_native(kept, kept.image), "x") == ("date", "icc")


def test_a_profile_that_is_not_kept_is_applied(tmp_path):
    path = tmp_path / "a.png"
    lab_like = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    changed = lab_like.replace(b"sRGB built-in", b"none built-in")
    PIL.Image.fromarray(PIXELS).save(path, icc_profile=changed)
    np.testing.assert_array_equal(read(path).image, read_picture(path).image)
    kept = read(path, keep=frozenset({"icc"}))
    np.testing.assert_array_equal(kept.image, PIXELS)


def test_what_p3m_does_not_write_becomes_png(tmp_path):
    path = tmp_path / "a.bmp"
    PIL.Image.fromarray(PIXELS).save(path)
    written = again(path)
    assert written.format == "PNG"
    np.testing.assert_array_equal(np.asarray(written), PIXELS)


def test_errors_name_the_file(tmp_path):
    half = tmp_path / "half.png"
    PIL.Image.fromarray(PIXELS).save(half)
    half.write_bytes(half.read_bytes()[:300])
    with pytest.raises(ImageDecodeError, match=r"half.png: the PNG file is damaged"):
        read(half)
    path = tmp_path / "a.png"
    PIL.Image.fromarray(PIXELS).save(path)
    with pytest.raises(ShapeError, match="image"):
        encode_native(read(path), PIXELS[:4])
