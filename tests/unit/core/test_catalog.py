"""Tests of p3m.core.catalog."""

from dataclasses import dataclass

import pytest

from p3m.core.catalog import Catalog
from p3m.core.errors import UnknownNameError


@dataclass(frozen=True)
class Entry:
    name: str


@pytest.fixture
def models():
    return Catalog("model", [Entry("p3mnet-r34"), Entry("modnet"), Entry("p3mnet-lite@v0.1")])


def test_entries_come_in_the_order_they_were_listed(models):
    assert list(models) == ["p3mnet-r34", "modnet", "p3mnet-lite@v0.1"]
    assert len(models) == 3


def test_an_entry_is_found_by_its_name(models):
    assert models["modnet"] == Entry("modnet")
    assert "modnet" in models
    assert "mod" not in models


def test_a_misspelt_name_gets_a_suggestion(models):
    with pytest.raises(UnknownNameError, match="No model named 'p3mnt-r34'") as caught:
        models["p3mnt-r34"]
    assert "Did you mean 'p3mnet-r34'?" in str(caught.value)
    assert caught.value.known == tuple(models)
    assert caught.value.name == "p3mnt-r34"


def test_a_name_like_no_other_gets_the_list_only(models):
    with pytest.raises(UnknownNameError) as caught:
        models["zzz"]
    assert "Did you mean" not in str(caught.value)
    assert "Known: p3mnet-r34, modnet, p3mnet-lite@v0.1." in str(caught.value)


@pytest.mark.parametrize("name", ["P3MNet", "p3m_net", "-lite", "lite-", "a b", "", "a@", "a@@b"])
def test_a_malformed_name_is_a_mistake_in_the_source(name):
    with pytest.raises(ValueError, match="is not kebab-case"):
        Catalog("model", [Entry(name)])


def test_a_name_given_twice_is_a_mistake_in_the_source():
    with pytest.raises(ValueError, match="'modnet' is given twice"):
        Catalog("model", [Entry("modnet"), Entry("modnet")])
