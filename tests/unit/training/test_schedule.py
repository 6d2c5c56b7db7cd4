import pytest
import torch
from torch.optim import Adam, AdamW

from p3m.training.schedule import learning_rate_factor, make_optimizer, set_learning_rate
from p3m.training.settings import TrainSettings


def test_the_rate_rises_and_falls() -> None:
    settings = TrainSettings(steps=1000, warmup_steps=100)
    rates = [learning_rate_factor(step, settings) for step in range(1001)]
    assert max(rates) == rates[99] == 1
    assert all(a <= b for a, b in zip(rates[:99], rates[1:100], strict=True))
    assert all(a >= b for a, b in zip(rates[100:], rates[101:], strict=False))
    assert rates[-1] == 0


def test_steps_lower_the_rate_at_shares_of_the_run() -> None:
    settings = TrainSettings(
        steps=100, schedule="step", warmup_steps=0, drops=(0.5, 0.8), drop_factor=0.1
    )
    rates = [learning_rate_factor(step, settings) for step in (0, 49, 50, 79, 80, 99)]
    assert rates == pytest.approx([1, 1, 0.1, 0.1, 0.01, 0.01])


def test_a_constant_rate_stays_after_the_warm_up() -> None:
    settings = TrainSettings(steps=100, schedule="constant", warmup_steps=2)
    assert [learning_rate_factor(step, settings) for step in (0, 1, 2, 99)] == [0.5, 1, 1, 1]


def test_each_group_has_a_rate_of_its_own() -> None:
    settings = TrainSettings(steps=100, schedule="constant", warmup_steps=4, lr=0.2)
    first, second = torch.nn.Parameter(torch.ones(1)), torch.nn.Parameter(torch.ones(1))
    optimizer = make_optimizer([{"params": [first], "lr": 0.1}, {"params": [second]}], settings)
    for step, expected in ((0, [0.025, 0.05]), (1, [0.05, 0.1]), (50, [0.1, 0.2])):
        set_learning_rate(optimizer, step, settings)
        assert [group["lr"] for group in optimizer.param_groups] == pytest.approx(expected)


@pytest.mark.parametrize(("name", "kind"), [("adam", Adam), ("adamw", AdamW)])
def test_the_optimizer_is_the_one_that_is_named(name, kind) -> None:
    settings = TrainSettings(steps=1, optimizer=name, weight_decay=0.25)
    optimizer = make_optimizer([{"params": [torch.nn.Parameter(torch.ones(1))]}], settings)
    assert type(optimizer) is kind
    assert optimizer.param_groups[0]["weight_decay"] == 0.25
