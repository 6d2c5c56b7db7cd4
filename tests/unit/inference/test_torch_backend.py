from typing import NamedTuple

import numpy as np
import pytest
import torch
from torch import nn

from p3m.core.errors import ShapeError
from p3m.inference.backend import OnnxBackend
from p3m.inference.outputs import normalised
from p3m.inference.spec import ModelSpec
from p3m.inference.strategy import STRATEGIES, Hybrid, Tiled
from p3m.inference.torch_backend import TorchBackend
from p3m.models.p3mnet_lite.detail import DetailPath
from p3m.models.p3mnet_lite.model import P3MNetLite
from support.images import noise, portrait
from support.onnx_models import (
    AREA_PX,
    HALO_PX,
    MEAN,
    MULTIPLE,
    STD,
    STRIDE,
    p3m_model,
    parts_model,
)

pytestmark = pytest.mark.onnx

ROUNDING = 2e-6  # float32 sums of three products
SPEC = ModelSpec(
    name="brightness", stride=STRIDE, area_px=AREA_PX, mean=MEAN, std=STD, window_multiple=STRIDE
)


class Output(NamedTuple):
    global_logits: torch.Tensor
    local_alpha: torch.Tensor
    alpha: torch.Tensor
    coarse: torch.Tensor | None


class Brightness(nn.Module):
    """The networks of `support.onnx_models` again, in torch."""

    def __init__(self, *, coarse=False):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(STD).view(1, 3, 1, 1))
        self.shift = torch.tensor(MEAN).view(1, 3, 1, 1)
        self.coarse = coarse

    def bright(self, image):
        return (image * self.scale + self.shift).mean(dim=1, keepdim=True).clamp(0, 1)

    def forward(self, image):
        bright = self.bright(image)
        logits = torch.cat([0.2 - bright, 0 * bright, bright - 0.8], dim=1)
        if not self.coarse:
            fused = torch.where(bright < 0.2, 0.0, torch.where(bright > 0.8, 1.0, bright))
            return Output(logits, bright, fused, None)
        low = nn.functional.avg_pool2d(bright, 2)
        return Output(logits, bright, bright, torch.cat([low, 4 * low * (1 - low), low], dim=1))


class Sharpen(Brightness):
    def forward(self, image, coarse):
        bright = self.bright(image)
        mean = nn.functional.avg_pool2d(bright, 2 * HALO_PX + 1, stride=1, padding=HALO_PX)
        return (coarse[:, :1] + coarse[:, 1:2] * (bright - mean) / 2).clamp(0, 1)


@pytest.fixture(scope="module")
def plain():
    return TorchBackend(Brightness(), SPEC)


@pytest.fixture(scope="module")
def refining():
    spec = SPEC.with_detail(multiple=MULTIPLE, halo_px=HALO_PX)
    return TorchBackend(Brightness(coarse=True), spec, detail=Sharpen())


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_network_gives_what_its_onnx_file_gives(plain, name):
    image = portrait(160, 200)[0] // 4 * 4 + 1  # no brightness is exactly 0.2 or 0.8
    expected = STRATEGIES[name].predict(OnnxBackend(parts_model(), threads=1), image)
    alpha = STRATEGIES[name].predict(plain, image)
    assert 0 < expected.mean() < 1
    np.testing.assert_allclose(alpha, expected, atol=ROUNDING)


@torch.inference_mode()
def test_the_default_network_is_run_as_it_runs_itself():
    network = P3MNetLite().eval()
    nn.init.normal_(network.detail.head.weight, std=0.3)
    spec = ModelSpec(name="lite", area_px=32 * 32).with_detail(
        multiple=DetailPath.MULTIPLE, halo_px=DetailPath.HALO_PX, from_halves=DetailPath.FROM_HALVES
    )
    image = np.kron(noise(32, 32), np.ones((4, 4, 1), np.uint8))  # its halves are exact
    planes = torch.from_numpy(normalised(image[None], spec))
    expected = network(planes, base_size=(32, 32)).alpha[0, 0].numpy()
    backend = TorchBackend(network.base, spec, detail=network.detail)
    np.testing.assert_allclose(Hybrid().predict(backend, image), expected, atol=1e-4)


@pytest.mark.parametrize("name", ["tiled", "hybrid", "resize"])
@pytest.mark.parametrize("size", [(1, 1), (131, 77)])
def test_so_does_one_with_a_detail_path(refining, name, size):
    backend = OnnxBackend(p3m_model(), threads=1)
    assert refining.spec == backend.spec
    image = noise(*size)
    expected = STRATEGIES[name].predict(backend, image)
    np.testing.assert_allclose(STRATEGIES[name].predict(refining, image), expected, atol=ROUNDING)


def test_parts_are_the_networks(plain):
    image = noise(16, 24) // 4 * 4 + 1
    ours, theirs = plain.parts(image), OnnxBackend(parts_model(), threads=1).parts(image)
    assert plain.gives_parts
    assert plain.refiners == 1
    np.testing.assert_array_equal(ours.classes, theirs.classes)
    np.testing.assert_allclose(ours.local_alpha, theirs.local_alpha, atol=ROUNDING)
    np.testing.assert_allclose(ours.alpha, theirs.alpha, atol=ROUNDING)


def test_the_network_runs_in_eval_mode_without_gradients_and_channels_last():
    seen = []

    class Watching(Brightness):
        def forward(self, image):
            layout = image.is_contiguous(memory_format=torch.channels_last)
            seen.append((self.training, torch.is_grad_enabled(), layout))
            return super().forward(image)

    TorchBackend(Watching().train(), SPEC).coarse(noise(16, 24))
    assert seen == [(False, False, True)]


def test_a_network_in_half_precision_answers_in_single(refining):
    class Half(Brightness):
        def forward(self, image):
            return Output(*(part.bfloat16() for part in super().forward(image)[:3]), None)

    alpha = Tiled().predict(TorchBackend(Half(), SPEC), noise(64, 64))
    assert alpha.dtype == np.float32


def test_wrong_shapes_are_refused(refining):
    with pytest.raises(ShapeError, match=r"image has shape \(8, 8\)"):
        refining.coarse(np.zeros((8, 8), dtype=np.uint8))
    with pytest.raises(ShapeError, match=r"maps has shape \(1, 3, 4, 8\).*1 C 8 8"):
        refining.refine(noise(8, 8)[None], np.zeros((1, 3, 4, 8), dtype=np.float32))


@pytest.mark.gpu
def test_a_gpu_gives_what_the_processor_gives(plain):
    if not torch.cuda.is_available():
        pytest.skip("no GPU")
    image = noise(128, 96)
    other = TorchBackend(Brightness(), SPEC, device="cuda")
    np.testing.assert_allclose(
        Tiled().predict(other, image), Tiled().predict(plain, image), atol=1e-4
    )
