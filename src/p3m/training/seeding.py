"""The one place that sets torch's global generator: initial weights are drawn from it."""

import torch


def seed_initial_weights(seed: int) -> None:
    """Makes the initial weights of the layers that are built next reproducible.

    Args:
        seed: Decides them.
    """
    torch.manual_seed(seed)  # noqa: TID251
