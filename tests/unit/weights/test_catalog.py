import pytest

from p3m.core.catalog import Catalog
from p3m.core.errors import UnknownNameError
from p3m.weights.catalog import weights_record
from support.weights import stub_weights

CATALOG = Catalog(
    "weights", [stub_weights("one", "v0"), stub_weights("one", "v1"), stub_weights("two", "v0")]
)


def test_a_record_is_named_for_its_model_and_tag():
    assert list(CATALOG) == ["one@v0", "one@v1", "two@v0"]


@pytest.mark.parametrize(
    ("name", "found"), [("one", "one@v1"), ("one@v0", "one@v0"), ("two", "two@v0")]
)
def test_a_bare_model_name_means_its_newest_weights(name, found):
    assert weights_record(name, CATALOG).name == found


def test_an_unknown_name_is_told_with_the_nearest():
    with pytest.raises(UnknownNameError, match=r"No weights named 'one@v2'. Did you mean 'one@v"):
        weights_record("one@v2", CATALOG)
