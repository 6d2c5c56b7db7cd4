from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch._dynamo.testing import CompileCounter

from p3m.core.errors import ConfigError
from p3m.losses.objective import P3MObjective
from p3m.models.contract import MattingOutput
from p3m.models.p3mnet_lite.model import P3MNetLite
from p3m.ops.normalize import normalize, to_planes
from p3m.training.distillation import Regressor
from p3m.training.two_scale import TwoScale, TwoScaleSettings, TwoScaleStep, crop
from support.tolerances import tolerance

SETTINGS = TwoScaleSettings(base_sides_px=(64,), window_px=32)


def _batch() -> dict[str, torch.Tensor]:
    draw = torch.Generator().manual_seed(0)
    y, x = np.mgrid[:128, :128]
    alpha = np.clip((40 - np.hypot(x - 64, y - 64)) / 4 + 0.5, 0, 1)
    shapes = {"image": (2, 128, 128, 3), "foreground": (2, 64, 64, 3), "background": (2, 64, 64, 3)}
    batch = {
        name: torch.randint(0, 256, shape, dtype=torch.uint8, generator=draw)
        for name, shape in shapes.items()
    }
    batch["index"] = torch.tensor([6, 7])
    batch["alpha"] = torch.from_numpy(np.rint(alpha * 255).astype(np.uint8)).expand(2, -1, -1)
    return batch


def test_a_step_has_every_term_and_reaches_every_part() -> None:
    model = P3MNetLite().train()
    step = TwoScaleStep(P3MObjective(), SETTINGS, seed=1)
    terms = step(TwoScale(model), _batch(), 0)
    assert {"side", "global", "fused_l1", "composition", "detail_l1"} <= terms.parts.keys()
    terms.total.backward()
    for name in ("base.encoder.stem.0", "base.classify", "base.estimate", "detail.head"):
        assert float(model.get_submodule(name).weight.grad.abs().sum()) > 0, name


def test_the_numbers_of_step_and_samples_decide_all_that_is_drawn() -> None:
    model = TwoScale(P3MNetLite().eval())
    sides = TwoScaleSettings(base_sides_px=(64, 96), window_px=32)
    step = TwoScaleStep(P3MObjective(), sides, seed=1)
    batch, others = _batch(), {**_batch(), "index": torch.tensor([8, 9])}
    with torch.inference_mode():
        first, again = (float(step(model, batch, 4).total) for _ in range(2))
        steps = {float(step(model, batch, number).total) for number in range(4)}
        windows = float(step(model, others, 4).total)
    assert first == again
    assert len(steps) > 1
    assert first != windows


@torch.inference_mode()
def test_windows_are_refined_as_the_whole_picture_is_from_its_halvings_up() -> None:
    network = P3MNetLite().eval()
    nn.init.normal_(network.detail.head.weight, std=0.3)
    image = torch.randn(2, 3, 256, 256)
    whole = network(image, base_size=(64, 64)).alpha
    corners = [(64, 96), (8, 0)]
    window = TwoScale(network)(image, 64, corners, 128).window_alpha
    inner, rim = slice(40, -40), [40] * 4  # a window's zeros beyond its edge reach so far
    torch.testing.assert_close(
        window[..., inner, inner], F.pad(crop(whole, corners, 128), [-px for px in rim])
    )
    assert not torch.allclose(whole, network.detail(image, _enlarged(network, image)))


def _enlarged(network: P3MNetLite, image: torch.Tensor) -> torch.Tensor:
    small = F.interpolate(image, (64, 64), mode="area")
    return F.interpolate(network.base(small).coarse, (256, 256), mode="bilinear")


def test_a_window_is_the_samples_own_however_a_batch_is_divided() -> None:
    class Corners(torch.nn.Module):
        def forward(self, image, base_side, corners, window_px):
            seen.append(corners)
            raise StopIteration

    seen: list[list[tuple[int, int]]] = []
    step = TwoScaleStep(P3MObjective(), SETTINGS, seed=1)
    whole = _batch()
    for samples in (slice(0, 2), slice(0, 1), slice(1, 2)):
        with pytest.raises(StopIteration):
            step(Corners(), {name: value[samples] for name, value in whole.items()}, 3)
    assert seen[0] == seen[1] + seen[2]
    assert seen[0][0] != seen[0][1]


