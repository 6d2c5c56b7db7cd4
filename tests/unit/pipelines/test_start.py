import numpy as np
import pytest
import torch
from torch import nn

from p3m import load_predictor
from p3m.config.load import load_settings, preset
from p3m.core.errors import ConfigError, InputError, UnknownNameError
from p3m.imaging.depth import quantize
from p3m.imaging.io import read_image
from p3m.imaging.resize import resize
from p3m.models.layers import ConvNormAct
from p3m.ops.normalize import normalize, to_planes
from p3m.pipelines.start import (
    build_model,
    exported_weights,
    settle_on_samples,
    with_permanent_name,
)
from p3m.pipelines.train_settings import TrainRun
from p3m.training.seeding import seed_initial_weights
from p3m.weights.catalog import weights_record
from p3m.weights.store import find_weights


def test_exported_weights_are_told_by_name_or_ending(tmp_path) -> None:
    assert exported_weights("p3mnet-lite") == find_weights("p3mnet-lite")
    assert exported_weights("p3mnet-lite@v0") == find_weights("p3mnet-lite@v0")
    for other in ("imagenet", "scratch", "imagnet", "p3m-basic", "runs/weights.safetensors"):
        assert exported_weights(other) is None
    with pytest.raises(UnknownNameError, match="p3mnet-lite@v0"):
        exported_weights("p3mnet-lite@v99")
    with pytest.raises(InputError, match=r"none\.ONNX: no such weights file"):
        exported_weights(str(tmp_path / "none.ONNX"))


def test_a_run_is_recorded_by_the_permanent_name_of_its_weights() -> None:
    run = load_settings(TrainRun, preset("p3mnet-lite"), ["initial=p3mnet-lite"])
    assert with_permanent_name(run).initial == weights_record("p3mnet-lite").name
    assert with_permanent_name(with_permanent_name(run)) == with_permanent_name(run)
    other = load_settings(TrainRun, preset("p3mnet-lite"))
    assert with_permanent_name(other) == other


def test_kernels_of_a_file_are_as_long_as_those_of_a_training_from_imagenet() -> None:
    """A step of the optimiser is as great beside them, then."""
    built = []
    for initial in ("imagenet", "p3mnet-lite"):
        seed_initial_weights(0)
        run = load_settings(TrainRun, preset("p3mnet-lite"), [f"initial={initial}"])
        built.append(build_model(run))
    pairs = [
        (one.conv.weight, other.conv.weight)
        for one, other in zip(*(model.modules() for model in built), strict=True)
        if isinstance(one, ConvNormAct)
    ]
    assert len(pairs) > 80
    for fresh, restored in pairs:
        assert not torch.equal(fresh, restored)
        before, after = (kernel.flatten(1).norm(dim=1) for kernel in (fresh, restored))
        there = (before > 0) & (after > 0)
        assert there.float().mean() > 0.6
        assert torch.allclose(after[there], before[there], rtol=1e-4)


class _Samples:
    """A few pictures of noise, with sides that are no multiples of 32."""

    def __len__(self) -> int:
        return 5

    def __getitem__(self, index: int) -> dict[str, np.ndarray]:
        rng = np.random.default_rng(index)
        alpha = np.zeros((144, 144), np.uint8)
        alpha[40:, 30:110] = 255
        return {"image": rng.integers(0, 256, (144, 144, 3), dtype=np.uint8), "alpha": alpha}


def test_settling_on_samples_keeps_answers_and_moves_statistics() -> None:
    model = build_model(load_settings(TrainRun, preset("p3mnet-lite"), ["initial=p3mnet-lite"]))
    image = torch.rand(1, 3, 128, 96)
    with torch.inference_mode():
        expected = model.eval()(image, base_size=(64, 64)).alpha
    settle_on_samples(model, _Samples(), transition=0.03)
    with torch.inference_mode():
        alpha = model(image, base_size=(64, 64)).alpha
    assert torch.allclose(alpha, expected, atol=1e-5)
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    assert all(norm.running_mean.any() for norm in norms)


def test_settling_gives_side_heads_that_tell_where_the_person_is(project) -> None:
    model = build_model(load_settings(TrainRun, preset("p3mnet-lite"), ["initial=p3mnet-lite"]))
    image = resize(read_image(project / "examples" / "portrait.jpg"), (256, 256))
    alpha = quantize(load_predictor("p3mnet-lite", threads=1)(image))
    settle_on_samples(model, [{"image": image, "alpha": alpha}], transition=0.03)
    with torch.inference_mode():
        out = model.eval()(
            normalize(to_planes(torch.from_numpy(image[None]))), base_size=(192, 192)
        )
    there = torch.from_numpy(resize(alpha, (192, 192)))
    known = (there == 0) | (there == 255)
    assert len(out.side_logits) == 3
    for logits in out.side_logits:
        person = logits[0, 2] > logits[0, 0]
        assert (person == (there > 0))[known].float().mean() > 0.97


def test_only_p3mnet_lite_starts_from_a_file_of_onnx() -> None:
    run = load_settings(TrainRun, preset("p3m-10k-r34"), ["initial=p3mnet-lite"])
    with pytest.raises(ConfigError, match="'p3mnet-r34' cannot start from an ONNX file"):
        build_model(run)
