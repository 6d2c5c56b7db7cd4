from types import SimpleNamespace

import pytest
import torch
from torch import Tensor, nn

from p3m.core.errors import ConfigError
from p3m.losses.objective import P3MObjective
from p3m.models.p3mnet_lite.model import P3MNetLite
from p3m.training.hardest import hardest
from p3m.training.two_scale import TwoScale, TwoScaleSettings, TwoScaleStep

SHAPES = {
    "image": (4, 128, 128, 3),
    "alpha": (4, 128, 128),
    "foreground": (4, 64, 64, 3),
    "background": (4, 64, 64, 3),
}


class _SaysRed(nn.Module):
    """Takes what is red for a person; notes in which mode, and at which size, it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(3)
        self.frozen = nn.BatchNorm2d(3).requires_grad_(False)
        self.asked: list[tuple[bool, bool, tuple[int, ...]]] = []

    def forward(self, image: Tensor) -> SimpleNamespace:
        self.asked.append((self.training, torch.is_grad_enabled(), tuple(image.shape[-2:])))
        return SimpleNamespace(alpha=(image[:, :1] > 0).float())


def _batch() -> dict[str, object]:
    """Pictures without any red; so the error is the alpha, and the second and last are hardest."""
    alpha = torch.zeros(4, 64, 64, dtype=torch.uint8)
    for number, rows in enumerate((4, 40, 8, 30)):
        alpha[number, :rows] = 255
    image = torch.zeros(4, 64, 64, 3, dtype=torch.uint8)
    names = ["anna", "ben", "cleo", "dan"]
    return {"image": image, "alpha": alpha, "index": torch.arange(4, 8), "name": names}


def _random_batch() -> dict[str, Tensor]:
    draw = torch.Generator().manual_seed(3)
    batch = {
        name: torch.randint(0, 256, shape, dtype=torch.uint8, generator=draw)
        for name, shape in SHAPES.items()
    }
    return {**batch, "index": torch.arange(4)}


def test_the_samples_with_the_greatest_error_are_kept_in_their_order() -> None:
    model = nn.Module()
    model.base = _SaysRed()
    batch = _batch()
    kept = hardest(model, batch, 0.5)
    assert kept["name"] == ["ben", "dan"]
    assert kept["index"].tolist() == [5, 7]
    assert torch.equal(kept["alpha"], batch["alpha"][[1, 3]])
    assert kept["image"].shape == (2, 64, 64, 3)


def test_at_least_one_sample_is_kept() -> None:
    model = nn.Module()
    model.base = _SaysRed()
    assert hardest(model, _batch(), 0.01)["name"] == ["ben"]


def test_the_glance_leaves_no_trace_in_the_network() -> None:
    model = nn.Module()
    model.base = _SaysRed()
    hardest(model, _batch(), 0.5)
    assert model.base.asked == [(False, False, (224, 224))]
    assert model.base.norm.training
    assert not model.base.frozen.training


@torch.no_grad()
def test_the_step_is_that_of_the_samples_kept() -> None:
    model = TwoScale(P3MNetLite().train())
    batch, sizes = _random_batch(), {"base_sides_px": (64,), "window_px": 32}
    chosen = hardest(model, batch, 0.5)
    whole, half = (
        TwoScaleStep(P3MObjective(), TwoScaleSettings(**sizes, hardest=share), seed=1)
        for share in (1.0, 0.5)
    )
    expected = whole(model, chosen, 3)
    assert float(half(model, batch, 3).total) == pytest.approx(float(expected.total), rel=1e-6)
    assert float(whole(model, batch, 3).total) != pytest.approx(float(expected.total), rel=1e-6)


@pytest.mark.parametrize("share", [0.0, -0.5, 1.5])
def test_other_shares_are_refused(share) -> None:
    with pytest.raises(ConfigError, match="hardest"):
        TwoScaleSettings(hardest=share)
