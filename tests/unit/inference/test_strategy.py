from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from p3m.core.errors import RangeError, UnknownNameError
from p3m.inference.backend import OnnxBackend
from p3m.inference.coarse import CoarseMaps
from p3m.inference.strategy import STRATEGIES, Hybrid, Resize, Tiled
from support.images import noise
from support.onnx_models import AREA_PX, p3m_model, parts_model, plain_model

pytestmark = pytest.mark.onnx

OURS = ["tiled", "hybrid", "resize"]
EVERYWHERE = {"threshold": -1.0, "settled": 0.0}  # every window is refined
HALO_UP_PX = 4  # the halo of `p3m_model`, as a multiple of its windows' multiple
ROUNDING = 1e-6  # sums in another order, where a convolution's blocking depends on the size
SIZES = [(1, 1), (1, 200), (300, 1), (2, 3), (31, 33), (96, 72), (131, 77)]


class Watched:
    """A backend that notes what it is given, and may be fed by another specification."""

    def __init__(self, backend, **changes):
        self.backend = backend
        self.spec = replace(backend.spec, **changes)
        self.refiners = backend.refiners
        self.seen = []
        self.refined = []

    def coarse(self, image):
        self.seen.append(image.shape[:2])
        return self.backend.coarse(image)

    def refine(self, images, maps):
        self.refined.append(images.shape[:3])
        return self.backend.refine(images, maps)


@pytest.fixture(scope="module", params=[p3m_model, plain_model, parts_model])
def backend(request):
    return OnnxBackend(request.param(), threads=1)


@pytest.fixture(scope="module")
def refining():
    return OnnxBackend(p3m_model(), threads=1)


@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_any_size_gives_an_alpha_of_that_size(backend, name, size):
    image = noise(*size)
    before = image.copy()
    alpha = STRATEGIES[name].predict(backend, image)
    assert alpha.shape == size
    assert alpha.dtype == np.float32
    assert np.isfinite(alpha).all()
    assert alpha.min() >= -ROUNDING
    assert alpha.max() <= 1 + ROUNDING
    assert np.array_equal(image, before)


@pytest.mark.parametrize("name", OURS)
def test_a_picture_of_one_grey_gives_that_grey_wherever_it_is_not_padded(backend, name):
    image = np.full((133, 90, 3), 255, dtype=np.uint8)
    alpha = STRATEGIES[name].predict(backend, image)
    np.testing.assert_allclose(alpha, 1.0, atol=ROUNDING)


@settings(max_examples=25)
@given(
    size=st.tuples(st.integers(1, 150), st.integers(1, 150)),
    core=st.integers(1, 80),
    batch=st.integers(1, 20_000),
)
def test_windows_leave_no_trace(refining, size, core, batch):
    image = noise(*size)
    tiled = Tiled(core_px=core, batch_px=batch, **EVERYWHERE)
    np.testing.assert_allclose(
        tiled.predict(refining, image), Hybrid().predict(refining, image), atol=ROUNDING
    )


def test_a_halo_that_is_too_small_would_leave_one():
    image = noise(150, 150)
    lying = OnnxBackend(p3m_model(metadata={"p3m.detail_halo_px": "1"}), threads=1)
    tiled = Tiled(core_px=32, **EVERYWHERE)
    assert np.abs(tiled.predict(lying, image) - Hybrid().predict(lying, image)).max() > 0.01


def test_what_is_not_refined_differs_by_the_threshold_at_most(refining):
    image = noise(160, 120)
    image[:, :60] //= 8
    watched = Watched(refining)
    tiled = Tiled(core_px=16, threshold=0.3)
    tiled.predict(watched, image)
    assert watched.refined
    difference = np.abs(tiled.predict(refining, image) - Hybrid().predict(refining, image))
    assert 0 < difference.max() <= 0.3


def test_only_windows_with_transition_are_refined_and_few_at_once(refining):
    image = np.zeros((256, 256, 3), dtype=np.uint8)
    image[133:] = 255
    watched = Watched(refining)
    Tiled(core_px=32, batch_px=5000).predict(watched, image)
    assert 0 < sum(count for count, _, _ in watched.refined) <= 16
    assert all(count * height * width <= 5000 for count, height, width in watched.refined)