class _Teacher(nn.Module):
    """Gives features of the encoder's shapes, and keeps what it was shown."""

    def forward(self, image):
        self.shown = image
        sizes = {channels: image.shape[-1] // stride for channels, stride in ((112, 16), (320, 32))}
        draw = torch.Generator().manual_seed(0)
        return [torch.randn(len(image), c, s, s, generator=draw) for c, s in sizes.items()]


def test_a_teacher_sees_the_clean_colours_and_what_it_has_pulls_at_the_encoder() -> None:
    network = TwoScale(P3MNetLite().train(), Regressor([112, 320]))
    for one in network.regressor.maps:
        nn.init.normal_(one.weight, std=0.1)
    batch, teacher = _batch(), _Teacher()
    once, thrice, never = (
        TwoScaleStep(
            P3MObjective(), replace(SETTINGS, distillation=weight), seed=1, teacher=teacher
        )(network, batch, 0)
        for weight in (1.0, 3.0, 0.0)
    )
    missed = once.total - never.total
    torch.testing.assert_close(missed.detach(), once.parts["distillation"])
    torch.testing.assert_close(thrice.total - never.total, 3 * missed)
    missed.backward()
    stem = network.base.get_submodule("encoder.stem.0")
    assert float(stem.weight.grad.abs().max()) > 1e-6
    head = network.base.get_submodule("classify")
    assert float(head.weight.grad.abs().max()) < 1e-6
    foreground, background = (to_planes(batch[name]) for name in ("foreground", "background"))
    alpha = F.interpolate(to_planes(batch["alpha"][..., None]), (64, 64), mode="area")
    torch.testing.assert_close(
        teacher.shown, normalize(alpha * foreground + (1 - alpha) * background)
    )


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_in_mixed_precision_the_loss_is_nearly_the_same_and_in_float32(dtype) -> None:
    model = TwoScale(P3MNetLite().eval())
    step = TwoScaleStep(P3MObjective(), SETTINGS, seed=1)
    whole = step(model, _batch(), 0)
    with torch.autocast("cpu", dtype=dtype):
        mixed = step(model, _batch(), 0)
    assert mixed.total.dtype == torch.float32
    assert mixed.total.item() == pytest.approx(
        whole.total.item(), rel=tolerance("bfloat16")["rtol"]
    )


class _Base(nn.Conv2d):
    """Gives coarse maps as a network's base does, and nothing else."""

    def forward(self, image):
        coarse = super().forward(image)
        return MattingOutput(coarse, coarse, coarse, (), coarse)


class _Detail(nn.Conv2d):
    def forward(self, image, coarse):
        return super().forward(image) + coarse.mean(dim=1, keepdim=True)


@pytest.mark.filterwarnings("ignore::DeprecationWarning:torch")  # its compiler's own
def test_new_windows_are_not_compiled_again() -> None:
    parts = SimpleNamespace(base=_Base(3, 2, 3, padding=1), detail=_Detail(3, 1, 3, padding=1))
    model, counter = TwoScale(parts), CompileCounter()
    model.compile(backend=counter)
    image = torch.rand(2, 3, 32, 32)
    windows = [[(0, 2), (4, 8)], [(6, 6), (0, 0)], [(10, 4), (2, 2)]]
    alphas, compiled = [], []
    for corners in windows:
        with torch.no_grad():
            alphas.append(model(image, 16, corners, 8).window_alpha)
        compiled.append(counter.frame_count)
    assert compiled == [2, 2, 2]  # base and detail, once each
    for corners, alpha in zip(windows, alphas, strict=True):
        with torch.compiler.set_stance("force_eager"):
            torch.testing.assert_close(alpha, model(image, 16, corners, 8).window_alpha.detach())


def test_names_of_the_weights_are_those_of_the_network() -> None:
    model = P3MNetLite()
    assert TwoScale(model).state_dict().keys() == model.state_dict().keys()


def test_what_is_not_told_cannot_be_rewarded() -> None:
    with pytest.raises(ConfigError, match=r"scales\.distillation is -0\.1"):
        TwoScaleSettings(distillation=-0.1)


def test_windows_are_where_they_should_be() -> None:
    maps = torch.arange(2 * 8 * 8).reshape(2, 1, 8, 8)
    windows = crop(maps, [(0, 2), (4, 4)], 4)
    assert torch.equal(windows[0], maps[0, :, 0:4, 2:6])
    assert torch.equal(windows[1], maps[1, :, 4:8, 4:8])
