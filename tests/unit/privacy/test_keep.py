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
    place = Path("deep/group.jpg")
    exempt = Exemptions.parse(texts, [place, Path("other.jpg")])
    assert exempt.has(FACE, place) == stays


def test_a_face_that_was_marked_stays():
    face = FaceRecord(id=1, box=(0, 0, 1, 1), kept=True)
    assert Exemptions().has(face, Path("a.jpg"))


@pytest.mark.parametrize("text", ["", "2", "1,2,3", "a,b,c,d"])
def test_what_names_no_face_is_refused(text):
    with pytest.raises(ConfigError, match="names no face"):
        Exemptions.parse([text], [Path("a.jpg")])


PLACES = [Path("a/one.jpg"), Path("b/one.jpg"), Path("a/two.jpg"), Path("two.png"), Path("top.jpg")]


@pytest.mark.parametrize(("name", "first"), [("one.jpg", "a/one.jpg"), ("two", "a/two.jpg")])
def test_a_name_that_stands_for_several_files_is_refused(name, first):
    match = rf"'{name}' stands for {first} and .*; write {first}#NUMBER"
    with pytest.raises(ConfigError, match=match):
        Exemptions.parse([f"{name}#2"], PLACES)


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("b/one.jpg", "b/one.jpg"),
        ("two.png", "two.png"),
        ("two.jpg", "a/two.jpg"),
        ("top", "top.jpg"),
    ],
)
def test_a_name_stands_for_one_file(name, place):
    exempt = Exemptions.parse([f"{name}#2"], PLACES)
    assert [exempt.has(FACE, other) for other in PLACES] == [p == Path(place) for p in PLACES]
    assert [exempt.names(other) for other in PLACES] == [p == Path(place) for p in PLACES]


def test_a_place_is_meant_before_a_file_name():
    exempt = Exemptions.parse(["one.jpg#2"], [*PLACES, Path("one.jpg")])
    assert exempt.has(FACE, Path("one.jpg"))
    assert not exempt.has(FACE, Path("a/one.jpg"))
