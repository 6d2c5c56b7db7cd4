"""Brings docstrings to the form that mkdocstrings renders: see `Readable`."""

import re
from typing import Any

import griffe

REPLACED = (
    (re.compile(r"^Example:$", re.MULTILINE), "Examples:"),
    (re.compile(r"^( *)\.\. math::[ ]?", re.MULTILINE), r"\1    "),
    (re.compile(r":[a-z]+:`~?([^`]+)`"), r"`\1`"),
)


class Readable(griffe.Extension):
    """Makes a running example a section of code, a formula a block, and a role plain code."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rewrites the docstring of each object once it is loaded."""
        if obj.docstring:
            for pattern, replacement in REPLACED:
                obj.docstring.value = pattern.sub(replacement, obj.docstring.value)
