"""Checks of arguments at public edges; each error names the argument and its value."""

import math
from typing import Protocol

from p3m.core.errors import ConfigError, RangeError, ShapeError


class HasShape(Protocol):
    """Any array or tensor."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The sizes of the axes."""


def check_shape(name: str, array: HasShape, expected: str) -> None:
    """Checks an array's shape against a pattern of axes.

    A number in the pattern must match exactly; a letter stands for any size of at least one, except
    that the same letter must mean the same size throughout the pattern.

    Args:
        name: The argument's name, for the error.
        array: The array or tensor.
        expected: Axes separated by blanks, such as ``"B 1 H W"``.

    Raises:
        ShapeError: If the shape does not fit.

    Example:
        >>> import numpy as np
        >>> check_shape("alpha", np.zeros((2, 1, 4, 4)), "B 1 H W")
    """
    shape = tuple(array.shape)
    axes = expected.split()
    sizes: dict[str, int] = {}
    fits = len(shape) == len(axes) and all(
        size == int(axis) if axis.isdigit() else size > 0 and sizes.setdefault(axis, size) == size
        for axis, size in zip(axes, shape, strict=True)
    )
    if not fits:
        raise ShapeError(name, shape, expected)


def check_same_shape(**arrays: HasShape) -> None:
    """Checks that all arrays have the shape of the first.

    Args:
        **arrays: The arrays by their arguments' names.

    Raises:
        ShapeError: Naming the first that differs, and the first array's shape as the expected one.
    """
    (first, reference), *others = arrays.items()
    wanted = tuple(reference.shape)
    for name, array in others:
        if tuple(array.shape) != wanted:
            raise ShapeError(name, tuple(array.shape), f"{' '.join(map(str, wanted))}, as {first}")


def check_range(name: str, value: float, low: float, high: float) -> None:
    """Checks that a number lies in ``[low, high]``.

    Raises:
        RangeError: If it does not (a NaN never does).
    """
    if not low <= value <= high:
        raise RangeError(f"{name} is {value:g}; it must lie between {low:g} and {high:g}.")


def check_setting(
    name: str, value: float, low: float, high: float = math.inf, *, multiple: int = 1
) -> None:
    """Checks a number in the settings of a run.

    Args:
        name: The setting.
        value: What it is set to.
        low: The least that it may be.
        high: The greatest.
        multiple: What it is a multiple of, if it is an integer.

    Raises:
        ConfigError: If it is something else (a NaN always is).
    """
    if not low <= value <= high or math.isinf(value):
        least = f"{name} is {value:g}; it must be at least {low:g}"
        raise ConfigError(f"{least}." if math.isinf(high) else f"{least} and at most {high:g}.")
    if multiple > 1 and value % multiple:
        raise ConfigError(f"{name} is {value:g}; it must be a multiple of {multiple}.")


def check_threads(threads: int | None) -> None:
    """Checks a number of threads; ``None`` stands for all processors.

    Raises:
        RangeError: If it is less than 1.
    """
    if threads is not None and threads < 1:
        raise RangeError(f"threads is {threads}; it must be at least 1, or None for all of them.")
