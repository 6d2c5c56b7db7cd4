from types import SimpleNamespace

import pytest
import torch
from torch import nn

from p3m.core.errors import ConfigError
from p3m.models.layers import ConvNormAct
from p3m.training.norm import count_together, set_training, settle_norms
from p3m.training.seeding import seed_initial_weights
from support.statistics import enliven


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


def _layers() -> nn.Sequential:
    """Three layers; kernels of the first differ by orders of magnitude, one of the second is 0."""
    seed_initial_weights(0)
    layers = nn.Sequential(ConvNormAct(3, 8, kernel=3), ConvNormAct(8, 8), ConvNormAct(8, 4))
    layers[0].conv.weight.data *= torch.logspace(-2, 2, 8)[:, None, None, None]
    layers[1].conv.weight.data[2] = 0.0
    return enliven(layers)


def test_settled_norms_change_no_answer_and_fit_what_is_seen() -> None:
    layers = _layers()
    seen = torch.randn(16, 3, 12, 10) * 2 + 1
    other = torch.randn(2, 3, 12, 10)
    before = layers(other)
    settle_norms(layers, lambda: [layers(part) for part in seen.split(4)])
    assert not layers.training
    assert torch.allclose(layers(other), before, rtol=1e-4, atol=1e-5)
    answer = layers(seen)
    layers.train()
    assert torch.allclose(layers(seen), answer, rtol=1e-2, atol=1e-3)


def test_kernels_stay_and_statistics_are_those_of_what_they_give() -> None:
    layers = _layers()
    kernels = [layer.conv.weight.clone() for layer in layers]
    seen = torch.randn(16, 3, 12, 10)
    settle_norms(layers, lambda: layers(seen))
    assert all(map(torch.equal, (layer.conv.weight for layer in layers), kernels))
    given, norm = layers[0].conv(seen), layers[0].norm
    assert torch.allclose(norm.running_mean, given.mean(dim=(0, 2, 3)), rtol=1e-4, atol=1e-5)
    variance = given.var(dim=(0, 2, 3), correction=0)
    assert torch.allclose(norm.running_var, variance, rtol=1e-4)
    for layer in layers:
        assert all(value.isfinite().all() for value in layer.state_dict().values())


def test_norms_are_left_alone_where_looking_fails() -> None:
    layers = _layers()
    before = {name: value.clone() for name, value in layers.state_dict().items()}
    with pytest.raises(RuntimeError):
        settle_norms(layers, lambda: layers(torch.zeros(1, 5, 4, 4)))
    assert all(torch.equal(value, before[name]) for name, value in layers.state_dict().items())
    assert not layers[0].norm._forward_pre_hooks


def test_norms_that_convolutions_took_in_are_settled_too() -> None:
    layers = _layers()
    for layer in layers:
        norm = layer.norm
        nn.init.ones_(norm.weight)
        nn.init.zeros_(norm.running_mean)
        nn.init.constant_(norm.running_var, 1.0 - norm.eps)
    seen = torch.randn(16, 3, 12, 10) + 2
    answer = layers(seen)
    assert not torch.allclose(layers.train()(seen), answer, atol=0.1)
    for layer in layers:  # for that pass has changed them
        nn.init.zeros_(layer.norm.running_mean)
        nn.init.constant_(layer.norm.running_var, 1.0 - layer.norm.eps)
    settle_norms(layers, lambda: layers(seen))
    assert torch.allclose(layers(seen), answer, rtol=1e-4, atol=1e-4)
    assert torch.allclose(layers.train()(seen), answer, rtol=1e-2, atol=1e-2)


def test_layers_that_vary_nowhere_or_are_not_reached_stay_finite() -> None:
    layers = _layers()
    nn.init.zeros_(layers[0].norm.weight)
    nn.init.constant_(layers[0].norm.bias, -1.0)  # all behind the ReLU is 0
    other = torch.randn(2, 3, 12, 10)
    before, last = layers(other), layers[2].conv.weight.clone()
    settle_norms(layers, lambda: layers[:2](torch.randn(4, 3, 12, 10)))
    assert torch.allclose(layers(other), before, atol=1e-5)
    assert torch.equal(layers[2].conv.weight, last)
    for layer in layers:
        assert all(value.isfinite().all() for value in layer.state_dict().values())
