import numpy as np
import pytest
import torch
from torch import nn

from p3m.models.p3mnet_lite.model import P3MNetLite
from p3m.training.distillation import Regressor, distillation_loss, listening


def _features() -> tuple[torch.Tensor, torch.Tensor]:
    """Features of 5 channels, and a teacher's that depend on them linearly, but for noise."""
    ours = 3 * torch.randn(2, 5, 6, 7) + 1
    theirs = torch.einsum("oi,bihw->bohw", torch.randn(5, 5), ours) + 2 * torch.randn(2, 5, 6, 7)
    return ours, theirs


def test_the_loss_of_the_best_linear_map_is_the_variance_that_it_does_not_tell() -> None:
    ours, theirs = _features()
    x, y = (f.permute(0, 2, 3, 1).reshape(-1, 5).numpy().astype(np.float64) for f in (ours, theirs))
    x, y = ((values - values.mean(axis=0)) / values.std(axis=0) for values in (x, y))
    best = np.linalg.lstsq(x, y, rcond=None)[0]
    regressor = Regressor([5])
    expected = ((y - x @ best) ** 2).sum() / (y**2).sum()
    assert 0.05 < expected < 0.95
    with torch.no_grad():
        regressor.maps[0].weight.copy_(torch.from_numpy(best.T)[..., None, None])
        loss = distillation_loss(regressor([ours]), [theirs])
    assert float(loss) == pytest.approx(expected, rel=1e-4)


def test_maps_that_know_nothing_tell_nothing_and_do_not_pull() -> None:
    ours, theirs = _features()
    ours.requires_grad_()
    regressor = Regressor([5])
    loss = distillation_loss(regressor([ours]), [theirs])
    assert loss.item() == pytest.approx(1.0, rel=1e-4)
    loss.backward()
    assert float(ours.grad.abs().max()) == 0.0
    assert float(regressor.maps[0].weight.grad.abs().max()) > 0.0


def test_the_deepest_features_are_mapped_each_to_its_own() -> None:
    pyramid = [torch.randn(2, channels, 4, 4) for channels in (2, 3, 4)]
    regressor = Regressor([3, 4])
    with torch.no_grad():
        for one in regressor.maps:
            nn.init.dirac_(one.weight)
        told = regressor(pyramid)
    assert [one.shape for one in told] == [pyramid[1].shape, pyramid[2].shape]
    assert float(distillation_loss(told, pyramid)) == pytest.approx(0.0, abs=1e-6)


def test_nobody_listens_after_an_error() -> None:
    encoder = P3MNetLite().base.encoder
    with pytest.raises(RuntimeError, match="9 channels"), listening(encoder):
        encoder(torch.zeros(1, 9, 32, 32))
    assert not encoder._forward_hooks
