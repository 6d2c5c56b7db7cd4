"""Networks whose every layer has its say, as after a training."""

from torch import nn


def enliven(network: nn.Module) -> nn.Module:
    """Gives norms uneven weights and statistics, in place, and sets eval mode.

    Args:
        network: With fresh weights, for which many norms are nearly the identity.
    """
    for name, buffer in network.named_buffers():
        if name.endswith("running_mean"):
            nn.init.normal_(buffer, std=0.1)
        if name.endswith("running_var"):
            nn.init.uniform_(buffer, 0.5, 1.5)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d | nn.LayerNorm):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.2)
        if isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=module.in_features**-0.5)
            if module.bias is not None:
                nn.init.normal_(module.bias, std=0.2)
    return network.eval()


def wake(network: nn.Module, std: float = 0.1) -> nn.Module:
    """Gives what starts as zero, such as the last layer of a correction, other weights, in place.

    Args:
        network: With fresh weights.
        std: Their deviation.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear) and not module.weight.any():
            nn.init.normal_(module.weight, std=std)
    return network
