from types import SimpleNamespace

import pytest
import torch
from torch import Tensor, nn

from p3m.core.errors import ConfigError
from p3m.losses.objective import P3MObjective
from p3m.models.p3mnet_lite.model import P3MNetLite
from p3m.training.hardest import take_hardest
from p3m.training.norm import set_training
from p3m.training.two_scale import TwoScale, TwoScaleSettings, TwoScaleStep

SIZES = {"base_sides_px": (64,), "window_px": 32}


class _TakesRedForPeople(nn.Module):
    """Its alpha is 1 where a picture is red; notes how it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(3)
        self.frozen = nn.BatchNorm2d(3).requires_grad_(False)
        self.asked: list[tuple[bool, bool, tuple[int, ...]]] = []

    def forward(self, image: Tensor) -> SimpleNamespace:
        self.asked.append((self.training, torch.is_grad_enabled(), tuple(image.shape[-2:])))
        self.frozen(self.norm(image))
        return SimpleNamespace(alpha=(image[:, :1] > 0).float())


def _batch() -> dict[str, object]:
    """Somebody large and red; nobody, but red; somebody small; somebody who is not red; nobody."""
    rows = [(50, 50), (0, 30), (8, 0), (40, 0), (0, 0)]
    image = torch.zeros(5, 64, 64, 3, dtype=torch.uint8)
    alpha = torch.zeros(5, 64, 64, dtype=torch.uint8)
    for number, (person, red) in enumerate(rows):
        alpha[number, :person] = 255
        image[number, :red, :, 0] = 255
    names = ["right", "seen in a wall", "small", "overlooked", "empty"]
    return {"image": image, "alpha": alpha, "index": torch.arange(4, 9), "name": names}


def _samples(*numbers: int) -> dict[str, Tensor]:
    """Noise as `p3m.data.composites` makes samples, and people of very different size in it."""
    draw = torch.Generator().manual_seed(3)
    shapes = {"image": (4, 128, 128, 3), "foreground": (4, 64, 64, 3), "background": (4, 64, 64, 3)}
    batch = {
        name: torch.randint(0, 256, shape, dtype=torch.uint8, generator=draw)
        for name, shape in shapes.items()
    }
    alpha = torch.zeros(4, 128, 128, dtype=torch.uint8)
    for number, rows in enumerate((4, 120, 30, 100)):
        alpha[number, :rows] = 255
    batch |= {"alpha": alpha, "index": torch.arange(4)}
    return {name: values[list(numbers)] for name, values in batch.items()} if numbers else batch


def test_samples_with_the_greatest_error_are_taken_in_their_order() -> None:
    batch = _batch()
    taken = take_hardest(_TakesRedForPeople(), batch, 0.4)
    assert taken["name"] == ["seen in a wall", "overlooked"]
    assert taken["index"].tolist() == [5, 7]
    for name in ("image", "alpha"):
        assert torch.equal(taken[name], batch[name][[1, 3]])


@pytest.mark.parametrize(("share", "count"), [(0.01, 1), (0.5, 2), (0.7, 4), (0.95, 5)])
def test_the_share_is_rounded_and_one_is_always_taken(share, count) -> None:
    assert len(take_hardest(_TakesRedForPeople(), _batch(), share)["name"]) == count


def test_nothing_is_looked_at_where_all_are_taken() -> None:
    base, batch = _TakesRedForPeople(), _batch()
    assert take_hardest(base, batch, 0.95) == batch
    assert not base.asked


def test_a_glance_leaves_no_trace_in_the_network() -> None:
    base = _TakesRedForPeople()
    before = {name: value.clone() for name, value in base.state_dict().items()}
    take_hardest(base, _batch(), 0.5)
    assert base.asked == [(False, False, (224, 224))]
    assert all(torch.equal(value, before[name]) for name, value in base.state_dict().items())
    assert base.norm.training
    assert not base.frozen.training


@torch.no_grad()
def test_a_step_is_that_of_the_samples_taken() -> None:
    """A network that finds nobody errs by the size of people: most in the second and the last."""
    network = P3MNetLite().train()
    nn.init.zeros_(network.base.classify.weight)
    network.base.classify.bias.copy_(torch.tensor([20.0, 0.0, 0.0]))
    all_of_them, half = (
        TwoScaleStep(P3MObjective(), TwoScaleSettings(**SIZES, hardest=share), seed=1)
        for share in (1.0, 0.5)
    )
    model = TwoScale(network)
    loss = float(half(model, _samples(), 3).total)
    assert loss == pytest.approx(float(all_of_them(model, _samples(1, 3), 3).total), rel=1e-5)
    assert loss != pytest.approx(float(all_of_them(model, _samples(), 3).total), rel=1e-3)


def test_in_mixed_precision_every_weight_learns() -> None:
    model = TwoScale(P3MNetLite())
    set_training(model)
    step = TwoScaleStep(P3MObjective(), TwoScaleSettings(**SIZES, hardest=0.5), seed=1)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = step(model, _samples(), 0).total
    loss.backward()
    assert not [name for name, weight in model.named_parameters() if weight.grad is None]


@pytest.mark.parametrize("share", [0.0, -0.5, 1.5])
def test_other_shares_are_refused(share) -> None:
    with pytest.raises(ConfigError, match="hardest"):
        TwoScaleSettings(hardest=share)
