from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from p3m.core.errors import ModelFormatError, ShapeError
from p3m.inference.backend import OnnxBackend
from p3m.inference.predictor import Predictor
from p3m.inference.released import P3MHybrid
from p3m.inference.strategy import Hybrid, Resize
from support.images import noise
from support.onnx_models import p3m_model

pytestmark = pytest.mark.onnx


@pytest.fixture(scope="module")
def backend():
    return OnnxBackend(p3m_model(), threads=1)


@pytest.mark.parametrize("size", [(1, 1), (37, 61), (80, 48)])
def test_alpha_is_a_plain_array_of_the_pictures_size(backend, size):
    for predictor in (Predictor(backend), Predictor(backend, Resize())):
        alpha = predictor(noise(*size))
        assert alpha.shape == size
        assert alpha.dtype == np.float32
        assert alpha.flags.c_contiguous
        assert 0.0 <= alpha.min() <= alpha.max() <= 1.0


def test_the_default_is_to_refine(backend):
    image = noise(100, 100)
    difference = np.abs(Predictor(backend)(image) - Predictor(backend, Hybrid())(image))
    assert difference.max() <= 0.01


def test_a_view_of_a_picture_is_a_picture(backend):
    image = noise(64, 48)
    mirrored = image[:, ::-1]
    expected = Predictor(backend)(np.ascontiguousarray(mirrored))
    assert np.array_equal(Predictor(backend)(mirrored), expected)


@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 4), (0, 4, 3), (1, 4, 4, 3)])
def test_another_shape_is_refused(backend, shape):
    with pytest.raises(ShapeError, match=r"image has shape .*; it must be \(H W 3\)"):
        Predictor(backend)(np.zeros(shape, dtype=np.uint8))


def test_another_type_is_refused(backend):
    with pytest.raises(ShapeError, match="it must be .H W 3 of uint8, not of float32"):
        Predictor(backend)(np.zeros((4, 4, 3), dtype=np.float32))


def test_threads_may_share_it(backend):
    predictor = Predictor(backend)
    images = [noise(60 + index, 50, seed=index) for index in range(8)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(predictor, images))
    for alpha, image in zip(together, images, strict=True):
        assert np.array_equal(alpha, predictor(image))


def test_a_strategy_that_the_model_cannot_serve_is_refused_before_any_picture(backend):
    with pytest.raises(ModelFormatError, match="'p3m-hybrid' needs the outputs"):
        Predictor(backend, P3MHybrid())
