"""Several processes that train together: which one this is, and what only the first one does."""

import atexit
import os
import time
from collections.abc import Callable
from datetime import timedelta

import torch
from accelerate import PartialState
from accelerate.utils import broadcast_object_list

from p3m.core.errors import TrainingError

_PATIENCE = timedelta(days=1)
"""How long others wait for the first process, which may prepare a large folder or validate."""

_GRACE_S = 0.2
"""How long gloo's threads get to free what they hold, before Python ends."""


def this_process() -> PartialState:
    """This process among those that were launched together; the group is formed at the first call.

    Returns:
        Its ``process_index``, the group's ``num_processes`` and the ``device`` to compute on. Where
        nothing launched several processes, the group is this process alone.
    """
    cpu = not torch.accelerator.is_available() or _asked_for_cpu()
    process = PartialState(cpu=cpu, timeout=_PATIENCE)
    if process.backend == "gloo":
        atexit.unregister(_leave_group)
        atexit.register(_leave_group)
    return process


def first_process_does(work: Callable[[], object]) -> None:
    """Lets the first process do what must be done once, while the others wait.

    Args:
        work: What is to be done; called in the first process only.

    Raises:
        TrainingError: In the other processes, if the first one failed. There, its own error rises.
    """
    process = this_process()
    failure: list[str | None] = [None]
    try:
        if process.is_main_process:
            work()
    except Exception as error:
        failure[0] = f"{error}"
        raise
    finally:
        broadcast_object_list(failure)
    if failure[0] is not None:
        raise TrainingError(f"The first process stopped: {failure[0]}")


def _leave_group() -> None:
    """Lets gloo's threads free what they hold while Python still runs.

    A thread that waits for Python to free a tensor, and finds it ending, aborts the process
    (pytorch issues 179291 and 190489). NCCL's group is left to its own end: leaving it waits for
    processes that may never come.
    """
    PartialState().destroy_process_group()
    time.sleep(_GRACE_S)


def _asked_for_cpu() -> bool:
    """Whether ``accelerate launch --cpu`` started this process."""
    return os.environ.get("ACCELERATE_USE_CPU", "").lower() in {"1", "true"}
