import pickle

import numpy as np
import pytest

from p3m.core.errors import ConfigError, TrainingError
from p3m.data.crops import CropDataset, CropSettings
from p3m.data.foregrounds import ForegroundCache
from p3m.data.portraits import PortraitFolder, read_portrait_folder
from support.pack import write_pack

SMALL = CropSettings(crop_sides_px=(40, 56), side_px=32, trimap_kernel_px=(3, 7))
ROUGH = CropSettings(
    crop_sides_px=(40, 56),
    side_px=32,
    light=0.9,
    grey=0.5,
    blur=0.5,
    noise=0.5,
    jpeg=0.5,
    low_resolution=0.5,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> PortraitFolder:
    return read_portrait_folder(write_pack(tmp_path_factory.mktemp("crops") / "pack"))


@pytest.fixture(scope="module")
def layers(folder, tmp_path_factory) -> ForegroundCache:
    cache = ForegroundCache(tmp_path_factory.mktemp("layers"), both=True)
    cache.prepare(folder.portraits)
    return cache


def _dataset(folder, settings=SMALL, **options) -> CropDataset:
    return CropDataset(folder.portraits, settings, seed=3, length=100, **options)


@pytest.mark.parametrize("settings", [SMALL, ROUGH])
def test_a_sample_is_known_by_its_number(folder, layers, settings) -> None:
    first, second = (_dataset(folder, settings, layers=layers) for _ in range(2))
    second[7]
    for name, value in first[3].items():
        assert np.array_equal(value, second[3][name]), name
    assert not np.array_equal(first[3]["image"], first[4]["image"])


def test_processes_that_are_started_anew_make_the_same_samples(folder, layers) -> None:
    dataset = _dataset(folder, layers=layers)
    sent = pickle.loads(pickle.dumps(dataset))  # noqa: S301
    assert np.array_equal(sent[5]["image"], dataset[5]["image"])


def test_shapes_types_and_values(folder, layers) -> None:
    dataset = _dataset(folder, ROUGH, layers=layers)
    assert len(dataset) == 100
    for index in range(20):
        sample = dataset[index]
        for name in ("image", "foreground", "background"):
            assert sample[name].shape == (32, 32, 3), name
        for name in ("alpha", "trimap", "faces"):
            assert sample[name].shape == (32, 32), name
        assert all(v.dtype == np.uint8 for v in sample.values() if isinstance(v, np.ndarray))
        assert set(np.unique(sample["faces"])) <= {0, 255}
        assert sample["name"] in {"p0", "p1", "p2", "p3"}
        assert sample["index"] == index


def test_without_layers_none_are_in_a_sample(folder) -> None:
    assert not {"foreground", "background"} & _dataset(folder)[0].keys()


def test_everybody_is_seen_once_an_epoch(folder) -> None:
    dataset = _dataset(folder)
    epochs = [[dataset[i]["name"] for i in range(n, n + 4)] for n in range(0, 24, 4)]
    assert all(sorted(epoch) == ["p0", "p1", "p2", "p3"] for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) > 1


def test_weights_decide_who_is_drawn(folder) -> None:
    dataset = _dataset(folder, weights=[0, 0, 5, 0])
    assert {dataset[i]["name"] for i in range(8)} == {"p2"}


def test_the_trimap_has_all_partial_alphas(folder) -> None:
    dataset = _dataset(folder, CropSettings(crop_sides_px=(32,), side_px=32))
    for index in range(8):  # crops of their own size, so that nothing is resampled
        sample = dataset[index]
        partial = (sample["alpha"] > 0) & (sample["alpha"] < 255)
        assert (sample["trimap"][partial] == 128).all()
        assert set(np.unique(sample["trimap"])) <= {0, 128, 255}


def test_the_layers_compose_the_sample(folder, layers) -> None:
    sample = _dataset(folder, layers=layers)[2]
    share = sample["alpha"][..., None] / 255
    composed = share * sample["foreground"] + (1 - share) * sample["background"]
    assert np.abs(composed - sample["image"]).mean() < 3


def _paint(image, alpha, faces, rng):
    changed = image.copy()
    changed[faces] = (255, 0, 255)
    return changed


def test_faces_are_hidden_in_picture_and_foreground(folder, layers) -> None:
    dataset = _dataset(
        folder, CropSettings(crop_sides_px=(72,), side_px=72), layers=layers, obfuscate=_paint
    )
    sample = dataset[0]
    hidden = sample["faces"] > 0
    assert hidden.sum() > 50
    for name in ("image", "foreground"):
        assert (sample[name][hidden] == (255, 0, 255)).all(), name
    assert (sample["alpha"][hidden] == 255).all()


def test_little_memory_changes_nothing(folder) -> None:
    tight = CropSettings(crop_sides_px=(40, 56), side_px=32, trimap_kernel_px=(3, 7), kept_mb=0)
    assert np.array_equal(_dataset(folder, tight)[5]["image"], _dataset(folder)[5]["image"])


def test_no_portraits_are_an_error(folder) -> None:
    with pytest.raises(TrainingError, match="at least one portrait"):
        _dataset(PortraitFolder((), ()))


def test_impossible_sizes_are_an_error() -> None:
    with pytest.raises(ConfigError, match="goes from 9 to 3"):
        CropSettings(trimap_kernel_px=(9, 3))
    with pytest.raises(ConfigError, match="at least 1"):
        CropSettings(crop_sides_px=())
