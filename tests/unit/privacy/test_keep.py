"""Faces that are to stay."""

from pathlib import Path

import pytest

from p3m.core.errors import ConfigError
from p3m.privacy.keep import Exemptions
from p3m.privacy.ledger import FaceRecord

FACE = FaceRecord(id=2, box=(10, 10, 30, 50))


@pytest.mark.parametrize(
    ("texts", "stays"),
    [
        ([], False),
        (["#2"], True),
        (["#1"], False),
        (["group.jpg#2"], True),
        (["group#2"], True),
        (["deep/group.jpg#2"], True),
        (["other.jpg#2"], False),
        (["0,0,100,100"], True),
        (["0,0,15,100"], False),
        (["#1", "19,29,21,31"], True),
    ],
)
def test_a_face_stays_by_number_or_region(texts, stays):
    assert Exemptions.parse(texts).has(FACE, Path("deep/group.jpg")) == stays


def test_a_face_that_was_marked_stays():
    face = FaceRecord(id=1, box=(0, 0, 1, 1), kept=True)
    assert Exemptions().has(face, Path("a.jpg"))


@pytest.mark.parametrize("text", ["", "2", "1,2,3", "a,b,c,d"])
def test_what_names_no_face_is_refused(text):
    with pytest.raises(ConfigError, match="names no face"):
        Exemptions.parse([text])
