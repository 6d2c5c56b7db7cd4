from p3m.training.schedule import learning_rate_factor
from p3m.training.settings import TrainSettings


def test_the_rate_rises_and_falls() -> None:
    settings = TrainSettings(steps=1000, warmup_steps=100)
    rates = [learning_rate_factor(step, settings) for step in range(1001)]
    assert max(rates) == rates[99] == 1
    assert all(a <= b for a, b in zip(rates[:99], rates[1:100], strict=True))
    assert all(a >= b for a, b in zip(rates[100:], rates[101:], strict=False))
    assert rates[-1] == 0
