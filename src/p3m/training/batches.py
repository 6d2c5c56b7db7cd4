"""Batches of numbered samples: each process gets its own part of every step's numbers."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any, Protocol

import torch
from accelerate import PartialState
from torch import Tensor
from torch.utils.data import DataLoader, Sampler

from p3m.core.errors import ConfigError, P3MError, TrainingError
from p3m.core.processors import usable_processors
from p3m.training.settings import TrainSettings

Batch = Mapping[str, Any]
"""Tensors by name, whose first axis goes over the samples; other values as lists."""


class Samples(Protocol):
    """Samples by number: each a mapping of names to arrays, with ``index`` and perhaps ``name``."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> Mapping[str, Any]: ...


def part_size(settings: TrainSettings, processes: int) -> int:
    """How many samples a process computes at once.

    Args:
        settings: Its batch is divided among processes, and each share into parts.
        processes: How many processes there are.

    Raises:
        ConfigError: If the batch cannot be divided.
    """
    parts = processes * settings.accumulate
    if settings.batch_size % parts:
        raise ConfigError(
            f"batch_size {settings.batch_size} cannot be divided into {parts} equal parts "
            f"({processes} processes, accumulate {settings.accumulate})."
        )
    return settings.batch_size // parts


def batches(
    dataset: Samples,
    settings: TrainSettings,
    *,
    start: int,
    process: PartialState,
    worker_init: Callable[[int], None] | None = None,
) -> Generator[Batch, None, None]:
    """What a process computes from a step on, part by part, on its device.

    Args:
        dataset: Sample number i belongs to step i // batch size.
        settings: How many samples a step, and in how many parts.
        start: The first step.
        process: Which process; its share of each step lies together.
        worker_init: Called in each process that makes samples.

    Yields:
        ``settings.accumulate`` parts for each step. Close it to end the processes.

    Raises:
        P3MError: What making a sample raises.
    """
    share = settings.batch_size // process.num_processes
    numbers = range(start * settings.batch_size, settings.steps * settings.batch_size)
    workers = min(settings.workers, usable_processors())
    loader: DataLoader[Any] = DataLoader(
        dataset,  # type: ignore[arg-type]
        batch_size=part_size(settings, process.num_processes),
        sampler=_Shares(numbers, process.process_index, share, process.num_processes),
        num_workers=workers,
        worker_init_fn=worker_init,
        pin_memory=process.device.type == "cuda",
        prefetch_factor=4 if workers else None,
    )
    with closing(load(loader)) as loaded:
        for batch in loaded:
            yield {name: _on_device(value, process.device) for name, value in batch.items()}


def load(loader: DataLoader[Any]) -> Generator[Any, None, None]:
    """What a loader loads, and the end of its processes, however that comes.

    An error's traceback keeps a loader's iterator and with it its processes, which leave signals to
    the main one, which waits for them when it ends: without this, for ever.

    Args:
        loader: Not one with lasting processes.

    Raises:
        P3MError: What making a sample raises.
    """
    loaded = iter(loader)
    try:
        yield from loaded
    except P3MError as error:
        raise _as_first_raised(error) from error
    finally:
        if loader.num_workers:
            loaded._shutdown_workers()  # type: ignore[attr-defined]  # noqa: SLF001


def sample_names(batch: Batch) -> list[str]:
    """What a batch's samples are called: their numbers, and their names where they have any.

    Example:
        >>> sample_names({"index": torch.tensor([6, 7]), "name": ["anna", "ben"]})
        ['6 (anna)', '7 (ben)']
        >>> sample_names({"index": torch.tensor([6, 7])})
        ['6', '7']
    """
    numbers = [str(int(number)) for number in batch["index"]]
    names: Sequence[str] | None = batch.get("name")
    if names is None:
        return numbers
    return [f"{number} ({name})" for number, name in zip(numbers, names, strict=True)]


def _as_first_raised(error: P3MError) -> P3MError:
    """An error without the traceback that a process which makes samples wrote into its text."""
    text = str(error).rstrip()
    if "Original Traceback" not in text:
        return error
    return TrainingError(text.splitlines()[-1].partition(": ")[2])


class _Shares(Sampler[int]):
    """The numbers that one of several processes works on: its share of each batch."""

    def __init__(self, numbers: Iterable[int], process: int, share: int, processes: int) -> None:
        self._numbers = [n for n in numbers if n // share % processes == process]

    def __iter__(self) -> Iterator[int]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)


def _on_device(value: object, device: torch.device) -> object:
    return value.to(device, non_blocking=True) if isinstance(value, Tensor) else value
