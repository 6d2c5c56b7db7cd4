from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from p3m.core import extras
from p3m.core.errors import MissingExtraError, ModelFormatError, RangeError
from p3m.inference.backend import OnnxBackend
from p3m.inference.released import P3MHybrid, P3MResize, Resampling, fuse, scaled_size
from p3m.inference.strategy import STRATEGIES
from p3m.weights.session import open_session
from support.images import noise, portrait
from support.onnx_models import MEAN, STD, p3m_model, parts_model, plain_model
from support.references import released as reference

pytestmark = pytest.mark.onnx

CONTEXT = 0.3
MODERN = Resampling(anti_aliasing=True, border="reflect")
ROUNDING = 2e-6  # float32 of 0 to 255, normalised by another order of the same operations


@pytest.fixture(scope="module")
def backend():
    return OnnxBackend(parts_model(context=CONTEXT), threads=1)


def network(planes):
    """The model of the tests, straight through ONNX Runtime."""
    session = open_session(parts_model(context=CONTEXT), name="parts", threads=1)
    alpha, local, logits = session.run(
        ["alpha", "local_alpha", "global_logits"], {"image": planes[None]}
    )
    return logits[0], local[0, 0], alpha[0, 0]


def picture(height, width):
    """A portrait whose background is noise: certain pixels and uncertain ones."""
    image, alpha = portrait(height, width)
    mixed = noise(height, width) // 3
    return np.where(alpha[..., None] > 0.5, image // 3 + 170, mixed).astype(np.uint8)


@pytest.mark.parametrize("modern", [False, True])
@pytest.mark.parametrize(("size", "ratio"), [((107, 140), 1 / 2), ((130, 140), 1 / 4)])
def test_resize_is_the_released_code(backend, size, ratio, modern):
    strategy = P3MResize(ratio=ratio, resampling=MODERN if modern else Resampling())
    image = picture(*size)
    expected = reference.resize_strategy(network, image, ratio, mean=MEAN, std=STD, modern=modern)
    np.testing.assert_allclose(strategy.predict(backend, image), expected, atol=ROUNDING)


@pytest.mark.parametrize("modern", [False, True])
@pytest.mark.parametrize(
    ("name", "ratios", "size"),
    [
        ("p3m-hybrid", (1 / 2, 1.0), (107, 140)),
        ("gfm-hybrid", (1 / 3, 1 / 2), (101, 120)),
        ("aim-hybrid", (1 / 4, 1 / 2), (130, 140)),
    ],
)
def test_hybrid_is_the_released_code(backend, name, ratios, size, modern):
    assert (STRATEGIES[name].global_ratio, STRATEGIES[name].local_ratio) == ratios
    strategy = P3MHybrid(
        global_ratio=ratios[0],
        local_ratio=ratios[1],
        resampling=MODERN if modern else STRATEGIES[name].resampling,
    )
    image = picture(*size)
    expected = reference.hybrid_strategy(network, image, ratios, mean=MEAN, std=STD, modern=modern)
    np.testing.assert_allclose(strategy.predict(backend, image), expected, atol=ROUNDING)
    assert {0.0, 1.0} < set(np.unique(expected))


def test_the_defaults_are_those_of_the_pinned_package():
    assert STRATEGIES["p3m-resize"].resampling == Resampling(anti_aliasing=False, border="constant")
    assert STRATEGIES["p3m-hybrid"].resampling == Resampling(anti_aliasing=False, border="constant")
    assert STRATEGIES["p3m-resize"].ratio == 1 / 2


@given(side=st.integers(1, 10_000), ratio=st.sampled_from([1, 1 / 2, 1 / 3, 1 / 4]))
def test_sides_are_scaled_as_in_the_released_code(side, ratio):
    assert scaled_size((side, 64), ratio)[0] == reference.scaled_side(side, ratio)
    assert scaled_size((64, side), ratio)[1] == reference.scaled_side(side, ratio)


def test_the_aspect_ratio_is_not_kept_and_1600_is_the_most():
    assert scaled_size((3000, 5000), 1.0) == (1600, 1600)
    assert scaled_size((100, 190), 1 / 2) == (32, 64)


@pytest.mark.parametrize("anti_aliasing", [False, True])
@pytest.mark.parametrize("border", ["constant", "reflect"])
def test_a_picture_becomes_float64_from_0_to_1_and_an_alpha_stays_float32(border, anti_aliasing):
    resampling = Resampling(anti_aliasing=anti_aliasing, border=border)
    image = noise(40, 60)
    assert resampling(image, (32, 32)).dtype == np.float64
    assert resampling(image, (32, 32)).max() <= 1.0
    assert resampling(image[..., 0].astype(np.float32), (64, 64)).dtype == np.float32


def test_without_anti_aliasing_pixels_are_skipped():
    stripes = np.zeros((96, 96), dtype=np.uint8)
    stripes[:, 1::3] = 255
    assert (Resampling()(stripes, (32, 32)) == 1).all()
    assert Resampling(anti_aliasing=True)(stripes, (32, 32)).max() < 0.6


def test_enlarging_darkens_the_border_by_default_and_not_in_later_versions():
    alpha = np.ones((32, 32), dtype=np.float32)
    alpha[:16] = 0
    assert np.allclose(Resampling()(alpha, (64, 64))[-1, 1:-1], 0.75)
    assert np.allclose(MODERN(alpha, (64, 64))[-1], 1.0)


def test_interpolated_classes_widen_the_transition():
    classes = np.zeros((32, 32), dtype=np.uint8)
    classes[:, 16:] = 2
    local = np.full((64, 64), 0.3, dtype=np.float32)
    alpha = fuse(classes, local, MODERN)
    assert np.allclose(alpha[:, 31:33], 0.3)
    assert (alpha[:, :31] == 0).all()
    assert (alpha[:, 33:] == 1).all()


def test_rounding_hands_no_pixel_of_the_foreground_to_the_local_alpha():
    classes = np.full((51, 80), 2, dtype=np.uint8)
    classes[:5] = 0
    local = np.full((108, 162), 0.3, dtype=np.float32)
    enlarged = MODERN(classes * np.uint8(127) + (classes == 2), local.shape) * 255.0
    assert (enlarged[20:] != 255).any()  # the trap is there
    assert (fuse(classes, local, MODERN)[20:] == 1).all()


@pytest.mark.parametrize("size", [(63, 500), (500, 63), (1, 1)])
def test_a_side_that_would_vanish_is_told_with_the_cure(backend, size):
    with pytest.raises(RangeError, match=rf"would scale {size[0]}x{size[1]} to .*use .*'tiled'"):
        P3MResize().predict(backend, noise(*size))
    with pytest.raises(RangeError, match="'p3m-hybrid' would scale"):
        P3MHybrid().predict(backend, noise(*size))


@pytest.mark.parametrize("model", [p3m_model(), plain_model(), parts_model(shared=False)])
def test_hybrid_refuses_a_model_that_gives_alpha_alone_and_resize_does_not(model):
    backend = OnnxBackend(model, threads=1)
    with pytest.raises(
        ModelFormatError, match="'p3m-hybrid' needs .*gives only alpha.*'tiled'.*'p3mnet-r34'"
    ):
        P3MHybrid().check(backend)
    with pytest.raises(ModelFormatError, match="needs"):
        P3MHybrid().predict(backend, noise(96, 96))
    P3MResize().check(backend)
    assert P3MResize().predict(backend, noise(96, 96)).shape == (96, 96)


def test_a_stride_that_does_not_divide_32_is_refused(backend, monkeypatch):
    monkeypatch.setattr("support.onnx_models.STRIDE", 48)
    odd = OnnxBackend(parts_model(), threads=1)
    with pytest.raises(ModelFormatError, match="multiples of 32, and parts needs multiples of 48"):
        P3MResize().check(odd)


def test_without_scikit_image_the_extra_is_named(backend, monkeypatch):
    def nothing(name):
        return None if name == "skimage" else find_spec(name)

    monkeypatch.setattr(extras, "find_spec", nothing)
    for name in ("p3m-resize", "p3m-hybrid", "gfm-hybrid", "aim-hybrid"):
        with pytest.raises(MissingExtraError, match=rf"Strategy '{name}' needs .*p3m\[train\]"):
            STRATEGIES[name].check(backend)


@pytest.mark.parametrize(("field", "value"), [("ratio", 0), ("ratio", -1), ("ratio", float("nan"))])
def test_a_ratio_that_makes_no_sense_is_refused(field, value):
    with pytest.raises(RangeError, match=f"{field} is {value}; it must be above 0"):
        P3MResize(**{field: value})
    with pytest.raises(RangeError, match="local_ratio is 0; it must be above 0"):
        P3MHybrid(local_ratio=0)
