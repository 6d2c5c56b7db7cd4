import numpy as np
import pytest

from p3m.core.errors import ModelFormatError, RangeError, ShapeError
from p3m.core.processors import usable_processors
from p3m.inference.backend import OnnxBackend
from support.images import noise
from support.onnx_models import (
    AREA_PX,
    HALO_PX,
    MEAN,
    MULTIPLE,
    STD,
    STRIDE,
    failing_model,
    other_model,
    p3m_model,
    parts_model,
    plain_model,
)

pytestmark = pytest.mark.onnx

ROUNDING = 2e-6  # float32 sums of three products


def brightness(image):
    return (image.astype(np.float64) / 255).mean(axis=-1)


@pytest.fixture(scope="module")
def refining():
    return OnnxBackend(p3m_model(features=2), threads=1)


@pytest.fixture(scope="module")
def plain():
    return OnnxBackend(plain_model(), threads=1)


def test_the_specification_is_the_files(refining):
    spec = refining.spec
    assert (spec.name, spec.stride, spec.area_px) == ("brightness", STRIDE, AREA_PX)
    assert (spec.mean, spec.std) == (MEAN, STD)
    assert (spec.halo_px, spec.window_multiple) == (HALO_PX, MULTIPLE)


def test_windows_are_refined_by_as_many_threads_as_are_given_where_a_detail_graph_does_it():
    assert [OnnxBackend(p3m_model(), threads=count).refiners for count in (1, 3)] == [1, 3]
    assert OnnxBackend(p3m_model()).refiners == usable_processors()
    assert OnnxBackend(plain_model(), threads=3).refiners == 1


@pytest.mark.parametrize("threads", [0, -1])
def test_less_than_one_thread_is_refused(threads):
    with pytest.raises(RangeError, match=f"threads is {threads}; it must be at least 1"):
        OnnxBackend(plain_model(), threads=threads)


def test_a_detail_graph_counts_only_in_a_file_of_p3ms_own_format(refining):
    backend = OnnxBackend(p3m_model(metadata={"p3m.format": ""}), threads=2)
    assert not backend.spec.detail
    assert backend.refiners == 1


def test_a_plain_model_is_named_for_its_file(tmp_path):
    (tmp_path / "mine.onnx").write_bytes(plain_model())
    assert OnnxBackend(tmp_path / "mine.onnx", threads=1).spec.name.endswith("mine.onnx")


def test_the_picture_is_fed_as_the_model_wants_it(refining, plain):
    image = noise(16, 24)
    for backend in (refining, plain):
        alpha, _ = backend.coarse(image)
        np.testing.assert_allclose(alpha, brightness(image), atol=ROUNDING)


def test_coarse_maps_are_the_files(refining):
    image = noise(16, 24)
    alpha, maps = refining.coarse(image)
    assert maps.shape == (4, 8, 12)
    np.testing.assert_allclose(maps[0], alpha.reshape(8, 2, 12, 2).mean((1, 3)), atol=ROUNDING)
    np.testing.assert_allclose(maps[1], 4 * maps[0] * (1 - maps[0]), atol=ROUNDING)


def test_a_plain_models_band_is_where_alpha_is_between_and_a_little_around(plain):
    image = np.zeros((32, 64, 3), dtype=np.uint8)
    image[:, 32:] = 255
    image[:, 30] = 128
    _, (alpha, band) = plain.coarse(image)
    assert set(np.unique(band)) == {0.0, 1.0}
    assert np.flatnonzero(band[16]).tolist() == list(range(26, 35))
    np.testing.assert_allclose(alpha[16, [0, 30, 63]], [0, 128 / 255, 1], atol=ROUNDING)


@pytest.mark.parametrize("model", [p3m_model(), plain_model(), plain_model(batch=1)])
def test_refining_changes_nothing_where_there_is_no_transition(model, rng):
    backend = OnnxBackend(model, threads=1)
    maps = rng.random((2, 3 if backend.spec.name == "brightness" else 2, 32, 64), dtype=np.float32)
    maps[:, 1] = 0
    images = np.stack([noise(32, 64, seed=1), noise(32, 64, seed=2)])
    np.testing.assert_allclose(backend.refine(images, maps), maps[:, 0], atol=ROUNDING)


