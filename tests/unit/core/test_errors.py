"""Tests of p3m.core.errors."""

import inspect
import re

import pytest

from p3m.core import errors
from p3m.core.errors import ImageTooLargeError, MissingExtraError, P3MError

CLASSES = [
    member
    for _, member in inspect.getmembers(errors, inspect.isclass)
    if issubclass(member, P3MError) and member is not P3MError
]


@pytest.mark.parametrize("error", CLASSES, ids=lambda error: error.__name__)
def test_every_error_is_also_the_builtin_that_a_caller_expects(error):
    assert issubclass(error.__bases__[0], P3MError)
    builtin = next(base for base in error.__mro__ if base.__module__ == "builtins")
    assert issubclass(builtin, Exception)
    assert builtin is not Exception


def test_the_drawing_in_the_docstring_is_the_tree():
    drawn = set(re.findall(r"[├└]── (\w+) \((\w+)\)", errors.__doc__))
    assert drawn == {(error.__name__, error.__bases__[-1].__name__) for error in CLASSES}


def test_a_picture_over_the_cap_says_both_sizes_and_the_cure():
    error = ImageTooLargeError("big.png", 120_000_000, 100_000_000)
    assert str(error).startswith("big.png: 120.0 megapixels are over the cap of 100.0.")
    assert "--max-megapixels" in str(error)
    assert (error.pixels, error.max_pixels) == (120_000_000, 100_000_000)


def test_a_missing_extra_names_the_command_that_installs_it():
    error = MissingExtraError("Training", "train")
    assert str(error).endswith('pip install "p3m[train]".')
    assert error.extra == "train"
