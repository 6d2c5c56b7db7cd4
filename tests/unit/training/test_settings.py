import pytest

from p3m.core.errors import ConfigError
from p3m.training.settings import TrainSettings


def test_epochs_become_steps_that_see_every_picture() -> None:
    settings = TrainSettings(epochs=3, batch_size=4)
    in_steps = settings.in_steps(10)
    assert (in_steps.steps, in_steps.epochs) == (8, 0)
    assert in_steps.in_steps(10) is in_steps
    assert TrainSettings(steps=5).in_steps(10).steps == 5


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, r"steps is 0 and epochs is 0; give one of them, above 0\."),
        ({"steps": 1, "epochs": 1}, r"steps is 1 and epochs is 1; give one of them"),
        ({"steps": -1}, r"steps is -1 and epochs is 0"),
        ({"steps": 1, "accumulate": 0}, r"accumulate is 0; it must be at least 1\."),
        ({"steps": 1, "lr": -1.0}, r"training.lr is -1; it must be at least 0\."),
        ({"steps": 1, "lr": float("nan")}, r"training.lr is nan"),
        ({"steps": 1, "clip_norm": -1.0}, r"training.clip_norm is -1; it must be at least 0\."),
        ({"steps": 1, "ema_decay": 2.0}, r"training.ema_decay is 2; .* and at most 1\."),
        ({"steps": 1, "drops": (0.5, 2.0)}, r"training.drops is 2; .* and at most 1\."),
        ({"steps": 1, "seed": -1}, r"training.seed is -1"),
        ({"steps": 1, "validate_every": 0}, r"validate_every is 0; it must be at least 1\."),
    ],
)
def test_impossible_numbers_are_refused(values, message) -> None:
    with pytest.raises(ConfigError, match=message):
        TrainSettings(**values)
