import dataclasses
import math
from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn
from torch.optim.optimizer import register_optimizer_step_pre_hook
from torch.optim.swa_utils import AveragedModel

from p3m.core.errors import ConfigError, TrainingError
from p3m.losses.objective import LossTerms
from p3m.training.checkpoint import read_checkpoint, write_checkpoint
from p3m.training.hooks import Checkpoint
from p3m.training.settings import TrainSettings
from p3m.training.trainer import Trainer
from support.tolerances import tolerance
from support.training import Points, network, small_trainer, squared_error

SETTINGS = TrainSettings(steps=12, batch_size=4, workers=0, warmup_steps=2, lr=0.05, precision="no")


def _settings(**changes) -> TrainSettings:
    return dataclasses.replace(SETTINGS, **changes)


def _hook(after_step) -> SimpleNamespace:
    return SimpleNamespace(at_start=lambda _: None, after_step=after_step, at_end=lambda _: None)


def _stop_at(step: int) -> SimpleNamespace:
    """Interrupts a run after a step, as a signal would."""

    def stop(state, terms) -> None:
        if state.step == step:
            raise KeyboardInterrupt

    return _hook(stop)


def _trainer(path, settings=SETTINGS, *, step=squared_error, hooks=(), model=None, groups=None):
    model = network(noisy=False) if model is None else model
    return Trainer(
        model,
        step,
        Points(),
        settings,
        groups=groups or [{"params": list(model.parameters())}],
        hooks=hooks,
        checkpoint=path / "last.pt",
    )


@contextmanager
def _gradient_lengths():
    """Collects the length of the gradient that each step is taken with."""
    lengths: list[float] = []

    def measure(optimizer, args, kwargs) -> None:
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        lengths.append(float(torch.cat([p.grad.flatten() for p in parameters]).norm()))

    handle = register_optimizer_step_pre_hook(measure)
    yield lengths
    handle.remove()


def _assert_equal(one: nn.Module, other: nn.Module) -> None:
    for (name, a), b in zip(one.state_dict().items(), other.state_dict().values(), strict=True):
        assert torch.equal(a, b), name


def test_training_reduces_the_loss(tmp_path) -> None:
    losses: list[float] = []
    record = _hook(lambda _, terms: losses.append(terms.total.item()))
    state = _trainer(tmp_path, _settings(steps=60), hooks=[record]).run(resume=False)
    assert state.step == len(losses) == 60
    assert np.mean(losses[-10:]) < 0.1 * np.mean(losses[:10])


@pytest.mark.parametrize("changes", [{}, {"accumulate": 2}, {"precision": "bf16"}, {"workers": 1}])
def test_a_run_that_goes_on_ends_as_one_without_a_break(tmp_path, changes) -> None:
    settings = _settings(**changes)
    whole = small_trainer(tmp_path / "whole", settings, noisy=True).run(resume=False)
    keep = Checkpoint(tmp_path / "last.pt", every_s=math.inf)
    with pytest.raises(KeyboardInterrupt):
        small_trainer(tmp_path, settings, noisy=True, hooks=[keep, _stop_at(5)]).run(resume=False)
    assert read_checkpoint(tmp_path / "last.pt")["step"] == 5
    resumed = small_trainer(tmp_path, settings, noisy=True).run(resume=True)
    _assert_equal(whole.model, resumed.model)
    _assert_equal(whole.average.module, resumed.average.module)


def test_an_interrupted_step_leaves_the_last_whole_checkpoint(tmp_path, monkeypatch) -> None:
    update = AveragedModel.update_parameters
    calls: list[int] = []

    def interrupted(average, model) -> None:
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        update(average, model)

    monkeypatch.setattr(AveragedModel, "update_parameters", interrupted)
    keep = Checkpoint(tmp_path / "last.pt", every_s=0)
    with pytest.raises(KeyboardInterrupt):
        _trainer(tmp_path, hooks=[keep]).run(resume=False)
    resumed = _trainer(tmp_path).run(resume=True)
    assert read_checkpoint(tmp_path / "last.pt")["step"] == 3
    _assert_equal(resumed.model, _trainer(tmp_path / "whole").run(resume=False).model)


@pytest.mark.parametrize("optimizer", ["adam", "adamw"])
def test_parts_of_a_batch_give_the_step_of_the_whole_batch(tmp_path, optimizer) -> None:
    losses: dict[int, list[float]] = {1: [], 2: [], 4: []}
    gradients, states = {}, {}
    for parts, record in losses.items():
        hook = _hook(lambda _, terms, record=record: record.append(terms.total.item()))
        settings = _settings(accumulate=parts, optimizer=optimizer, clip_norm=0.0)
        with _gradient_lengths() as gradients[parts]:
            states[parts] = _trainer(tmp_path, settings, hooks=[hook]).run(resume=False)
    for parts in (2, 4):
        assert losses[parts] == pytest.approx(losses[1], rel=1e-5)
        assert gradients[parts] == pytest.approx(gradients[1], rel=1e-5)
        for name, value in states[1].model.state_dict().items():
            torch.testing.assert_close(
                states[parts].model.state_dict()[name], value, **tolerance("float32"), msg=name
            )