def test_nothing_is_refined_where_nothing_is_transition(refining):
    watched = Watched(refining)
    alpha = Tiled().predict(watched, np.zeros((300, 200, 3), dtype=np.uint8))
    assert not watched.refined
    assert (alpha == 0).all()


def test_windows_whose_alpha_is_settled_are_left_as_they_are(refining):
    image = noise(128, 256)
    image[:, :160] = 20 + image[:, :160] // 16
    dark, alike = Watched(refining), Watched(refining)
    alpha = Tiled(core_px=32, settled=0.2).predict(dark, image)
    everywhere = Tiled(core_px=32, settled=0.0).predict(alike, image)
    assert sum(count for count, _, _ in alike.refined) == 4 * 8
    assert sum(count for count, _, _ in dark.refined) == 4 * 4
    settled = 4 * 32 + HALO_UP_PX  # the first core reaches to its window's edge
    assert np.array_equal(alpha[:, settled:], everywhere[:, settled:])
    assert np.abs(alpha - everywhere)[:, :settled].max() > 0
    inverted = Watched(refining)
    Tiled(core_px=32, settled=0.2).predict(inverted, 255 - image)
    assert inverted.refined == dark.refined


@pytest.mark.parametrize("options", [{"settled": 0.6}, {"settled": float("nan")}, {"threshold": 2}])
def test_bounds_that_would_leave_out_every_window_are_refused(options):
    with pytest.raises(RangeError, match=next(iter(options))):
        Tiled(**options)


def test_without_a_detail_path_what_is_settled_is_seen_all_the_same():
    image = noise(640, 1300)
    image[:, :700] //= 12
    watched = Watched(OnnxBackend(parts_model(), threads=1), stride=32)
    Tiled(threshold=-1.0, settled=0.5).predict(watched, image)
    assert len(watched.refined) == 2 * 4


@settings(max_examples=15)
@given(threads=st.integers(2, 5), batch=st.integers(1, 40_000), size=st.integers(1, 300))
def test_the_number_of_threads_changes_nothing(threads, batch, size):
    image = noise(size, 200)
    alone, together = (
        Tiled(core_px=32, batch_px=batch).predict(OnnxBackend(p3m_model(), threads=count), image)
        for count in (1, threads)
    )
    np.testing.assert_allclose(together, alone, atol=ROUNDING)


class Halving(Watched):
    """A backend whose detail path keeps the alpha that it is given, and notes it."""

    def __init__(self, backend):
        super().__init__(backend, from_halves=True)
        self.given = []

    def refine(self, images, maps):
        self.given.append(maps[0, 0].copy())
        super().refine(images, maps)
        return maps[:, 0] ** 2


def test_a_large_picture_is_refined_from_its_halvings_up(refining):
    watched = Halving(refining)
    image = noise(8 * 32, 8 * 32)
    alpha = Hybrid(area_px=32 * 32).predict(watched, image)
    assert watched.refined == [(1, side, side) for side in (64, 128, 256)]
    for below, above in pairwise(watched.given):
        enlarged = CoarseMaps((below**2)[None], (0.5, 0.5)).read((0, 0, *above.shape))[0]
        np.testing.assert_allclose(above, enlarged, atol=1e-6)
    np.testing.assert_allclose(alpha, watched.given[-1] ** 2, atol=1e-6)


@settings(max_examples=15)
@given(size=st.tuples(st.integers(1, 300), st.integers(1, 300)), core=st.integers(1, 80))
def test_windows_leave_no_trace_on_the_way_up_either(refining, size, core):
    backend = Watched(refining, from_halves=True)
    image = noise(*size)
    tiled = Tiled(core_px=core, **EVERYWHERE)
    np.testing.assert_allclose(
        tiled.predict(backend, image), Hybrid().predict(backend, image), atol=4 * ROUNDING
    )


def test_details_are_sharper_than_the_enlarged_alpha(refining):
    image = noise(128, 128)
    brightness = image.mean(axis=-1) / 255
    soft, sharp = (
        np.corrcoef(strategy.predict(refining, image).ravel(), brightness.ravel())[0, 1]
        for strategy in (Resize(), Hybrid())
    )
    assert sharp > soft + 0.1


