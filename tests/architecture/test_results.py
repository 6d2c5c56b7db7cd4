"""Every figure has a file: the results keep their form, and documents say what they say."""

from pathlib import Path

import pytest
import result_file
import tables
from pydantic import TypeAdapter

from p3m.core.provenance import Provenance

PATHS = sorted(result_file.RESULTS.rglob("*.json"))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_result_file_is_whole(path):
    schema = TypeAdapter(result_file.Result)
    result = schema.validate_json(path.read_bytes(), strict=True, extra="forbid")
    assert result.path == path, "the file's name or folder says something else than its content"
    assert set(result.provenance) == set(Provenance.__annotations__)
    assert len({case.name for case in result.cases}) == len(result.cases) > 0
    for case in result.cases:
        assert case.summary == result_file.summarize(case.raw)


@pytest.mark.parametrize("document", tables.DOCUMENTS, ids=lambda path: path.name)
def test_a_document_says_what_the_results_say(document):
    text = document.read_text(encoding="utf-8")
    assert tables.MARKED.search(text)
    assert tables.with_tables(document) == text, "run `make tables`"


def test_a_result_comes_back_as_it_was_written(tmp_path, monkeypatch):
    monkeypatch.setattr(result_file, "RESULTS", tmp_path)
    cases = [result_file.case("small", "ms", [3, 1, 2], megapixels=0.25)]
    path = result_file.write_result("speed", cases, settings={"runs": 3}, machine="A (2 cores)")
    assert path.name == "speed--a-2-cores--cpu.json"
    result = result_file.read_result(path)
    assert result.cases == cases
    assert result.cases[0].summary == {"median": 2.0, "min": 1.0, "max": 3.0, "mean": 2.0}
    assert result.path == path


def test_the_newest_version_wins(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "RESULTS", tmp_path)
    monkeypatch.setattr(tables, "read_result", lambda path: Path(path).parent.name)
    for version in ("0.9.0", "0.10.0"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "speed--a--cpu.json").touch()
    assert tables.newest_results("speed") == ["0.10.0"]
    assert tables.newest_results("quality") == []
