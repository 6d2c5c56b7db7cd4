"""Review sheets."""

from pathlib import Path

import numpy as np
import pytest

from p3m.privacy.ledger import FaceRecord
from p3m.privacy.review import ReviewSheets
from support.images import noise


@pytest.fixture
def given():
    """The pages that were given out, by name."""
    return {}


@pytest.fixture
def sheets(given):
    return ReviewSheets(given.__setitem__)


def test_faces_are_outlined_in_the_colour_of_what_becomes_of_them(sheets, given):
    grey = np.full((400, 300, 3), 128, np.uint8)
    faces = [FaceRecord(id=1, box=(50, 50, 120, 150))]
    sheets.add(Path("a.jpg"), grey, faces, 0.2)
    sheets.add(Path("b.jpg"), grey, [FaceRecord(id=1, box=(50, 50, 120, 150), kept=True)], 0.2)
    sheets.finish()
    ((name, page),) = given.items()
    assert name == "review-001.jpg"
    left, right = np.array_split(page.astype(int), 2, axis=1)
    red, green = ((half[..., 0] - half[..., 1]).ravel() for half in (left, right))
    assert red.max() > 100
    assert green.min() < -100


def test_a_page_of_twenty_pictures_is_given_out_at_once(sheets, given):
    for number in range(21):
        assert list(given) == ["review-001.jpg"] * (number == 20)
        sheets.add(Path(f"{number}.jpg"), noise(30, 20, seed=number), [], 0.2)
    sheets.finish()
    assert list(given) == ["review-001.jpg", "review-002.jpg"]


def test_pages_that_are_full_leave_none_for_the_end(sheets, given):
    sheets.finish()
    assert not given
    for number in range(20):
        sheets.add(Path(f"{number}.jpg"), noise(30, 20, seed=number), [], 0.2)
    sheets.finish()
    assert list(given) == ["review-001.jpg"]
