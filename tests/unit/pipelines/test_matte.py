import threading
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import numpy as np
import PIL.Image
import pytest

import p3m.pipelines.matte as subject
from p3m.core.errors import (
    ImageTooLargeError,
    OutputError,
    RangeError,
    ShapeError,
    UnknownNameError,
    WeightsError,
)
from p3m.imaging.compositing import estimate_foreground
from p3m.imaging.io import Picture, read_picture
from p3m.inference.strategy import Resize
from p3m.pipelines.matte import Matte, load_predictor, matte
from support.images import encoded, noise, portrait
from support.onnx_models import plain_model

pytestmark = pytest.mark.onnx


@pytest.fixture(scope="module")
def image():
    return portrait(40, 30)[0]


def test_alpha_has_the_pictures_size_type_and_range(image, model):
    result = matte(image, model=model, threads=1)
    assert result.alpha.shape == (40, 30)
    assert result.alpha.dtype == np.float32
    assert 0 <= result.alpha.min() < result.alpha.max() <= 1
    np.testing.assert_array_equal(result.image, image)


def test_every_kind_of_input_gives_the_same(image, model, tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(encoded(image))
    expected = matte(image, model=model, threads=1).alpha
    with PIL.Image.open(path) as opened:
        for source in (path, str(path), path.read_bytes(), opened):
            np.testing.assert_array_equal(matte(source, model=model, threads=1).alpha, expected)


def test_a_grey_array_is_a_picture_of_equal_colours(image, model):
    grey = np.ascontiguousarray(image[..., 0])
    np.testing.assert_array_equal(
        matte(grey, model=model, threads=1).alpha,
        matte(np.dstack((grey, grey, grey)), model=model, threads=1).alpha,
    )


def test_a_pillow_image_is_turned_as_its_file_is(image, model):
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    file = encoded(image, "PNG", exif=exif)
    with PIL.Image.open(BytesIO(file)) as opened:
        result = matte(opened, model=model, threads=1)
    assert result.image.shape == (30, 40, 3)
    np.testing.assert_array_equal(result.image, matte(file, model=model, threads=1).image)


def test_the_inputs_own_alpha_is_the_most_and_the_network_sees_white(image, model):
    opacity = np.full((40, 30), 255, np.uint8)
    opacity[:, :10] = 0
    opacity[:, 10:20] = 51
    rgba = np.dstack((image, opacity))
    result = matte(rgba, model=model, threads=1)
    seen = read_picture(encoded(rgba)).image
    np.testing.assert_array_equal(result.image, seen)
    own, found = opacity / np.float32(255), matte(seen, model=model, threads=1).alpha
    assert (found > own)[:, 10:20].any()
    np.testing.assert_allclose(result.alpha, np.minimum(found, own), atol=1e-6)
    assert (result.alpha[:, :10] == 0).all()
    np.testing.assert_array_equal(matte(encoded(rgba), model=model, threads=1).alpha, result.alpha)


def test_a_transparent_pictures_own_colours_are_the_persons():
    image, alpha = portrait(40, 30)
    own = Picture(image, np.full((40, 30), 0.5, np.float32))
    result = Matte(own.image, alpha * np.float32(0.5), own)
    np.testing.assert_array_equal(result.foreground(), estimate_foreground(image, alpha))
    seen = result.cutout()[..., 3] > 0
    np.testing.assert_array_equal(result.cutout()[seen, :3], result.foreground()[seen])


@pytest.mark.parametrize(
    ("array", "error"),
    [
        (np.zeros((4, 4, 3)), RangeError),
        (np.zeros((4, 4, 3), np.uint16), RangeError),
        (np.zeros((4, 4, 2), np.uint8), ShapeError),
        (np.zeros((0, 4, 3), np.uint8), ShapeError),
        (np.zeros(4, np.uint8), ShapeError),
    ],
)
def test_other_arrays_are_refused(array, error):
    with pytest.raises(error, match="image"):
        matte(array)


def test_the_cap_holds(image, model):
    with pytest.raises(ImageTooLargeError):
        matte(encoded(image), model=model, max_pixels=1199)


def test_options_reach_the_predictor(image, model):
    assert not np.array_equal(
        matte(image, model=model, strategy="resize", threads=1).alpha,
        matte(image, model=model, strategy="tiled", threads=1).alpha,
    )
    np.testing.assert_array_equal(
        matte(image, model=model, strategy=Resize(), threads=1).alpha,
        matte(image, model=model, strategy="resize", threads=1).alpha,
    )


def test_unknown_names_are_told(image, model):
    with pytest.raises(UnknownNameError, match="Did you mean 'tiled'"):
        matte(image, model=model, strategy="tilled")
    with pytest.raises(UnknownNameError, match="No weights named 'p3mnt'"):
        load_predictor("p3mnt")
    with pytest.raises(WeightsError, match="none.onnx"):
        load_predictor("none.onnx")


def test_a_loop_loads_the_model_once(image, model, monkeypatch):
    made = []

    class Counted(subject.OnnxBackend):
        def __init__(self, *args, **options):
            made.append(threading.get_ident())
            super().__init__(*args, **options)

    monkeypatch.setattr(subject, "OnnxBackend", Counted)
    subject._load_backend.cache_clear()
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: matte(image, model=model, threads=1), range(8)))
    assert len(made) == 1
    assert all(np.array_equal(result.alpha, results[0].alpha) for result in results)


def test_a_model_file_that_has_changed_is_read_again(image, model, tmp_path):
    path = tmp_path / "m.onnx"
    path.write_bytes(model.read_bytes())
    before = matte(image, model=path, threads=1).alpha
    path.write_bytes(plain_model())
    assert not np.array_equal(matte(image, model=path, threads=1).alpha, before)


@pytest.fixture
def result():
    return Matte(*portrait(40, 30))


def test_cutout_has_the_foregrounds_colours_and_the_alpha(result):
    rgba = result.cutout()
    np.testing.assert_array_equal(rgba[..., :3], result.foreground())
    np.testing.assert_array_equal(rgba[..., 3], np.rint(result.alpha * 255))
    np.testing.assert_array_equal(
        result.foreground(), estimate_foreground(result.image, result.alpha)
    )


def test_over_puts_the_person_over_any_background(result):
    teal = result.over("teal")
    assert (teal[result.alpha == 0] == (0, 128, 128)).all()
    np.testing.assert_array_equal(teal[result.alpha == 1], result.image[result.alpha == 1])
    np.testing.assert_array_equal(teal, result.over((0, 128, 128)))
    behind = noise(40, 30)
    np.testing.assert_array_equal(result.over(behind)[result.alpha == 0], behind[result.alpha == 0])
    blurred = result.over("blur")
    np.testing.assert_array_equal(blurred[result.alpha == 1], result.image[result.alpha == 1])


def test_save_writes_the_cutout_and_replaces_only_when_told(result, tmp_path):
    path = tmp_path / "a.png"
    result.save(path)
    written = read_picture(path)
    np.testing.assert_array_equal(written.rgb, result.cutout()[..., :3])
    with pytest.raises(OutputError, match="exists already"):
        result.save(path)
    result.save(path, overwrite=True)
