"""Batch norm in training: whose statistics stay as they are, and who counts together."""

from accelerate import PartialState
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from p3m.core.errors import ConfigError


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


def _is_frozen(module: _BatchNorm) -> bool:
    return module.affine and not module.weight.requires_grad
