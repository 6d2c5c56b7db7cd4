import numpy as np
import pytest
from PIL import Image as PilImage

from p3m.core.errors import ImageDecodeError, InputError
from p3m.evaluation.reading import read_prediction, read_trimap, read_truth, truncate

STEPS = np.arange(256, dtype=np.uint8).reshape(16, 16)


@pytest.fixture
def save(tmp_path):
    def write(pixels, name="a.png", mode=None):
        path = tmp_path / name
        picture = PilImage.fromarray(pixels)
        (picture if mode is None else picture.convert(mode)).save(path)
        return path

    return write


def test_a_byte_is_its_share_of_255_to_the_last_bit(save):
    prediction = read_prediction(save(STEPS))
    np.testing.assert_array_equal(prediction.alpha, STEPS / 255)
    assert prediction.alpha.dtype == np.float64
    assert prediction.bits == 8
    np.testing.assert_array_equal(read_truth(save(STEPS)), STEPS / 255)


def test_sixteen_bits_one_bit_and_floats_are_read(save):
    steps = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    assert read_prediction(save(steps)).bits == 16
    np.testing.assert_array_equal(read_prediction(save(steps)).alpha, steps / 65535)
    np.testing.assert_array_equal(read_prediction(save(STEPS > 99)).alpha, STEPS > 99)
    floats = np.float32(STEPS / 255)
    prediction = read_prediction(save(floats, "a.tif"))
    assert prediction.bits == 32
    np.testing.assert_array_equal(prediction.alpha, floats)


def test_truncation_is_that_of_the_released_inference(save):
    exact = np.random.default_rng(0).random((16, 16), np.float32)
    expected = (exact * 255).astype(np.uint8) / 255
    np.testing.assert_array_equal(truncate(exact), expected)
    np.testing.assert_array_equal(
        read_prediction(save(exact, "a.tif"), "truncated").alpha, expected
    )


@pytest.mark.parametrize("values", ["exact", "truncated"])
def test_bytes_are_whole_steps_already(save, values):
    np.testing.assert_array_equal(read_prediction(save(STEPS), values).alpha, STEPS / 255)


def test_sixteen_bits_are_cut_down_without_a_detour(save):
    steps = np.uint16([[0, 256, 257, 513, 514, 65534, 65535]])
    truncated = read_prediction(save(steps), "truncated").alpha
    np.testing.assert_array_equal(truncated, np.float64([[0, 0, 1, 1, 2, 254, 255]]) / 255)


def test_a_cutouts_transparency_is_its_alpha(save):
    cutout = np.dstack([np.full((16, 16, 3), 77, np.uint8), STEPS])
    np.testing.assert_array_equal(read_prediction(save(cutout)).alpha, STEPS / 255)
    np.testing.assert_array_equal(read_truth(save(cutout)), STEPS / 255)


def test_of_a_truth_with_three_channels_the_first_counts(save):
    colours = np.dstack([STEPS, STEPS // 2, STEPS // 3])
    np.testing.assert_array_equal(read_truth(save(colours)), STEPS / 255)
    opaque = np.dstack([STEPS, STEPS, STEPS, np.full_like(STEPS, 255)])
    np.testing.assert_array_equal(read_truth(save(opaque)), STEPS / 255)


@pytest.mark.parametrize(
    ("pixels", "name", "mode", "reason"),
    [
        (np.dstack([STEPS] * 3), "a.png", None, "has 3 channels; a prediction has one"),
        (STEPS, "a.png", "P", "has 3 channels"),
        (np.dstack([STEPS] * 4)[..., :4] | 255, "a.png", None, "has 4 channels and is opaque"),
        (np.int32(STEPS), "a.tif", None, "whole numbers of 32 bits"),
        (np.float32(STEPS), "a.tif", None, "values reach from 0 to 255"),
        (np.where(STEPS > 250, np.nan, 0).astype("f4"), "a.tif", None, "5 of 256 values are no nu"),
        (np.where(STEPS > 250, np.inf, 0).astype("f4"), "a.tif", None, "5 of 256 values are no nu"),
    ],
)
def test_what_is_no_prediction_is_told_with_its_name(save, pixels, name, mode, reason):
    path = save(pixels, name, mode)
    with pytest.raises(ImageDecodeError, match=reason) as caught:
        read_prediction(path)
    assert str(caught.value).startswith(f"{path}: ")


def test_a_trimap_has_three_values(save):
    trimap = np.uint8([[0, 128, 255]])
    np.testing.assert_array_equal(read_trimap(save(trimap)), trimap)
    np.testing.assert_array_equal(read_trimap(save(np.dstack([trimap] * 3))), trimap)
    with pytest.raises(ImageDecodeError, match="2 pixels of the trimap are neither 0, 128 nor 255"):
        read_trimap(save(np.uint8([[0, 127, 254]])))


def test_a_truth_that_was_not_scaled_is_refused(save):
    with pytest.raises(ImageDecodeError, match="holds 0 and 1 where 0 and 255 are meant"):
        read_truth(save(np.uint8([[0, 1], [1, 0]])))
    assert read_truth(save(np.uint8([[0, 0]]))).max() == 0
    assert read_truth(save(np.array([[False, True]]))).max() == 1


def test_a_missing_or_damaged_file_is_told(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_prediction(tmp_path / "none.png")
    broken = tmp_path / "a.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\nhalf of it")
    with pytest.raises(ImageDecodeError, match="damaged"):
        read_truth(broken)
