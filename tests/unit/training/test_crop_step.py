from contextlib import contextmanager

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from p3m.losses.objective import RELEASED, P3MObjective
from p3m.models.contract import MattingOutput
from p3m.training.crop_step import CropStep, matting_target


class Tiny(nn.Module):
    """A network of one convolution, which says all that a matting network says."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 7, 3, padding=1)

    def forward(self, image: Tensor) -> MattingOutput:
        maps = self.conv(image)
        logits, local = maps[:, :3], maps[:, 3:4].sigmoid()
        return MattingOutput(logits, local, maps[:, 4:5].sigmoid(), (logits,) * 3)


def _batch(*, layers: bool = True) -> dict[str, Tensor]:
    draw = np.random.default_rng(0)
    batch = {
        "image": draw.integers(0, 256, (2, 32, 32, 3)),
        "alpha": draw.choice([0, 128, 255], (2, 32, 32)),
        "trimap": draw.choice([0, 60, 128, 200, 255], (2, 32, 32)),
    }
    if layers:
        batch["foreground"], batch["background"] = draw.integers(0, 256, (2, 2, 32, 32, 3))
    return {name: torch.from_numpy(value.astype(np.uint8)) for name, value in batch.items()}


def test_the_target_says_what_the_batch_says() -> None:
    batch = _batch()
    target = matting_target(batch)
    assert target.alpha.shape == target.trimap.shape == target.unknown.shape == (2, 1, 32, 32)
    assert torch.equal(target.alpha[:, 0] * 255, batch["alpha"].float())
    assert torch.equal(target.image.permute(0, 2, 3, 1), batch["image"] / 255)
    by_value = {0: 0, 60: 1, 128: 1, 200: 1, 255: 2}
    for value, number in by_value.items():
        assert (target.trimap[:, 0][batch["trimap"] == value] == number).all(), value
    assert torch.equal(target.unknown[:, 0], batch["trimap"] == 128)


def test_a_step_has_every_term_and_a_gradient() -> None:
    model = Tiny()
    terms = CropStep(P3MObjective())(model, _batch(), 0)
    assert {"side", "global", "local_l1", "fused_laplacian", "composition"} <= terms.parts.keys()
    terms.total.backward()
    assert model.conv.weight.grad.abs().sum() > 0


def test_without_layers_there_is_no_composition() -> None:
    assert "composition" not in CropStep(RELEASED)(Tiny(), _batch(layers=False), 0).parts


def test_the_network_sees_normalised_colours() -> None:
    seen = []
    model = Tiny()
    model.conv.register_forward_hook(lambda _, inputs, __: seen.append(inputs[0]))
    batch = _batch()
    CropStep(P3MObjective(), mean=(0.5, 0.5, 0.5), std=(0.5, 0.25, 0.5))(model, batch, 0)
    expected = (batch["image"].permute(0, 3, 1, 2) / 255 - 0.5) / 0.5
    torch.testing.assert_close(seen[0][:, 0], expected[:, 0])
    torch.testing.assert_close(seen[0][:, 1], expected[:, 1] * 2)


@pytest.mark.parametrize(("composed", "perfect"), [("image", False), ("layers", True)])
def test_degraded_pictures_are_not_what_the_layers_compose(composed, perfect) -> None:
    class Knowing(Tiny):
        def forward(self, image: Tensor) -> MattingOutput:
            truth = _batch()["alpha"][:, None] / 255
            return super().forward(image)._replace(alpha=truth)

    terms = CropStep(P3MObjective(), composed=composed)(Knowing(), _batch(), 0)
    assert (terms.parts["composition"].item() < 1e-5) == perfect


def test_a_batch_may_be_changed_and_the_network_watched() -> None:
    happened = []

    def darken(batch):
        happened.append("changed")
        return {**batch, "image": batch["image"] // 4}

    @contextmanager
    def watch(model, batch):
        happened.append(int(batch["image"].max()))
        yield
        happened.append("seen")

    terms = CropStep(RELEASED, change=darken, during=watch)(Tiny(), _batch(), 0)
    assert happened == ["changed", 63, "seen"]
    assert "composition" in terms.parts
