"""Ledgers: written, edited, read again."""

import json
from dataclasses import replace

import pytest

from p3m.core.errors import InputError, LedgerError
from p3m.privacy.ledger import FaceRecord, LedgerEntry, read_entries, read_ledger, sha256

ENTRY = LedgerEntry(
    input="a/b.jpg",
    input_sha256=sha256(b"before"),
    output="b.jpg",
    output_sha256=sha256(b"after"),
    status="anonymized",
    width=640,
    height=480,
    faces=(
        FaceRecord(id=1, box=(1.5, 2, 30, 40), score=0.9, covered=1.0),
        FaceRecord(id=2, box=(50, 2, 80, 40), landmarks=((1, 2), (3, 4), (5, 6), (7, 8), (9, 1))),
    ),
    effect={"name": "blur", "strength": 0.2},
    margin=0.2,
    covered_px=1234,
    detector={"name": "centerface", "threshold": 0.15},
    matte=False,
    metadata_removed=("exif", "gps"),
    metadata_kept=(),
    doubts=(),
    version="1.0",
)


def test_an_entry_is_one_line_and_comes_back(tmp_path):
    path = tmp_path / "ledger.jsonl"
    path.write_text(ENTRY.line() + "\n\n", encoding="utf-8")
    assert read_ledger(path) == {ENTRY.input_sha256: ENTRY}


def test_a_later_line_replaces_an_earlier_one(tmp_path):
    path = tmp_path / "ledger.jsonl"
    edited = json.loads(ENTRY.line())
    edited["faces"] = [{"id": 1, "box": [0, 0, 9, 9], "kept": True}]
    path.write_text(ENTRY.line() + "\n" + json.dumps(edited), encoding="utf-8")
    (entry,) = read_ledger(path).values()
    assert entry.faces == (FaceRecord(id=1, box=(0, 0, 9, 9), kept=True),)


@pytest.mark.parametrize(
    "line",
    [
        "not json",
        "[]",
        "{}",
        ENTRY.line().replace('"margin"', '"margins"'),
        ENTRY.line().replace("[1.5, 2, 30, 40]", "[1.5, 2, 30]"),
        ENTRY.line().replace("[1.5, 2, 30, 40]", "[30, 2, 1, 40]"),
        ENTRY.line().replace("[1.5, 2, 30, 40]", "[1.5, 2, NaN, 40]"),
        ENTRY.line().replace("[1.5, 2, 30, 40]", "[1.5, 2, Infinity, 40]"),
        ENTRY.line().replace("[1.5, 2, 30, 40]", "[1.5, 2, 1e12, 40]"),
        ENTRY.line().replace('"kept": false', '"kept": "false"'),
        ENTRY.line().replace('"id": 2', '"id": 1'),
        ENTRY.line().replace('"id": 2', '"id": "2"'),
        ENTRY.line().replace('"score": 0.9', '"score": null'),
        ENTRY.line().replace(", [9, 1]]", "]"),
    ],
)
def test_a_bad_line_is_named(tmp_path, line):
    path = tmp_path / "ledger.jsonl"
    path.write_text(ENTRY.line() + "\n" + line, encoding="utf-8")
    with pytest.raises(LedgerError, match=r"ledger.jsonl, line 2: not an entry"):
        read_ledger(path)


def test_a_missing_ledger_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="cannot be read as a ledger"):
        read_ledger(tmp_path / "none.jsonl")


def test_a_face_may_be_added_by_its_id_and_box(tmp_path):
    path = tmp_path / "ledger.jsonl"
    edited = json.loads(ENTRY.line())
    edited["faces"].append({"id": 3, "box": [-5, 0, 9, 9]})
    path.write_text(json.dumps(edited), encoding="utf-8")
    assert next(read_entries(path)).faces[2] == FaceRecord(id=3, box=(-5, 0, 9, 9))


def test_a_name_may_hold_any_separator_of_lines(tmp_path):
    path = tmp_path / "ledger.jsonl"
    entry = replace(ENTRY, input="a\u2028b\x85c\nd.jpg")
    path.write_text(entry.line() + "\n", encoding="utf-8")
    assert [entry] == list(read_entries(path))
