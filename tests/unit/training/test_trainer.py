import dataclasses
import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from p3m.core.errors import TrainingError
from p3m.losses.objective import LossTerms
from p3m.training.average import exponential_average
from p3m.training.checkpoint import read_checkpoint, write_checkpoint
from p3m.training.hooks import Checkpoint, Curves, Validate
from p3m.training.settings import TrainSettings
from p3m.training.trainer import Trainer

SETTINGS = TrainSettings(steps=12, batch_size=2, workers=0, warmup_steps=2, lr=0.05, precision="no")


class _Numbers:
    """Points of a line; sample i is the same whenever it is asked for."""

    def __len__(self) -> int:
        return 1000

    def __getitem__(self, index: int) -> dict[str, object]:
        x = np.random.default_rng(index).normal(size=3).astype(np.float32)
        return {"x": x, "y": np.float32(x.sum()), "index": index}


def _squared_error(model, batch, step) -> LossTerms:
    error = (model(batch["x"])[:, 0] - batch["y"]).square().mean()
    return LossTerms(error, {"squared": error.detach()})


def _trainer(path, *, hooks=(), settings=SETTINGS, step=_squared_error) -> Trainer:
    torch.manual_seed(1)  # noqa: TID251
    model = torch.nn.Linear(3, 1)
    groups = [{"params": list(model.parameters())}]
    return Trainer(
        model, step, _Numbers(), settings, groups=groups, hooks=hooks, checkpoint=path / "last.pt"
    )


class _StopAt:
    """Interrupts a run after a step, as a signal would."""

    def __init__(self, step: int) -> None:
        self._step = step

    def at_start(self, state) -> None:
        pass

    def after_step(self, state, terms) -> None:
        if state.step == self._step:
            raise KeyboardInterrupt

    def at_end(self, state) -> None:
        pass


def test_training_reduces_the_loss(tmp_path) -> None:
    losses = []
    record = SimpleNamespace(
        at_start=lambda _: None,
        after_step=lambda _, terms: losses.append(terms.total.item()),
        at_end=lambda _: None,
    )
    settings = dataclasses.replace(SETTINGS, steps=60)
    state = _trainer(tmp_path, hooks=[record], settings=settings).run(resume=False)
    assert state.step == len(losses) == 60
    assert np.mean(losses[-10:]) < 0.1 * np.mean(losses[:10])


def test_a_run_that_goes_on_ends_as_one_without_a_break(tmp_path) -> None:
    whole = _trainer(tmp_path / "whole").run(resume=False)
    broken = tmp_path / "broken"
    keep = Checkpoint(broken / "last.pt", every_s=math.inf)
    with pytest.raises(KeyboardInterrupt):
        _trainer(broken, hooks=[keep, _StopAt(5)]).run(resume=False)
    assert read_checkpoint(broken / "last.pt")["step"] == 5
    resumed = _trainer(broken).run(resume=True)
    for one, other in (
        (whole.model, resumed.model),
        (whole.average.module, resumed.average.module),
    ):
        for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True):
            assert torch.equal(a, b)


def test_a_loss_that_is_not_finite_stops_with_the_samples(tmp_path) -> None:
    def explode(model, batch, step) -> LossTerms:
        terms = _squared_error(model, batch, step)
        return LossTerms(terms.total * (math.nan if step == 3 else 1), terms.parts)

    with pytest.raises(
        TrainingError,
        match=r"Step 3: the loss is not finite \(loss nan: squared .*\) for samples 6, 7\.",
    ):
        _trainer(tmp_path, step=explode).run(resume=False)


def test_a_damaged_checkpoint_is_named(tmp_path) -> None:
    (tmp_path / "last.pt").write_bytes(b"half")
    with pytest.raises(TrainingError, match=r"last\.pt: not a readable checkpoint"):
        _trainer(tmp_path).run(resume=True)


def test_a_checkpoint_is_written_when_it_is_time(tmp_path) -> None:
    now = [0.0]
    hook = Checkpoint(tmp_path / "c.pt", every_s=10, clock=lambda: now[0])
    state = SimpleNamespace(state_dict=lambda: {"step": 1})
    hook.after_step(state, None)
    assert not (tmp_path / "c.pt").exists()
    now[0] = 10.0
    hook.after_step(state, None)
    assert read_checkpoint(tmp_path / "c.pt") == {"step": 1}


def test_a_failed_write_leaves_the_old_checkpoint(tmp_path, monkeypatch) -> None:
    write_checkpoint(tmp_path / "c.pt", {"step": 1})

    def fail(state, path) -> None:
        path.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(torch, "save", fail)
    with pytest.raises(OSError, match="disk full"):
        write_checkpoint(tmp_path / "c.pt", {"step": 2})
    assert read_checkpoint(tmp_path / "c.pt") == {"step": 1}


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


def test_the_best_weights_are_kept(tmp_path) -> None:
    scores = iter([0.5, 0.2, 0.4])
    panel = np.zeros((2, 2, 3), np.uint8)
    written = []
    curves = SimpleNamespace(
        write=lambda step, values: written.append((step, values)), show=lambda *_: None
    )
    hook = Validate(
        lambda _: ({"mad": next(scores)}, panel),
        deciding="mad",
        every=2,
        best=tmp_path / "best.safetensors",
        curves=curves,
    )
    model = torch.nn.Linear(1, 1)
    state = SimpleNamespace(step=0, best_score=math.inf, average=SimpleNamespace(module=model))
    times = []
    for state.step in range(1, 7):
        hook.after_step(state, None)
        path = tmp_path / "best.safetensors"
        times.append(path.stat().st_mtime_ns if path.exists() else None)
    assert [step for step, _ in written] == [2, 4, 6]
    assert state.best_score == 0.2
    assert times[0] is None
    assert times[3] == times[5]


def test_the_average_forgets_its_beginning_soon() -> None:
    model = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.zeros_(model.weight)
    average = exponential_average(model, 0.999)
    torch.nn.init.ones_(model.weight)
    for _ in range(100):
        average.update_parameters(model)
    assert average.module.weight.item() > 0.99
