import json
import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from p3m.core.errors import ConfigError
from p3m.losses.objective import LossTerms
from p3m.training.checkpoint import read_checkpoint
from p3m.training.hooks import Checkpoint, Curves, Progress, Validate


class _Scores:
    """Says the next of some scores at each call."""

    def __init__(self, values) -> None:
        self.names = tuple(values)
        self._values = values

    def __call__(self, model):
        panel = np.zeros((2, 2, 3), np.uint8)
        return {name: next(values) for name, values in self._values.items()}, panel


def test_a_checkpoint_is_written_when_it_is_time(tmp_path) -> None:
    now = [0.0]
    hook = Checkpoint(tmp_path / "c.pt", every_s=10, clock=lambda: now[0])
    state = SimpleNamespace(state_dict=lambda: {"step": 1})
    hook.after_step(state, None)
    assert not (tmp_path / "c.pt").exists()
    now[0] = 10.0
    hook.after_step(state, None)
    assert read_checkpoint(tmp_path / "c.pt") == {"step": 1}


def test_no_checkpoint_is_written_in_the_midst_of_a_step(tmp_path) -> None:
    hook = Checkpoint(tmp_path / "c.pt", every_s=0)
    for changing in (True, False):
        hook.at_end(SimpleNamespace(state_dict=lambda: {"step": 1}, changing=changing, step=1))
        assert (tmp_path / "c.pt").exists() != changing


def test_a_run_that_took_no_step_leaves_no_checkpoint(tmp_path) -> None:
    hook = Checkpoint(tmp_path / "c.pt", every_s=0)
    hook.at_end(SimpleNamespace(state_dict=lambda: {"step": 0}, changing=False, step=0))
    assert not (tmp_path / "c.pt").exists()


def test_curves_take_back_what_came_after_the_checkpoint(tmp_path) -> None:
    optimizer = SimpleNamespace(param_groups=[{"lr": 0.1}])
    terms = LossTerms(torch.tensor(2.0), {"part": torch.tensor(1.0)})
    for start in (0, 2):
        curves = Curves(tmp_path, every=1)
        curves.at_start(SimpleNamespace(step=start))
        for step in range(start + 1, 5):
            curves.after_step(SimpleNamespace(step=step, optimizer=optimizer), terms)
        curves.at_end(SimpleNamespace(step=4))
    lines = (tmp_path / "curves.jsonl").read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[0] for line in lines] == [f'{{"step": {n}' for n in range(1, 5)]
    assert '"train/total": 2.0, "train/part": 1.0, "train/lr": 0.1' in lines[0]


def test_the_best_weights_are_kept() -> None:
    scores = iter([0.5, 0.2, 0.4])
    written, kept = [], []
    curves = SimpleNamespace(
        write=lambda step, values: written.append((step, values)), show=lambda *_: None
    )
    hook = Validate(
        _Scores({"mad": scores}),
        deciding="mad",
        every=2,
        keep=lambda network: kept.append((state.step, network)),
        curves=curves,
    )
    model = torch.nn.Linear(1, 1)
    average = SimpleNamespace(module=model)
    state = SimpleNamespace(step=0, validated=0, best_score=math.inf, average=average)
    for state.step in range(1, 7):
        hook.after_step(state, None)
    assert [step for step, _ in written] == [2, 4, 6]
    assert state.best_score == 0.2
    assert kept == [(2, model), (4, model)]


def test_a_validation_that_was_interrupted_is_done_again_at_the_start() -> None:
    written = []
    curves = SimpleNamespace(write=lambda step, _: written.append(step), show=lambda *_: None)
    average = SimpleNamespace(module=torch.nn.Linear(1, 1))
    state = SimpleNamespace(step=4, validated=2, best_score=math.inf, average=average)

    def hook(values):
        scores = _Scores({"mad": values})
        return Validate(scores, deciding="mad", every=2, keep=lambda _: None, curves=curves)

    def interrupted():
        raise KeyboardInterrupt
        yield

    with pytest.raises(KeyboardInterrupt):
        hook(interrupted()).after_step(state, None)
    hook(iter([0.5])).at_start(state)
    assert (written, state.best_score) == ([4], 0.5)
    for start in (SimpleNamespace(step=0, validated=0), SimpleNamespace(step=4, validated=4)):
        hook(iter(())).at_start(start)


def test_a_line_of_the_curves_that_was_cut_off_is_dropped(tmp_path) -> None:
    path = tmp_path / "curves.jsonl"
    path.write_text('{"step": 1}\n{"step": 2, "trai', encoding="utf-8")
    curves = Curves(tmp_path, every=1)
    curves.at_start(SimpleNamespace(step=2))
    curves.write(3, {})
    curves.at_end(SimpleNamespace(step=3))
    assert path.read_text(encoding="utf-8") == '{"step": 1}\n{"step": 3}\n'


def test_a_score_that_does_not_exist_cannot_decide(tmp_path) -> None:
    with pytest.raises(ConfigError, match=r"No score named 'sad' can decide; there are mad, mse\."):
        Validate(
            _Scores({"mad": iter(()), "mse": iter(())}),
            deciding="sad",
            every=1,
            keep=lambda network: None,
            curves=Curves(tmp_path, every=1),
        )


def test_after_a_break_a_point_is_the_mean_of_the_steps_that_were_counted(tmp_path) -> None:
    curves = Curves(tmp_path, every=4)
    optimizer = SimpleNamespace(param_groups=[{"lr": 0.1}])
    curves.at_start(SimpleNamespace(step=2))
    for step, loss in ((3, 1.0), (4, 3.0)):
        terms = LossTerms(torch.tensor(loss), {})
        curves.after_step(SimpleNamespace(step=step, optimizer=optimizer), terms)
    curves.at_end(SimpleNamespace(step=4))
    assert json.loads((tmp_path / "curves.jsonl").read_text(encoding="utf-8")) == {
        "step": 4,
        "train/total": 2.0,
        "train/lr": 0.1,
    }


def test_tensorboard_gets_scores_and_panels(tmp_path) -> None:
    curves = Curves(tmp_path, every=1)
    curves.at_start(SimpleNamespace(step=0))
    curves.write(5, {"val/normal/sad": 1.5})
    curves.show(5, np.zeros((4, 8, 3), np.uint8))
    curves.at_end(SimpleNamespace(step=5))
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert [(event.step, event.value) for event in events.Scalars("val/normal/sad")] == [(5, 1.5)]
    (picture,) = events.Images("val/panel")
    assert (picture.step, picture.height, picture.width) == (5, 4, 8)


def test_progress_is_told_after_each_step() -> None:
    told = []
    hook = Progress(lambda step, loss: told.append((step, loss)))
    hook.after_step(SimpleNamespace(step=7), LossTerms(torch.tensor(0.5), {}))
    assert told == [(7, 0.5)]
