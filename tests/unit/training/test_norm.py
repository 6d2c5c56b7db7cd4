from types import SimpleNamespace

import pytest
import torch
from torch import nn

from p3m.core.errors import ConfigError
from p3m.training.norm import count_together, set_training


def _process(processes: int, device: str) -> SimpleNamespace:
    return SimpleNamespace(num_processes=processes, device=torch.device(device))


def test_frozen_norm_keeps_its_statistics() -> None:
    model = nn.Sequential(nn.BatchNorm1d(2), nn.BatchNorm1d(2), nn.BatchNorm1d(2, affine=False))
    model[0].requires_grad_(False)
    set_training(model.eval())
    assert [module.training for module in model] == [False, True, True]
    before = model[0].running_mean.clone()
    model(torch.randn(4, 2) + 3)
    assert torch.equal(model[0].running_mean, before)
    assert not torch.equal(model[1].running_mean, torch.zeros(2))


def test_several_processes_count_together_where_asked() -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2))
    parameters = list(model.parameters())
    assert count_together(model, _process(1, "cuda")) is model
    assert isinstance(model[1], nn.BatchNorm2d)
    together = count_together(model, _process(2, "cuda"))
    assert isinstance(together[1], nn.SyncBatchNorm)
    assert all(a is b for a, b in zip(together.parameters(), parameters, strict=True))
    with pytest.raises(ConfigError, match="sync_norm needs GPUs"):
        count_together(model, _process(2, "cpu"))
