"""A network from a file of trained weights, behind the Backend protocol."""

from pathlib import Path

import torch
from torch import nn

from p3m.core.checks import check_threads
from p3m.core.errors import ProviderError, WeightsError, WeightsMismatchError
from p3m.inference.spec import ModelSpec
from p3m.inference.torch_backend import TorchBackend
from p3m.models.catalog import MODELS
from p3m.models.identify import identify
from p3m.models.p3mnet_lite.model import P3MNetLite
from p3m.models.state import load_state, read_state


def load_torch_backend(
    path: Path, *, threads: int | None = None, provider: str | None = None
) -> TorchBackend:
    """The network that trained weights belong to, with these weights, run by PyTorch.

    Args:
        path: A file that :func:`p3m.models.state.read_state` reads; the network is told by the
            names and shapes of its tensors.
        threads: Threads of PyTorch, for all of this process; ``None`` leaves their number alone.
        provider: ``"cpu"`` (the same as ``None``), ``"cuda"`` or ``"mps"``.

    Raises:
        ProviderError: If PyTorch has no such device here.
        InputError: If there is no such file.
        WeightsError: If it is damaged, holds more than tensors, or fits no network of the
            catalogue; the text names the file.
    """
    device = resolve_device(provider)
    state = read_state(path)
    check_threads(threads)
    try:
        entry = MODELS[identify(state)]
        network = entry.build()
        load_state(network, state)
    except WeightsMismatchError as error:
        known = ", ".join(MODELS)
        raise WeightsError(
            f"{path}: {error} It must hold the weights of one of {known}."
        ) from error
    if threads is not None:
        torch.set_num_threads(threads)
    spec = ModelSpec(
        name=entry.name,
        stride=entry.stride,
        area_px=entry.area_px,
        mean=entry.mean,
        std=entry.std,
        window_multiple=entry.stride,
    )
    network, detail, spec = _with_detail(network, spec)
    return TorchBackend(network, spec, detail=detail, device=device)


def resolve_device(provider: str | None) -> str:
    """PyTorch's name of the device that a provider's name means.

    Raises:
        ProviderError: If it is not available here; the text lists those that are.

    Example:
        >>> resolve_device(None)
        'cpu'
    """
    available = ["cpu"]
    available += ["cuda"] if torch.cuda.is_available() else []
    available += ["mps"] if torch.backends.mps.is_available() else []
    wanted = (provider or "cpu").lower()
    if wanted not in available:
        raise ProviderError(
            f"PyTorch has no device {provider!r} here. Available: {', '.join(available)}."
        )
    return wanted


def _with_detail(
    network: nn.Module, spec: ModelSpec
) -> tuple[nn.Module, nn.Module | None, ModelSpec]:
    """The network, its detail path if it has one, and how both are fed."""
    if not isinstance(network, P3MNetLite):
        return network, None, spec
    detail = network.detail
    spec = spec.with_detail(
        multiple=detail.MULTIPLE, halo_px=detail.HALO_PX, from_halves=detail.FROM_HALVES
    )
    return network.base, detail, spec
