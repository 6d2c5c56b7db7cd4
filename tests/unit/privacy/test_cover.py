"""What is hidden in a frame."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from p3m.privacy.contract import Face
from p3m.privacy.cover import Cover, covers_region
from p3m.privacy.region import faces_region

SIZE = (120, 160)


def place(box, size=(30.0, 20.0), face=None):
    return Cover(
        track=1, reason="between" if face is None else "seen", box=box, size=size, face=face
    )


def test_a_face_that_was_seen_is_hidden_within_its_outline():
    face = Face(box=(50, 40, 70, 70), landmarks=((55, 50), (65, 48), (60, 56), (56, 63), (65, 61)))
    cover = place(face.box, face=face)
    np.testing.assert_array_equal(
        covers_region([cover], SIZE, margin=0.1), faces_region([face], SIZE, margin=0.1)
    )


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 0.5))
def test_a_place_hides_the_face_wherever_in_it_the_face_is(across, down, margin):
    box = (40.0, 20.0, 110.0, 90.0)
    left = box[0] + across * (box[2] - box[0] - 20)
    top = box[1] + down * (box[3] - box[1] - 30)
    face = faces_region([Face(box=(left, top, left + 20, top + 30))], SIZE, margin=margin)
    hidden = covers_region([place(box)], SIZE, margin=margin)
    ragged = face & ~hidden  # outlines are drawn on whole pixels
    assert ragged.sum() <= 0.02 * face.sum()


def test_a_place_no_larger_than_its_face_is_the_face():
    box = (50.0, 40.0, 70.0, 70.0)
    hidden = covers_region([place(box)], SIZE)
    outline = faces_region([Face(box=box)], SIZE)
    assert (hidden ^ outline).sum() <= 0.02 * outline.sum()


def test_places_beyond_the_picture_are_cut_off_and_none_hide_nothing():
    assert covers_region([place((-30.0, -30.0, 10.0, 10.0))], SIZE)[0, 0]
    assert not covers_region([], SIZE).any()
