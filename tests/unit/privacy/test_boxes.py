"""How much boxes overlap, and one face out of many findings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p3m.privacy.boxes import area, distinct, overlap
from p3m.privacy.contract import Face

numbers = st.integers(-20, 20)
boxes = st.tuples(numbers, numbers, numbers, numbers).map(
    lambda b: (min(b[0], b[2]), min(b[1], b[3]), max(b[0], b[2]) + 1, max(b[1], b[3]) + 1)
)


@given(boxes, boxes)
def test_overlap_is_a_symmetric_share_and_one_only_for_equal_boxes(first, second):
    value = overlap(first, second)
    assert value == overlap(second, first)
    assert 0 <= value <= 1
    assert (value == 1) == (first == second)


def test_overlap_counts_pixels():
    pixels = [
        {(x, y) for x in range(b[0], b[2]) for y in range(b[1], b[3])}
        for b in ((0, 0, 7, 5), (3, 2, 11, 9))
    ]
    expected = len(pixels[0] & pixels[1]) / len(pixels[0] | pixels[1])
    assert overlap((0, 0, 7, 5), (3, 2, 11, 9)) == pytest.approx(expected)


def test_an_empty_box_has_no_area():
    assert area((3, 3, 3, 9)) == area((5, 0, 2, 9)) == 0


def test_of_findings_that_overlap_the_surest_is_kept():
    sure, unsure = Face(box=(0, 0, 10, 10), score=0.9), Face(box=(1, 1, 11, 11), score=0.4)
    other = Face(box=(30, 30, 40, 40), score=0.2)
    assert distinct([unsure, other, sure]) == (sure, other)


def test_a_finding_within_a_surer_one_is_the_same_face():
    face = Face(box=(0, 0, 100, 100), score=0.9)
    assert distinct([Face(box=(60, 60, 90, 90), score=0.5), face]) == (face,)


def test_a_larger_finding_around_a_surer_one_stays():
    """It covers pixels that would be left open else."""
    small, large = Face(box=(60, 60, 90, 90), score=0.9), Face(box=(0, 0, 100, 100), score=0.5)
    assert distinct([large, small]) == (small, large)


def test_no_findings_are_no_faces():
    assert distinct([]) == ()
