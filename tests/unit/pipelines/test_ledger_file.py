"""A ledger on disk outlives runs that were killed, and spoils no other file."""

from dataclasses import replace

import pytest

from p3m.core.errors import LedgerError, OutputError
from p3m.pipelines.ledger_file import LedgerFile
from p3m.privacy.ledger import LedgerEntry, read_entries, sha256

ENTRY = LedgerEntry(
    input="deep/a.jpg",
    input_sha256=sha256(b"before"),
    output="deep/a.jpg",
    output_sha256=sha256(b"after"),
    status="anonymized",
    width=6,
    height=4,
    faces=(),
    effect={"name": "blur", "strength": 0.2},
    margin=0.2,
    covered_px=0,
    detector={"name": "centerface", "threshold": 0.15},
    matte=False,
    metadata_removed=(),
    metadata_kept=(),
    doubts=(),
    version="1.0",
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "made" / "ledger.jsonl"


def test_lines_are_added(path):
    LedgerFile(path).add(ENTRY)
    LedgerFile(path).add(replace(ENTRY, input="b.jpg"))
    assert [entry.input for entry in read_entries(path)] == ["deep/a.jpg", "b.jpg"]


@pytest.mark.parametrize("cut", [1, 30, 200])
def test_half_a_line_of_a_killed_run_is_cut_off(path, cut):
    LedgerFile(path).add(ENTRY)
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:-cut])
    LedgerFile(path).add(ENTRY)
    lines = 3 if cut == 1 else 2  # without its end of line alone, a line is whole
    assert list(read_entries(path)) == [ENTRY] * lines


@pytest.mark.parametrize("length", [1, 5, 30, -1])
def test_half_of_the_first_line_is_cut_off(path, length):
    LedgerFile(path)  # makes the folder
    path.write_bytes(ENTRY.line().encode()[:length])
    LedgerFile(path).add(ENTRY)
    assert list(read_entries(path)) == [ENTRY]


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xd8\xff\xe0 picture",
        b'{\n  "a": 1\n}',
        b'{"a": 1}',
        b'{"a": 1}\n{"b"',
        b"[1]\n",
    ],
)
def test_another_file_is_not_added_to(tmp_path, content):
    path = tmp_path / "other"
    path.write_bytes(content)
    with pytest.raises(LedgerError, match="exists and is no ledger"):
        LedgerFile(path)
    assert path.read_bytes() == content


def test_names_that_are_no_text_come_back(path):
    entry = replace(ENTRY, input="bad\udcff.png", output="bad\udcff.png")
    LedgerFile(path).add(entry)
    assert list(read_entries(path)) == [entry]


def test_what_was_done_is_what_is_there_unchanged(path, tmp_path):
    ledger = LedgerFile(path)
    ledger.add(ENTRY)
    ledger.add(replace(ENTRY, input="gone.jpg", output="gone.jpg"))
    ledger.add(replace(ENTRY, input="planned.jpg", output=None, output_sha256=None))
    (tmp_path / "out" / "deep").mkdir(parents=True)
    written = tmp_path / "out" / "deep" / "a.jpg"
    written.write_bytes(b"after")
    assert ledger.done(tmp_path / "out") == {
        ("deep/a.jpg", ENTRY.input_sha256, "deep/a.jpg"): ENTRY
    }
    written.write_bytes(b"other")
    assert ledger.done(tmp_path / "out") == {}


def test_a_place_that_takes_no_file_is_told_at_once(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        LedgerFile(tmp_path / "file" / "ledger.jsonl")
