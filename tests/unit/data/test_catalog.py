"""Tests of p3m.data.catalog: names that stand for a part of a set."""

import pytest

from p3m.core.errors import ConfigError, UnknownNameError
from p3m.data.catalog import dataset_split


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ppm-100", ("ppm-100", "test")),
        ("p3m-500-np", ("p3m-10k", "p3m-500-np")),
        ("am-2k/validation", ("am-2k", "validation")),
    ],
)
def test_a_part_is_found_by_each_way_to_name_it(name, expected):
    entry, split = dataset_split(name)
    assert (entry.name, split.name) == expected


def test_a_set_of_several_parts_needs_one_of_them():
    with pytest.raises(ConfigError, match="several parts; name one of them: am-2k/train, am-2k/va"):
        dataset_split("am-2k")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("p3m-10", "No data set named 'p3m-10'. Did you mean 'p3m-10k'"),
        ("am-2k/validationn", "No split of am-2k named 'validationn'. Did you mean 'validation'"),
    ],
)
def test_a_misspelt_name_gets_a_suggestion(name, text):
    with pytest.raises(UnknownNameError, match=text):
        dataset_split(name)
