import hashlib

import pytest

from p3m.core.catalog import Catalog
from p3m.core.errors import UnknownNameError, WeightsError
from p3m.weights.store import find_weights, sha256_of
from support.weights import stub_weights

CONTENT = b"not really a network"
CATALOG = Catalog("weights", [stub_weights(content=CONTENT)])


@pytest.fixture(autouse=True)
def _no_home(monkeypatch):
    monkeypatch.delenv("P3M_HOME", raising=False)


@pytest.mark.parametrize("name", ["net", "net@v0"])
def test_a_name_finds_the_file_in_the_package(tmp_path, name):
    (tmp_path / "net-v0.onnx").write_bytes(CONTENT)
    assert find_weights(name, catalog=CATALOG, embedded=tmp_path) == tmp_path / "net-v0.onnx"


def test_a_name_finds_the_file_in_the_home_folder(tmp_path, monkeypatch):
    file = tmp_path / "weights" / "net-v0.onnx"
    file.parent.mkdir()
    file.write_bytes(CONTENT)
    monkeypatch.setenv("P3M_HOME", str(tmp_path))
    assert find_weights("net", catalog=CATALOG, embedded=tmp_path) == file


def test_a_missing_file_is_told_with_the_folders_and_the_cure(tmp_path, monkeypatch):
    monkeypatch.setenv("P3M_HOME", str(tmp_path / "home"))
    with pytest.raises(WeightsError, match=r"net-v0.onnx of net@v0 is not in .*home.*Reinstall"):
        find_weights("net", catalog=CATALOG, embedded=tmp_path)


def test_a_damaged_file_is_told_with_both_hashes_and_the_cure(tmp_path):
    (tmp_path / "net-v0.onnx").write_bytes(CONTENT[:-1])
    expected = hashlib.sha256(CONTENT).hexdigest()
    actual = hashlib.sha256(CONTENT[:-1]).hexdigest()
    with pytest.raises(WeightsError, match=f"net-v0.onnx is damaged.*{actual}.*{expected}.*Reinst"):
        find_weights("net", catalog=CATALOG, embedded=tmp_path)


def test_a_path_is_taken_as_it_is(tmp_path, monkeypatch):
    (tmp_path / "mine.onnx").write_bytes(b"anything")
    monkeypatch.chdir(tmp_path)
    assert find_weights(tmp_path / "mine.onnx") == tmp_path / "mine.onnx"
    assert find_weights("mine.onnx").name == "mine.onnx"
    assert find_weights("./mine.onnx").samefile(tmp_path / "mine.onnx")


def test_a_path_to_nothing_is_an_error(tmp_path):
    with pytest.raises(WeightsError, match=r"none\.onnx is not there or is no file"):
        find_weights(tmp_path / "none.onnx")


def test_a_name_that_is_neither_is_unknown(tmp_path):
    with pytest.raises(UnknownNameError, match="Did you mean 'net@v0'"):
        find_weights("nett@v0", catalog=CATALOG, embedded=tmp_path)


def test_hashing_a_folder_is_an_error(tmp_path):
    with pytest.raises(WeightsError, match="cannot be read"):
        sha256_of(tmp_path)