def test_long_gradients_are_shortened_unless_that_is_switched_off(tmp_path) -> None:
    lengths = {}
    for clip in (0.0, 0.01):
        with _gradient_lengths() as lengths[clip]:
            _trainer(tmp_path, _settings(clip_norm=clip, steps=3)).run(resume=False)
    assert lengths[0.01] == pytest.approx([0.01] * 3, rel=1e-3)
    assert min(lengths[0.0]) > 0.1


def test_a_loss_that_is_not_finite_stops_before_the_weights_change(tmp_path) -> None:
    seen = []
    record = _hook(lambda state, _: seen.append([p.clone() for p in state.model.parameters()]))
    trainer = small_trainer(tmp_path, _settings(accumulate=2), spoilt=14, hooks=[record])
    message = (
        r"Step 3: the loss is not finite \(loss nan: squared nan\) for samples 14 \(point-14\), "
        r"15 \(point-15\)\. The weights are those before the step\. Look at these samples, lower"
    )
    with pytest.raises(TrainingError, match=message) as raised:
        trainer.run(resume=False)
    assert "12" not in str(raised.value)  # the step's first part was right
    assert len(seen) == 3
    model = next(
        frame.frame.f_locals["state"].model for frame in raised.traceback if frame.name == "run"
    )
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), seen[-1], strict=True))


def test_a_gradient_that_is_not_finite_stops_likewise(tmp_path) -> None:
    def steep(model, batch, step) -> LossTerms:
        terms = squared_error(model, batch, step)
        root = (terms.total * 0).sqrt() if step == 2 else 0 * terms.total
        return LossTerms(terms.total + root, terms.parts)

    message = r"Step 2: the gradient is not finite \(loss .*\) for samples 8 \(point-8\), .* 11 "
    with pytest.raises(TrainingError, match=message):
        _trainer(tmp_path, step=steep).run(resume=False)


def test_half_precision_skips_a_step_that_overflows_and_keeps_its_scale(tmp_path) -> None:
    """A GradScaler and fp16 also run on the CPU."""
    scales, weights = [], []

    def record(state, terms) -> None:
        scales.append(state.scaler.get_scale())
        weights.append(torch.cat([p.detach().flatten() for p in state.model.parameters()]))

    settings = _settings(precision="fp16")
    keep = Checkpoint(tmp_path / "last.pt", every_s=math.inf)

    def loud(model, batch, step) -> LossTerms:
        terms = squared_error(model, batch, step)
        return LossTerms(terms.total * (1e6 if step == 8 else 1), terms.parts)

    hooks = [_hook(record), keep, _stop_at(10)]
    with pytest.raises(KeyboardInterrupt):
        _trainer(tmp_path, settings, step=loud, hooks=hooks).run(resume=False)
    assert scales[8] == scales[7] / 2
    assert torch.equal(weights[8], weights[7])
    assert not torch.equal(weights[7], weights[6])
    assert read_checkpoint(tmp_path / "last.pt")["scaler"]["scale"] == scales[9]
    resumed = _trainer(tmp_path, settings, step=loud).run(resume=True)
    whole = _trainer(tmp_path / "whole", settings, step=loud).run(resume=False)
    assert resumed.scaler.state_dict() == whole.scaler.state_dict()
    _assert_equal(resumed.model, whole.model)


def test_mixed_precision_computes_products_in_it(tmp_path) -> None:
    for precision, dtype in (("no", torch.float32), ("bf16", torch.bfloat16)):
        seen = []
        model = nn.Linear(3, 1)
        model.register_forward_hook(lambda _, __, output, seen=seen: seen.append(output.dtype))
        _trainer(tmp_path, _settings(precision=precision, steps=1), model=model).run(resume=False)
        assert seen == [dtype]
        assert model.weight.dtype == torch.float32


def test_what_is_in_no_group_stays_as_it_is(tmp_path) -> None:
    model = network(noisy=False)
    before = [parameter.clone() for parameter in model.parameters()]
    last = list(model[-1].parameters())
    state = _trainer(tmp_path, model=model, groups=[{"params": last}]).run(resume=False)
    changed = [not torch.equal(a, b) for a, b in zip(before, state.model.parameters(), strict=True)]
    assert changed == [False, False, True, True]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (_settings(accumulate=3), r"batch_size 4 cannot be divided into 3 equal parts"),
        (_settings(steps=0, epochs=2), r"Epochs must be turned into steps first"),
    ],
)
def test_what_cannot_be_trained_with_is_said_before(tmp_path, settings, message) -> None:
    with pytest.raises(ConfigError, match=message):
        _trainer(tmp_path, settings)


def test_a_checkpoint_that_does_not_fit_is_named(tmp_path) -> None:
    (tmp_path / "last.pt").write_bytes(b"half")
    with pytest.raises(TrainingError, match=r"last\.pt: not a readable checkpoint"):
        _trainer(tmp_path).run(resume=True)
    write_checkpoint(tmp_path / "last.pt", {"step": 1})
    with pytest.raises(TrainingError, match=r"last\.pt: the checkpoint of another network"):
        _trainer(tmp_path).run(resume=True)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning:torch")  # its compiler's own
def test_a_compiled_network_trains_as_the_plain_one(tmp_path) -> None:
    plain, compiled = (
        _trainer(tmp_path, _settings(compile=switch)).run(resume=False) for switch in (False, True)
    )
    for name, value in plain.model.state_dict().items():
        torch.testing.assert_close(
            compiled.model.state_dict()[name], value, rtol=1e-4, atol=1e-5, msg=name
        )
