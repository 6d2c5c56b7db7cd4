from io import BytesIO

import numpy as np
import PIL.Image
import pytest

from p3m.core.errors import ConfigError, ImageDecodeError, RangeError, ShapeError
from p3m.pipelines.background import blurred_background, fit_background, resolve_background
from support.images import encoded, noise, portrait


@pytest.mark.parametrize(
    ("text", "colour"),
    [
        ("teal", (0, 128, 128)),
        ("#369", (51, 102, 153)),
        ("#336699", (51, 102, 153)),
        ("#336699ff", (51, 102, 153)),
        ("rgb(1, 2, 3)", (1, 2, 3)),
        ("blur", "blur"),
    ],
)
def test_text_is_a_colour_or_blur(text, colour):
    assert resolve_background(text) == colour


def test_a_colour_of_numbers_becomes_a_tuple_of_ints():
    assert resolve_background((1, 2, 3)) == (1, 2, 3)
    assert resolve_background(np.uint8([1, 2, 3])) == (1, 2, 3)


@pytest.mark.parametrize("colour", [(1, 2), (0, 0, 256), (-1, 0, 0), (0, 0, 0, 0)])
def test_a_wrong_colour_is_refused(colour):
    with pytest.raises(RangeError, match="three whole numbers from 0 to 255"):
        resolve_background(colour)


@pytest.mark.parametrize("as_type", [str, lambda path: path])
def test_a_file_is_read(tmp_path, as_type):
    path = tmp_path / "beach.png"
    path.write_bytes(encoded(noise(4, 5)))
    np.testing.assert_array_equal(resolve_background(as_type(path)), noise(4, 5))


def test_a_colour_comes_before_a_file_of_that_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "red").write_bytes(encoded(noise(4, 5)))
    assert resolve_background("red") == (255, 0, 0)
    assert resolve_background("./red").shape == (4, 5, 3)


def test_what_is_no_picture_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(ImageDecodeError, match=r"notes\.txt"):
        resolve_background(str(tmp_path / "notes.txt"))


def test_what_is_neither_colour_nor_file_is_a_mistake():
    with pytest.raises(ConfigError, match="'taupeish' is neither a colour nor a file"):
        resolve_background("taupeish")


def test_a_transparent_colour_is_a_mistake():
    with pytest.raises(ConfigError, match="transparent"):
        resolve_background("#33669980")


def test_an_array_must_be_a_picture():
    with pytest.raises(ShapeError, match="background"):
        resolve_background(np.zeros((3, 4), np.uint8))
    with pytest.raises(RangeError, match="float64"):
        resolve_background(np.zeros((3, 4, 3)))


def test_a_picture_of_the_same_size_stays_as_it_is():
    image, alpha = portrait(20, 30)
    np.testing.assert_array_equal(fit_background(noise(20, 30), image, alpha), noise(20, 30))


@pytest.mark.parametrize("size", [(10, 90), (90, 10), (7, 7), (41, 61), (1, 1)])
def test_a_picture_of_any_size_comes_to_the_size(size):
    image, alpha = portrait(20, 30)
    assert fit_background(noise(*size), image, alpha).shape == (20, 30, 3)


def test_a_picture_is_cut_about_its_middle_and_not_squeezed():
    image, alpha = portrait(20, 20)
    wide = np.zeros((20, 60, 3), np.uint8)
    wide[:, 20:40] = 200
    assert (fit_background(wide, image, alpha) == 200).all()


def test_blur_keeps_the_person_out_of_the_background():
    alpha = np.zeros((100, 80), np.float32)
    alpha[20:80, 20:60] = 1
    image = np.where(alpha[..., None] > 0, np.uint8([255, 0, 0]), np.uint8([0, 0, 255]))
    blurred = blurred_background(image, alpha)
    outside = blurred[alpha == 0].astype(int)
    assert blurred.shape == image.shape
    assert np.abs(outside - [0, 0, 255]).max() <= 2


def test_blur_takes_fine_structure_away():
    image = noise(200, 200)
    assert blurred_background(image, np.zeros((200, 200), np.float32)).std() < image.std() / 5


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (3, 2)])
@pytest.mark.parametrize("share", [0, 1])
def test_blur_takes_any_size_and_alpha(size, share):
    assert blurred_background(noise(*size), np.full(size, share, np.float32)).shape == (*size, 3)


@pytest.mark.parametrize(
    "colour", [(0.2, 0.5, 0.9), np.float32([1, 1, 1]), None, 7, ("a", "b", "c")]
)
def test_a_colour_of_other_than_whole_numbers_is_refused(colour):
    with pytest.raises(RangeError, match="three whole numbers from 0 to 255"):
        resolve_background(colour)


@pytest.mark.parametrize("as_type", [lambda file: file, lambda file: PIL.Image.open(BytesIO(file))])
def test_bytes_and_pillow_images_are_pictures(as_type):
    picture = resolve_background(as_type(encoded(noise(4, 5))))
    np.testing.assert_array_equal(picture, noise(4, 5))
