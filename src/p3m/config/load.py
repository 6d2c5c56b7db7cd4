"""Settings from a TOML file and from overrides such as ``optimizer.lr=1e-4``."""

import difflib
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_type_hints

from p3m.core.errors import ConfigError, InputError, UnknownNameError

if TYPE_CHECKING:
    from pydantic import ValidationError

Settings = TypeVar("Settings")


def load_settings(
    cls: type[Settings], source: Path | None, overrides: Sequence[str] = ()
) -> Settings:
    """Settings as a dataclass, checked field by field: defaults, then the file, then the overrides.

    An override is ``path=value``. The path's parts are names of nested fields; the value is written
    as in TOML, except that a string needs no quotes where it is nothing else in TOML.

    Args:
        cls: The dataclass; its fields may be dataclasses in turn.
        source: A TOML file, or ``None`` for the defaults alone.
        overrides: In order; a later one wins.

    Returns:
        An instance of ``cls``.

    Raises:
        InputError: If the file cannot be read.
        ConfigError: If it is not TOML, an override is malformed, a key is unknown, or a value does
            not fit its field. The message names the key with its dotted path.

    Example:
        >>> from dataclasses import dataclass, field
        >>> @dataclass(frozen=True)
        ... class Optimizer:
        ...     lr: float = 1e-3
        >>> @dataclass(frozen=True)
        ... class Train:
        ...     steps: int = 100
        ...     optimizer: Optimizer = field(default_factory=Optimizer)
        >>> load_settings(Train, None, ["optimizer.lr=1e-4"])
        Train(steps=100, optimizer=Optimizer(lr=0.0001))
        >>> load_settings(Train, None, ["optimizer.lrs=1"])
        Traceback (most recent call last):
        p3m.core.errors.ConfigError: Unknown setting 'optimizer.lrs'. Did you mean 'optimizer.lr'?
    """
    from pydantic import TypeAdapter, ValidationError  # noqa: PLC0415 -- only runs have settings

    values = {} if source is None else _read(source)
    for override in overrides:
        _apply(values, override)
    _refuse_unknown(cls, values)
    try:
        return TypeAdapter(cls).validate_python(values)
    except ValidationError as error:
        raise ConfigError(_describe(error)) from error


def preset(name: str) -> Path:
    """The file of a preset that comes with p3m.

    Args:
        name: The file's name without ``.toml``.

    Returns:
        Its path.

    Raises:
        UnknownNameError: If there is no such preset.
    """
    folder = Path(str(resources.files("p3m.config") / "presets"))
    files = {path.stem: path for path in sorted(folder.glob("*.toml"))}
    if name not in files:
        raise UnknownNameError("preset", name, files, _nearest(name, files))
    return files[name]


def _read(source: Path) -> dict[str, Any]:
    """The file's tables, whose values may be anything until they are checked."""
    try:
        return tomllib.loads(source.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{source}: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{source} is not a TOML file: {error}.") from error


def _apply(values: dict[str, Any], override: str) -> None:
    """Sets one override's value in the nested tables."""
    path, equals, text = (part.strip() for part in override.partition("="))
    *tables, key = path.split(".")
    if not equals or not all((*tables, key)):
        raise ConfigError(
            f"{override!r} is no override; write it as name=value or table.name=value."
        )
    for table in tables:
        values = values.setdefault(table, {})
        if not isinstance(values, dict):
            raise ConfigError(f"{override!r}: {table!r} is a value, not a table of settings.")
    values[key] = _parse(text)


def _parse(text: str) -> object:
    """A TOML value, or the text itself where it is none."""
    try:
        parsed = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text
    return parsed["value"] if len(parsed) == 1 else text


def _refuse_unknown(cls: type, values: Mapping[str, object], path: tuple[str, ...] = ()) -> None:
    """Raises a ConfigError at the first key that names no field, also in nested tables."""
    known = [field.name for field in fields(cls) if field.init]
    types = get_type_hints(cls)
    for key, value in values.items():
        if key not in known:
            cure = f"Known: {', '.join(known)}."
            if near := _nearest(key, known):
                cure = f"Did you mean {_dotted(*path, near)!r}?"
            raise ConfigError(f"Unknown setting {_dotted(*path, key)!r}. {cure}")
        for table in value if isinstance(value, list) else [value]:
            if isinstance(table, Mapping) and (nested := next(_dataclasses(types[key]), None)):
                _refuse_unknown(nested, table, (*path, key))


def _dataclasses(annotation: object) -> Iterator[type]:
    """The dataclasses in an annotation, such as ``A`` in ``tuple[A, ...] | None``."""
    if isinstance(annotation, type) and is_dataclass(annotation):
        yield annotation
    for argument in get_args(annotation):
        yield from _dataclasses(argument)


def _dotted(*path: object) -> str:
    return ".".join(map(str, path))


def _nearest(name: str, known: Iterable[str]) -> str | None:
    return next(iter(difflib.get_close_matches(name, known, n=1)), None)


def _describe(error: "ValidationError") -> str:
    """The first of the errors in one sentence, and how many there are more."""
    first, *others = error.errors()
    name = _dotted(*first["loc"])
    reason = first["msg"].removeprefix("Value error, ").rstrip(".")
    more = f" (And {len(others)} more.)" if others else ""
    if first["type"] == "missing":
        return f"{name} is missing.{more}"
    if first["type"] == "value_error":
        return f"{name}: {reason}.{more}" if name else f"{reason}.{more}"
    return f"{name} is {first['input']!r}: {reason[0].lower()}{reason[1:]}.{more}"
