"""The public names: adding one changes public_api.json, removing one takes a release of warning."""

import importlib
import json
from pathlib import Path

import pytest

PUBLIC = json.loads(Path(__file__).with_name("public_api.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("module", PUBLIC)
def test_the_public_names_are_those_on_record(module):
    assert sorted(importlib.import_module(module).__all__) == PUBLIC[module]


@pytest.mark.parametrize("module", PUBLIC)
def test_every_public_name_is_there_documented_and_listed(module):
    package = importlib.import_module(module)
    for name in PUBLIC[module]:
        value = getattr(package, name)
        assert name in dir(package)
        assert isinstance(value, str) or value.__doc__, f"{module}.{name} has no docstring"
