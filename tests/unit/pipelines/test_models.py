import dataclasses

import pytest

from p3m.core.catalog import Catalog
from p3m.models.catalog import MODELS
from p3m.pipelines.models import list_models, list_networks
from support.weights import stub_weights

CONTENT = b"not really a model"


@pytest.fixture
def record():
    return stub_weights(content=CONTENT)


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("P3M_HOME", str(tmp_path))
    (tmp_path / "weights").mkdir()
    return tmp_path / "weights"


def test_weights_that_are_whole_have_their_path(home, record):
    (home / record.file).write_bytes(CONTENT)
    (listed,) = list_models(Catalog("weights", [record]))
    assert (listed.path, listed.problem) == (home / record.file, None)


def test_weights_that_are_missing_or_damaged_are_listed_with_the_reason(home, record):
    other = dataclasses.replace(record, tag="v1", file="net-v1.onnx")
    (home / record.file).write_bytes(CONTENT[:-1])
    damaged, missing = list_models(Catalog("weights", [record, other]))
    assert damaged.path is missing.path is None
    assert "damaged" in damaged.problem
    assert "net-v1.onnx" in missing.problem


def test_networks_come_with_the_names_of_their_weights():
    weights = Catalog("weights", [stub_weights("p3m-basic", tag) for tag in ("v0", "v1")])
    listed = {each.entry.name: each.weights for each in list_networks(weights=weights)}
    assert list(listed) == list(MODELS)
    assert listed.pop("p3m-basic") == ("p3m-basic@v0", "p3m-basic@v1")
    assert set(listed.values()) == {()}
