"""Review sheets."""

from pathlib import Path

import numpy as np

from p3m.privacy.ledger import FaceRecord
from p3m.privacy.review import ReviewSheets
from support.images import noise


def test_faces_are_outlined_in_the_colour_of_what_becomes_of_them():
    grey = np.full((400, 300, 3), 128, np.uint8)
    sheets = ReviewSheets()
    faces = [FaceRecord(id=1, box=(50, 50, 120, 150))]
    sheets.add(Path("a.jpg"), grey, faces, 0.2)
    sheets.add(Path("b.jpg"), grey, [FaceRecord(id=1, box=(50, 50, 120, 150), kept=True)], 0.2)
    ((name, page),) = sheets.pages()
    assert name == "review-001.jpg"
    left, right = np.array_split(page.astype(int), 2, axis=1)
    red, green = ((half[..., 0] - half[..., 1]).ravel() for half in (left, right))
    assert red.max() > 100
    assert green.min() < -100


def test_pages_hold_twenty_pictures():
    sheets = ReviewSheets()
    for number in range(21):
        sheets.add(Path(f"{number}.jpg"), noise(30, 20, seed=number), [], 0.2)
    assert [name for name, _ in sheets.pages()] == ["review-001.jpg", "review-002.jpg"]
