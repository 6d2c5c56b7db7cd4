"""The one place that sets torch's global generator: weights, dropout and the like draw from it."""

import numpy as np
import torch


def seed_initial_weights(seed: int) -> None:
    """Makes the initial weights of the layers that are built next reproducible.

    Args:
        seed: Decides them.
    """
    torch.manual_seed(seed)  # noqa: TID251


def seed_forward_pass(*numbers: int) -> None:
    """Makes what a network draws while it is trained, such as dropout, follow from numbers alone.

    Args:
        *numbers: Those of the run, the step, the process and the part; none is negative.
    """
    state = np.random.SeedSequence(numbers).generate_state(1, np.uint64)
    torch.manual_seed(int(state[0]))  # noqa: TID251
