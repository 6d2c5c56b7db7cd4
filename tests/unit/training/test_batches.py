from types import SimpleNamespace

import pytest
import torch

from p3m.core.errors import ConfigError
from p3m.training.batches import batches, part_size
from p3m.training.settings import TrainSettings
from support.training import Points


def _numbers(settings: TrainSettings, process: int, processes: int, start: int = 0) -> list:
    who = SimpleNamespace(
        process_index=process, num_processes=processes, device=torch.device("cpu")
    )
    parts = batches(Points(), settings, start=start, process=who)
    return [part["index"].tolist() for part in parts]


def test_each_process_has_its_own_share_of_every_step() -> None:
    settings = TrainSettings(steps=2, batch_size=6, workers=0)
    assert _numbers(settings, 0, 2) == [[0, 1, 2], [6, 7, 8]]
    assert _numbers(settings, 1, 2) == [[3, 4, 5], [9, 10, 11]]
    assert _numbers(settings, 0, 1) == [[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11]]


def test_a_share_comes_in_parts() -> None:
    settings = TrainSettings(steps=2, batch_size=8, accumulate=2, workers=0)
    assert _numbers(settings, 0, 2) == [[0, 1], [2, 3], [8, 9], [10, 11]]
    assert _numbers(settings, 1, 2) == [[4, 5], [6, 7], [12, 13], [14, 15]]


def test_more_workers_than_processors_are_not_started(recwarn) -> None:
    settings = TrainSettings(steps=1, batch_size=2, workers=64)
    assert _numbers(settings, 0, 1) == [[0, 1]]
    assert not recwarn.list


def test_it_goes_on_at_any_step() -> None:
    settings = TrainSettings(steps=3, batch_size=4, accumulate=2, workers=0)
    assert _numbers(settings, 1, 2, start=2) == [[10], [11]]


def test_names_come_with_the_arrays() -> None:
    settings = TrainSettings(steps=1, batch_size=2, workers=0)
    who = SimpleNamespace(process_index=0, num_processes=1, device=torch.device("cpu"))
    (batch,) = batches(Points(), settings, start=0, process=who)
    assert batch["name"] == ["point-0", "point-1"]
    assert batch["x"].shape == (2, 3)


def test_a_batch_that_cannot_be_divided_is_refused() -> None:
    message = r"batch_size 8 cannot be divided into 6 equal parts \(3 processes, accumulate 2\)\."
    with pytest.raises(ConfigError, match=message):
        part_size(TrainSettings(steps=1, batch_size=8, accumulate=2), 3)
