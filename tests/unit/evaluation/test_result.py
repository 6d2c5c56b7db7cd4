import csv
import json

import pytest

from p3m.core.errors import InputError
from p3m.evaluation.result import read_evaluation, read_scores, to_csv, to_json

SCORES = {"sad": [0.1, 2 / 3, 0.3], "mse": [1e-9, 0.2, 0.0]}


def test_json_comes_back_as_it_was(evaluation, tmp_path):
    made = evaluation(SCORES, values="exact")
    path = tmp_path / "e.json"
    path.write_text(to_json(made, comparison={"x": 1}))
    assert read_evaluation(path) == made
    content = json.loads(path.read_text())
    assert content["summary"]["sad"]["mean"] == pytest.approx(sum(SCORES["sad"]) / 3)
    assert content["comparison"] == {"x": 1}
    assert content["provenance"]["version"]


def test_csv_has_a_row_a_picture_in_full_precision(evaluation):
    rows = list(csv.reader(to_csv(evaluation(SCORES)).splitlines()))
    assert rows[0] == ["name", "sad", "mse"]
    assert [row[0] for row in rows[1:]] == ["p0", "p1", "p2"]
    assert [float(row[1]) for row in rows[1:]] == SCORES["sad"]


def test_names_with_commas_and_quotes_survive(evaluation):
    names = ['a,"b"', "c\nd", "e"]
    rows = list(csv.reader(to_csv(evaluation(SCORES, names=names)).splitlines(keepends=True)))
    assert [row[0] for row in rows[1:]] == names


def test_a_column_is_read_back_to_the_last_digit(evaluation, tmp_path):
    file = tmp_path / "scores.csv"
    file.write_text(to_csv(evaluation(SCORES, names=['a,"b"', "c\nd", "e"])), newline="")
    read = read_scores(file, "sad")
    assert read == dict(zip(['a,"b"', "c\nd", "e"], SCORES["sad"], strict=True))


@pytest.mark.parametrize("content", ["name,sad\np0,1\n", "name,mad\np0,much\n", "mad\n1\n"])
def test_a_file_without_that_column_is_refused(tmp_path, content):
    file = tmp_path / "scores.csv"
    file.write_text(content)
    with pytest.raises(InputError, match="needs columns 'name' and 'mad'"):
        read_scores(file, "mad")
    with pytest.raises(InputError, match="cannot be read"):
        read_scores(tmp_path / "none.csv", "mad")


def test_the_worst_come_first(evaluation):
    assert [row.name for row in evaluation(SCORES).worst(2)] == ["p1", "p2"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "cannot be read"),
        ("{", "is no JSON"),
        ("[]", "was not written by p3m evaluate"),
        ('{"format": "other"}', "was not written by p3m evaluate"),
        ('{"format": "p3m-evaluation/1"}', "is damaged"),
    ],
)
def test_another_file_is_refused(tmp_path, content, reason):
    path = tmp_path / "e.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError, match=reason):
        read_evaluation(path)