@pytest.mark.parametrize("batch", ["B", 1])
def test_a_plain_model_refines_with_its_own_alpha(batch, rng):
    backend = OnnxBackend(plain_model(batch=batch), threads=1)
    maps = rng.random((2, 2, 32, 32), dtype=np.float32)
    maps[:, 1] = 1
    images = np.stack([noise(seed=1), noise(seed=2)])
    np.testing.assert_allclose(backend.refine(images, maps), brightness(images), atol=ROUNDING)


def test_wrong_shapes_are_refused(refining):
    with pytest.raises(ShapeError, match=r"image has shape \(8, 8\)"):
        refining.coarse(np.zeros((8, 8), dtype=np.uint8))
    with pytest.raises(ShapeError, match=r"maps has shape \(1, 3, 4, 8\).*1 C 8 8"):
        refining.refine(noise(8, 8)[None], np.zeros((1, 3, 4, 8), dtype=np.float32))


def test_a_model_whose_answer_is_no_alpha_is_told_when_it_runs():
    backend = OnnxBackend(other_model(["B", "C", "H", "W"], ["B", "C", "H", "W"]), threads=1)
    with pytest.raises(
        ModelFormatError,
        match=r"made alpha \(1, 3, 32, 32\) of an input \(1, 3, 32, 32\); .* \(1, 1, 32, 32\)",
    ):
        backend.coarse(noise(32, 32))


def test_a_model_that_fails_on_a_size_is_told_with_it():
    backend = OnnxBackend(failing_model(), threads=1)
    assert backend.coarse(noise(64, 64))[0].shape == (64, 64)
    with pytest.raises(ModelFormatError, match=r"model failed on x \(1, 3, 32, 32\): .*Add"):
        backend.coarse(noise(32, 32))


def test_a_file_with_both_decoders_outputs_gives_them_apart():
    backend = OnnxBackend(parts_model(), threads=1)
    image = noise(16, 24) // 4 * 4 + 1  # no brightness is exactly 0.2 or 0.8
    parts = backend.parts(image)
    bright = brightness(image)
    np.testing.assert_allclose(parts.local_alpha, bright, atol=ROUNDING)
    np.testing.assert_array_equal(parts.classes, 1 + (bright > 0.8) - 1 * (bright < 0.2))
    fused = np.where(parts.classes == 1, bright, parts.classes / 2)
    np.testing.assert_allclose(parts.alpha, fused, atol=ROUNDING)
    assert parts.classes.dtype == np.uint8
    assert backend.gives_parts


@pytest.mark.parametrize("model", [p3m_model(), plain_model(), parts_model(shared=False)])
def test_other_files_give_alpha_alone(model):
    backend = OnnxBackend(model, threads=1)
    parts = backend.parts(noise(16, 24))
    assert not backend.gives_parts
    assert parts.alpha.shape == (16, 24)
    assert parts.local_alpha is None
    assert parts.classes is None


def test_a_picture_between_whole_numbers_is_not_rounded(plain):
    image = noise(16, 24).astype(np.float32)
    image[:8] += 0.25
    image = image.clip(0, 255)
    np.testing.assert_allclose(plain.parts(image).alpha, brightness(image), atol=ROUNDING)


def test_the_maps_of_both_decoders_are_the_fusion_and_a_soft_band():
    backend = OnnxBackend(parts_model(), threads=1)
    image = np.zeros((32, 64, 3), dtype=np.uint8)
    image[:, 32:] = 255
    image[:, 30] = 128
    alpha, maps = backend.coarse(image)
    np.testing.assert_array_equal(maps[0], alpha)
    band = maps[1, 16]
    assert band[30] == 1
    assert np.flatnonzero(band).tolist() == list(range(28, 33))
    assert (np.diff(band[:31]) >= 0).all()
    assert (np.diff(band[30:]) <= 0).all()


@pytest.mark.parametrize("text", ["%%%", "AAAA"])
def test_a_damaged_detail_graph_is_told(text):
    with pytest.raises(ModelFormatError, match="The model.*(detail graph|export it again)"):
        OnnxBackend(p3m_model(metadata={"p3m.detail": text}), threads=1)


def test_a_model_of_p3m_without_a_detail_graph_refines_as_a_plain_one():
    backend = OnnxBackend(p3m_model(metadata={"p3m.detail": ""}), threads=1)
    _, maps = backend.coarse(noise(16, 16))
    assert maps.shape == (2, 16, 16)
