"""Callables by name, so that a catalogue of heavy things can be read without loading them."""

from importlib import import_module
from typing import Any


class Deferred:
    """A callable of another module, which is imported when it is first called.

    Args:
        path: ``module:name``, both as Python knows them.

    Raises:
        ValueError: If the path has another form: a mistake in the source, not the input.

    Attributes:
        path: As given.

    Example:
        >>> Deferred("math:hypot")(3, 4)
        5.0
    """

    __slots__ = ("path",)

    def __init__(self, path: str) -> None:
        module, colon, name = path.partition(":")
        if not (colon and name.isidentifier() and all(map(str.isidentifier, module.split(".")))):
            raise ValueError(f"{path!r} is not of the form 'module:name'.")
        self.path = path

    def __call__(self, *args: Any, **options: Any) -> Any:
        """What the callable returns."""
        module, _, name = self.path.partition(":")
        return getattr(import_module(module), name)(*args, **options)

    def __repr__(self) -> str:
        return f"Deferred({self.path!r})"
