"""What the encoder of each network may start its training from."""

from pathlib import Path

from torch import nn

from p3m.core.errors import ConfigError
from p3m.models.contract import ModelEntry, UserInitial

SCRATCH = "scratch"
"""The name of fresh weights, which every network may start from."""


def load_initial(
    model: nn.Module, entry: ModelEntry, name: str, *, file: Path | None = None
) -> None:
    """Loads the weights that a network's encoder starts from.

    Args:
        model: The network, built by ``entry``.
        entry: Its record.
        name: ``"scratch"``, which loads nothing, or a name in ``entry.initials``.
        file: The user's file, for those that need one.

    Raises:
        ConfigError: If the network knows no such start, or a file is missing or of no use.
        InputError: If there is no such file.
        WeightsError: If its tensors do not fit.
    """
    if name != SCRATCH and name not in entry.initials:
        known = ", ".join((SCRATCH, *entry.initials))
        raise ConfigError(f"{entry.name!r} cannot start from {name!r}. Known: {known}.")
    initial = entry.initials.get(name)
    encoder = model.get_submodule(entry.encoder)
    if isinstance(initial, UserInitial):
        if file is None:
            raise ConfigError(
                f"{entry.name!r} starts from {name!r} with a file of yours: {initial.summary}"
            )
        initial.load(encoder, file)
        return
    if file is not None:
        raise ConfigError(f"{entry.name!r} starts from {name!r} without a file; got {file}.")
    if initial is not None:
        initial.load(encoder)
