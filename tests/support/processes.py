"""Several processes that compute together, as a launcher starts them."""

import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

_TESTS = Path(__file__).parents[1]
_TIMEOUT_S = 300


def run_together(arguments: Sequence[object], *, processes: int = 2) -> list[tuple[int, str]]:
    """Runs Python on some arguments, in processes that find each other at 127.0.0.1.

    Args:
        arguments: What follows ``python``.
        processes: How many.

    Returns:
        Exit code and all output of each, the first process first.
    """
    shared = {
        "WORLD_SIZE": str(processes),
        "LOCAL_WORLD_SIZE": str(processes),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(_free_port()),
    }
    running = [
        start_python(arguments, **shared, RANK=str(number), LOCAL_RANK=str(number))
        for number in range(processes)
    ]
    try:
        outputs = [process.communicate(timeout=_TIMEOUT_S)[0] for process in running]
    finally:
        for process in running:
            process.kill()
    return [(process.returncode, text) for process, text in zip(running, outputs, strict=True)]


def start_python(arguments: Sequence[object], **environment: str) -> "subprocess.Popen[str]":
    """Starts Python on some arguments, on the CPU, with one thread and as a process group."""
    path = os.pathsep.join([str(_TESTS), os.environ.get("PYTHONPATH", "")])
    return subprocess.Popen(
        [sys.executable, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        process_group=0,
        env={
            **os.environ,
            "PYTHONPATH": path,
            "OMP_NUM_THREADS": "1",
            "ACCELERATE_USE_CPU": "true",
            **environment,
        },
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
