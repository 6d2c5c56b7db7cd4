"""Tests of p3m.pipelines.pictures."""

from io import BytesIO

import numpy as np
import PIL.Image
import pytest

from p3m.core.errors import ImageDecodeError, InputError
from p3m.pipelines.pictures import picture_from
from support.images import encoded, noise


@pytest.mark.parametrize("as_type", [bytes, bytearray, memoryview, BytesIO])
def test_bytes_of_any_kind_are_a_file(as_type):
    np.testing.assert_array_equal(picture_from(as_type(encoded(noise()))).rgb, noise())


@pytest.mark.parametrize("array", [noise()[..., 0], noise(), np.dstack([noise(), noise()[..., 0]])])
def test_an_array_that_is_written_over_leaves_the_picture_as_it_was(array):
    array = array.copy()
    picture = picture_from(array)
    before = picture.rgb.copy()
    array[:] = 0
    np.testing.assert_array_equal(picture.rgb, before)


@pytest.mark.parametrize("wrong", [None, 3, [[1, 2], [3, 4]]])
def test_what_is_no_picture_is_refused_by_its_type(wrong):
    with pytest.raises(InputError, match=type(wrong).__name__):
        picture_from(wrong)


def test_a_pillow_image_whose_file_is_cut_short_is_told_as_a_file_is():
    cut_short = encoded(noise(200, 200), "JPEG")[:3000]
    opened = PIL.Image.open(BytesIO(cut_short))
    with pytest.raises(ImageDecodeError, match="damaged"):
        picture_from(opened)


def test_a_pillow_image_without_pixels_is_refused():
    with pytest.raises(ImageDecodeError, match="0x5"):
        picture_from(PIL.Image.new("RGB", (0, 5)))


def test_premultiplied_grey_is_divided():
    image = PIL.Image.new("LA", (3, 2), (80, 128))
    picture = picture_from(image.convert("La"))
    assert np.abs(picture.rgb.astype(int) - 80).max() <= 1
    np.testing.assert_allclose(picture.alpha, 128 / 255, atol=1e-6)
