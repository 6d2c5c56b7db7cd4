from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from p3m.config.load import load_settings, preset
from p3m.core.errors import ConfigError, InputError, RangeError, UnknownNameError


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimizer:
    lr: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.999)

    def __post_init__(self) -> None:
        if self.lr <= 0:
            raise RangeError(f"lr is {self.lr:g}; it must be positive.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    steps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    name: str
    mode: Literal["fast", "good"] = "good"
    sizes: tuple[int, ...] = (256,)
    folder: Path = Path("runs")
    seed: int | None = None
    amp: bool = False
    optimizer: Optimizer = field(default_factory=Optimizer)
    warm_up: Phase | None = None
    phases: tuple[Phase, ...] = ()

    def __post_init__(self) -> None:
        if self.mode == "fast" and self.amp:
            raise ConfigError("mode 'fast' and amp exclude each other.")


def _write(folder: Path, text: str) -> Path:
    source = folder / "settings.toml"
    source.write_text(text, encoding="utf-8")
    return source


def test_defaults_then_file_then_overrides(tmp_path: Path) -> None:
    source = _write(
        tmp_path,
        """
        name = "one"
        sizes = [256, 512]
        folder = "elsewhere"
        [optimizer]
        lr = 0.01
        [warm_up]
        steps = 5
        [[phases]]
        steps = 10
        """,
    )
    assert load_settings(Settings, source, ["name=two", "optimizer.lr=1e-4"]) == Settings(
        name="two",
        sizes=(256, 512),
        folder=Path("elsewhere"),
        optimizer=Optimizer(lr=1e-4),
        warm_up=Phase(steps=5),
        phases=(Phase(steps=10),),
    )


@pytest.mark.parametrize(
    ("override", "name", "value"),
    [
        ("name=bare words, and more", "name", "bare words, and more"),
        ('name="quoted"', "name", "quoted"),
        ("name=a=b", "name", "a=b"),
        ("name=", "name", ""),
        ("name=x\ny = 1", "name", "x\ny = 1"),
        ("name='x'\ny = 1", "name", "'x'\ny = 1"),
        ("amp = true", "amp", True),
        ("sizes=[1, 2]", "sizes", (1, 2)),
        ("seed=7", "seed", 7),
        ("folder=/some/where", "folder", Path("/some/where")),
        ("mode=fast", "mode", "fast"),
        ("phases=[{steps = 3}]", "phases", (Phase(steps=3),)),
    ],
)
def test_overrides_are_toml_values_or_bare_strings(override: str, name: str, value: object) -> None:
    assert getattr(load_settings(Settings, None, ["name=any", override]), name) == value


def test_a_later_override_wins() -> None:
    assert load_settings(Settings, None, ["name=a", "name=b"]).name == "b"


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("optimizer.rl=1", "Unknown setting 'optimizer.rl'. Known: lr, betas."),
        ("optimizer.lrs=1", "Unknown setting 'optimizer.lrs'. Did you mean 'optimizer.lr'?"),
        ("warm_up.step=1", "Unknown setting 'warm_up.step'. Did you mean 'warm_up.steps'?"),
        ("phases=[{step=1}]", "Unknown setting 'phases.step'. Did you mean 'phases.steps'?"),
        ("sede=1", "Unknown setting 'sede'. Did you mean 'seed'?"),
        ("mode=best", "mode is 'best': input should be 'fast' or 'good'."),
        ("phases=[{}]", "phases.0.steps is missing."),
        ("optimizer.lr=-1", "optimizer: lr is -1; it must be positive."),
        ("sizes=3", "sizes is 3: input should be a valid tuple."),
        ("name", "'name' is no override; write it as name=value or table.name=value."),
        ("=3", "'=3' is no override; write it as name=value or table.name=value."),
        ("a..b=3", "'a..b=3' is no override; write it as name=value or table.name=value."),
        ("name.first=3", "'name.first=3': 'name' is a value, not a table of settings."),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(override: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(Settings, None, ["name=any", override])
    assert str(caught.value) == message


def test_settings_that_exclude_each_other_keep_their_own_words() -> None:
    with pytest.raises(ConfigError, match=r"^mode 'fast' and amp exclude each other\.$"):
        load_settings(Settings, None, ["name=any", "mode=fast", "amp=true"])


def test_more_errors_are_counted() -> None:
    with pytest.raises(ConfigError, match=r"^name is missing\. \(And 1 more\.\)$"):
        load_settings(Settings, None, ["mode=best"])


def test_a_missing_file_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.toml: No such file or directory\."):
        load_settings(Settings, tmp_path / "none.toml")


@pytest.mark.parametrize("content", [b"name = ", b"\xff\xfe"])
def test_what_is_not_toml_is_refused(tmp_path: Path, content: bytes) -> None:
    source = tmp_path / "settings.toml"
    source.write_bytes(content)
    with pytest.raises(ConfigError, match=r"settings\.toml is not a TOML file: "):
        load_settings(Settings, source)


def test_an_unknown_preset_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="No preset named 'no-such-preset'"):
        preset("no-such-preset")


def test_a_preset_is_a_file_in_the_package() -> None:
    assert preset("p3mnet-lite").is_file()