def test_a_plain_models_details_are_its_own(rng):
    backend = OnnxBackend(plain_model(), threads=1)
    image = rng.integers(64, 192, (300, 260, 3), dtype=np.uint8)
    brightness = image.mean(axis=-1) / 255
    for strategy in (Hybrid(area_px=32 * 32), Tiled(area_px=32 * 32, core_px=64)):
        np.testing.assert_allclose(strategy.predict(backend, image), brightness, atol=1e-5)


def test_a_model_that_gives_its_parts_refines_with_the_local_alpha():
    backend = OnnxBackend(parts_model(), threads=1)
    y, x = np.mgrid[:300, :260]
    image = np.repeat((x / 3 + y / 5 + 8 * (x % 2) + 30)[..., None], 3, axis=2).astype(np.uint8)
    brightness = image.mean(axis=-1) / 255
    certain = (brightness > 0.25) & (brightness < 0.7)
    for strategy in (Hybrid(area_px=64 * 64), Tiled(area_px=64 * 64, core_px=64)):
        alpha = strategy.predict(backend, image)
        np.testing.assert_allclose(alpha[certain], brightness[certain], atol=1e-5)
    soft = Resize(area_px=64 * 64).predict(backend, image)
    assert np.abs(soft - brightness)[certain].mean() > 0.01


def test_windows_that_see_different_things_fade_into_each_other():
    y, x = np.mgrid[:300, :448]
    image = np.repeat((60 + x / 6 + y / 30)[..., None], 3, axis=2).astype(np.uint8)
    backend = OnnxBackend(parts_model(context=0.5), threads=1)
    size, boundaries = {"core_px": 128, "halo_px": 64}, [192, 320]
    hard = Tiled().predict(Watched(backend, **size, blend_px=0), image)
    soft = Tiled().predict(Watched(backend, **size, blend_px=64), image)
    jumps, soft_jumps = (np.abs(np.diff(alpha, axis=1)).max(axis=0) for alpha in (hard, soft))
    seams = [boundary - 1 for boundary in boundaries]
    assert jumps[seams].min() > 0.02 > 4 * np.delete(jumps, seams).max()
    assert soft_jumps.max() < 0.006
    assert np.abs(soft - hard).max() < 0.05


def test_windows_of_512_pixels_one_at_a_time_bound_the_memory():
    watched = Watched(OnnxBackend(parts_model(), threads=1), stride=32, area_px=10**6)
    image = np.full((1080, 1620, 3), 128, dtype=np.uint8)
    Tiled().predict(watched, image)
    assert set(watched.refined) == {(1, 512, 512)}
    assert len(watched.refined) == 12
    assert watched.seen == [(448, 640)]  # 512 * 512 and what padding adds


@pytest.mark.parametrize(
    ("size", "seen"),
    [
        ((10, 20), (16, 24)),
        ((32, 32), (32, 32)),
        ((320, 320), (32, 32)),
        ((300, 1200), (16, 64)),
        ((1, 100_000), (8, 512)),
    ],
)
def test_the_network_sees_the_whole_picture_padded_never_enlarged(refining, size, seen):
    watched = Watched(refining)
    Resize().predict(watched, np.zeros((*size, 3), dtype=np.uint8))
    assert watched.seen == [seen]
    assert seen[0] * seen[1] <= 4 * AREA_PX


def test_a_sharp_step_stays_in_its_place(backend):
    image = np.zeros((200, 300, 3), dtype=np.uint8)
    image[:, 100:] = 255
    for name in OURS:
        alpha = STRATEGIES[name].predict(backend, image)
        assert abs(float((1 - alpha[100]).sum()) - 100) < 0.5


def test_numbers_that_make_no_sense_are_refused():
    with pytest.raises(RangeError, match="area_px is 0; it must be at least 1"):
        Resize(area_px=0)
    with pytest.raises(RangeError, match="area_px is -5"):
        Hybrid(area_px=-5)
    with pytest.raises(RangeError, match="core_px is 0"):
        Tiled(core_px=0)


def test_a_misspelt_strategy_gets_a_suggestion():
    with pytest.raises(UnknownNameError, match="No strategy named 'tile'. Did you mean 'tiled'"):
        STRATEGIES["tile"]
