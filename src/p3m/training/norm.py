"""Batch norm in training: whose statistics stay, who counts together, and where they come from."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from accelerate import PartialState
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from p3m.core.errors import ConfigError
from p3m.models.layers import ConvNormAct


def set_training(model: nn.Module) -> None:
    """Training mode, but for batch norm whose weights are frozen: its statistics stay too.

    Args:
        model: The network, perhaps wrapped.
    """
    model.train()
    for module in model.modules():
        if isinstance(module, _BatchNorm) and _is_frozen(module):
            module.eval()


def count_together(model: nn.Module, process: PartialState) -> nn.Module:
    """The network with statistics of batch norm over the samples of all processes.

    Args:
        model: The network; its layers are exchanged, its parameters stay the same objects.
        process: Where there is only one, the network stays as it is.

    Raises:
        ConfigError: If several processes compute on CPUs, for which torch has no such layer.
    """
    if process.num_processes == 1:
        return model
    if process.device.type == "cpu":
        raise ConfigError("sync_norm needs GPUs; without it, each process counts for itself.")
    together: nn.Module = nn.SyncBatchNorm.convert_sync_batchnorm(model)  # type: ignore[no-untyped-call]
    return together


def settle_norms(model: nn.Module, look: Callable[[], object]) -> None:
    """Gives batch norms the statistics of what they see, while the network's answers stay.

    What a network gives in eval mode is the same afterwards. In training mode, where batch norm
    uses the statistics of its batch, it is nearly the same then; before, it is not where
    convolutions took batch norms in.

    Args:
        model: Whose `ConvNormAct` layers are settled, in place; it is in eval mode afterwards.
        look: Runs the model on typical pictures. Layers that it does not reach stay as they are.
    """
    model.eval()
    layers = [(layer, _Statistics()) for layer in model.modules() if isinstance(layer, ConvNormAct)]
    handles = [layer.norm.register_forward_pre_hook(seen) for layer, seen in layers]
    try:
        with torch.inference_mode():
            look()
    finally:
        for handle in handles:
            handle.remove()
    with torch.no_grad():
        for layer, seen in layers:
            if seen.count:
                _settle(layer, seen)


@dataclass
class _Statistics:
    """Sums over all that a batch norm is given, on the CPU and in double precision."""

    count: int = 0
    total: Tensor | float = 0.0
    squares: Tensor | float = 0.0

    def __call__(self, norm: nn.Module, inputs: tuple[Tensor, ...]) -> None:  # noqa: ARG002
        features = inputs[0].float()
        variance, mean = torch.var_mean(features, dim=(0, 2, 3), correction=0)
        number, mean = features.numel() // features.shape[1], mean.cpu().double()
        self.count += number
        self.total += number * mean
        self.squares += number * (variance.cpu().double() + mean.square())


def _settle(layer: ConvNormAct, seen: _Statistics) -> None:
    """Moves statistics into a layer's norm, its slope and its offset staying what they are."""
    norm = layer.norm
    if norm.running_mean is None or norm.running_var is None:
        raise TypeError("the batch norm of ConvNormAct keeps statistics")
    values = (norm.weight, norm.bias, norm.running_mean, norm.running_var)
    weight, bias, old_mean, old_variance = (value.cpu().double() for value in values)
    slope = weight / (old_variance + norm.eps).sqrt()
    offset = bias - slope * old_mean
    mean = torch.as_tensor(seen.total / seen.count)
    variance = (torch.as_tensor(seen.squares / seen.count) - mean.square()).clamp_min(0.0)
    norm.running_mean.copy_(mean)
    norm.running_var.copy_(variance)
    norm.weight.copy_(slope * (variance + norm.eps).sqrt())
    norm.bias.copy_(offset + slope * mean)


def _is_frozen(module: _BatchNorm) -> bool:
    return module.affine and not module.weight.requires_grad
