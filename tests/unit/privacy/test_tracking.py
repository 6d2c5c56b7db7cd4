"""Faces over frames: what a detector misses stays covered."""

import pickle
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from p3m.core.errors import RangeError
from p3m.privacy.contract import Face
from p3m.privacy.sighting import DRIFT, SWERVE
from p3m.privacy.tracking import Tracker

SIZE = (1000, 1600)
GAP, LINGER = 6, 4
STILL = (400.0, 300.0, 480.0, 400.0)


def track(frames, *, cuts=(), gap=GAP, linger=LINGER, **options):
    """The covers of each frame, for the boxes of each frame."""
    tracker = Tracker(SIZE, gap=gap, linger=linger, **options)
    given = []
    for number, boxes in enumerate(frames):
        faces = [box if isinstance(box, Face) else Face(box=tuple(box)) for box in boxes]
        given.append(tracker.push(faces, is_cut=number in cuts))
    tracked = [frame for frame in [*given, *tracker.finish()] if frame is not None]
    assert [frame.number for frame in tracked] == list(range(len(frames)))
    return tracked


def holds(outer, inner, slack=1e-6):
    left, top, right, bottom = outer
    return (
        left <= inner[0] + slack
        and top <= inner[1] + slack
        and right >= inner[2] - slack
        and bottom >= inner[3] - slack
    )


def is_covered(frame, box):
    return any(holds(cover.box, box) for cover in frame.covers)


def reasons(tracked):
    """The first cover's reason in each frame, by its first letter; a dot for none."""
    return "".join(frame.covers[0].reason[0] if frame.covers else "." for frame in tracked)


@st.composite
def paths(draw, *, most_speed=0.12):
    """The true boxes of a face that moves steadily but not evenly, and the frames it is seen in."""
    count = draw(st.integers(2, 30))
    seen = [0]
    while seen[-1] < count - 1:
        seen.append(min(count - 1, seen[-1] + draw(st.integers(1, GAP + 1))))
    side = draw(st.floats(40, 160))
    speeds = st.floats(-most_speed * side, most_speed * side)
    box = np.array([600.0, 400.0, 600.0 + side, 400.0 + 1.2 * side])
    boxes = [box]
    for first, last in pairwise(seen):
        frames = last - first
        mean = np.array([draw(speeds), draw(speeds)] * 2)
        least = 0.9 * (DRIFT * min(box[2:] - box[:2]) + SWERVE * np.abs(mean).max())
        stray = np.array(
            [
                draw(st.lists(st.floats(-0.5, 0.5), min_size=2, max_size=2)) * 2
                for _ in range(frames)
            ]
        )
        steps = mean + (stray - stray.mean(axis=0)) * least
        for step in steps:
            boxes.append(boxes[-1] + step)
    return boxes, seen


@given(paths())
def test_frames_that_a_detector_drops_stay_covered(path):
    boxes, seen = path
    frames = [[box] if number in seen else [] for number, box in enumerate(boxes)]
    for frame, box in zip(track(frames), boxes, strict=True):
        assert is_covered(frame, box), frame.number


@given(paths(), st.data())
def test_more_findings_never_uncover_a_face(path, data):
    """Neither those of the face in the frames that were dropped, nor false ones elsewhere."""
    boxes, seen = path
    more = data.draw(st.sets(st.integers(0, len(boxes) - 1)))
    false = data.draw(
        st.lists(
            st.tuples(
                st.integers(0, len(boxes) - 1), st.floats(0, 1500), st.floats(0, 900),
                st.floats(20, 200),
            ),
            max_size=12,
        )
    )  # fmt: skip
    frames = [[box] if number in seen or number in more else [] for number, box in enumerate(boxes)]
    ways = np.stack(boxes)
    around = np.concatenate([ways[:, :2].min(axis=0), ways[:, 2:].max(axis=0)])
    for number, left, top, side in false:
        box = (left, top, left + side, top + side)
        apart = box[2] < around[0] or around[2] < box[0] or box[3] < around[1] or around[3] < box[1]
        if apart:
            frames[number].append(box)
    for frame, box in zip(track(frames), boxes, strict=True):
        assert is_covered(frame, box), frame.number


@given(st.lists(st.sets(st.integers(0, 5)), min_size=1, max_size=25), st.booleans())
def test_every_finding_is_covered_in_its_own_frame(frames, fail_secure):
    boxes = [[(n * 90.0, 100.0, n * 90.0 + 100, 220.0) for n in sorted(ns)] for ns in frames]
    for frame, found in zip(track(boxes, fail_secure=fail_secure), boxes, strict=True):
        seen = [cover.box for cover in frame.covers if cover.reason == "seen"]
        assert sorted(seen) == sorted(found)


def test_a_steady_face_is_covered_before_it_is_seen_and_after():
    step = np.array([9.0, -3.0, 9.0, -3.0])
    boxes = [np.array(STILL) + step * number for number in range(20)]
    frames = [[box] if 6 <= number <= 12 else [] for number, box in enumerate(boxes)]
    tracked = track(frames)
    for frame, box in zip(tracked, boxes, strict=True):
        assert is_covered(frame, box) == (6 - LINGER <= frame.number <= 12 + LINGER)
    assert reasons(tracked) == "..bbbbsssssssaaaa..."


def test_a_gap_is_filled_up_to_its_bound_and_no_further():
    within = track([[STILL], *[[]] * GAP, [STILL]])
    assert reasons(within) == "s" + "b" * GAP + "s"
    assert {cover.track for frame in within for cover in frame.covers} == {1}
    beyond = track([[STILL], *[[]] * (3 * GAP), [STILL]])
    assert reasons(beyond) == "saaaa" + "." * (3 * GAP - 2 * LINGER) + "bbbbs"
    assert {cover.track for frame in beyond for cover in frame.covers} == {1, 2}


def test_the_margin_grows_with_the_gap_and_with_motion():
    def widest(gap, step):
        end = np.array(STILL) + step * (gap + 1) * np.array([1, 0, 1, 0])
        frames = track([[STILL], *[[]] * gap, [end]], gap=8)
        return max(cover.box[2] - cover.box[0] for frame in frames for cover in frame.covers)

    width = STILL[2] - STILL[0]
    assert width < widest(2, 0) < widest(8, 0)
    assert widest(8, 0) < widest(8, 4) < widest(8, 12)


def test_a_scene_change_ends_a_track():
    frames = [[STILL]] * 5 + [[]] * 10
    assert reasons(track(frames, cuts={5})) == "sssssaa........"
    again = track([[STILL]] * 5 + [[]] * 2 + [[STILL]] * 3, cuts={7})
    assert {cover.track for frame in again for cover in frame.covers} == {1, 2}


def test_a_flash_uncovers_nobody():
    frames = [[STILL]] * 5 + [[]] + [[STILL]] * 5
    assert all(is_covered(frame, STILL) for frame in track(frames, cuts={5, 6}))


def test_two_who_pass_each_other_are_both_covered():
    def box(number, sign):
        middle = 800 + sign * (number - 15) * 14
        return (middle - 40.0, 300.0, middle + 40.0, 400.0)

    frames = [
        [box(n, sign) for sign, blinks in ((1, {9, 10, 14, 15}), (-1, {15, 16})) if n not in blinks]
        for n in range(31)
    ]
    for frame in track(frames):
        assert all(is_covered(frame, box(frame.number, sign)) for sign in (1, -1))


def test_a_lost_face_is_told_but_not_one_that_left_or_was_never_sure():
    stays = [[STILL]] * 5 + [[]] * 20
    assert [frame.number for frame in track(stays) if frame.lost] == [4]
    leaves = [[(1600 - 120 + 20.0 * n, 300, 1680 + 20.0 * n, 400)] for n in range(5)]
    assert not any(frame.lost for frame in track(leaves + [[]] * 20))
    unsure = [[Face(box=STILL, score=0.2)], *[[]] * 20]
    assert not any(frame.lost for frame in track(unsure))
    cut = track(stays, cuts={8})
    assert not any(frame.lost for frame in cut)


class TestFailSecure:
    def test_a_lost_face_is_covered_ever_wider_until_it_is_found(self):
        elsewhere = np.array(STILL) + 60
        frames = [[STILL]] * 5 + [[]] * 40 + [[elsewhere]] * 3
        tracked = track(frames, fail_secure=True)
        places = [
            next(cover.box for cover in frame.covers if cover.reason == "lost")
            for frame in tracked[5:45]
        ]
        assert all(holds(later, sooner) for sooner, later in pairwise(places))
        assert places[-1][2] - places[-1][0] > 2 * (STILL[2] - STILL[0])
        assert all(cover.reason == "seen" for frame in tracked[45:] for cover in frame.covers)
        assert {cover.track for frame in tracked for cover in frame.covers} == {1}

    def test_the_next_scene_is_free(self):
        tracked = track([[STILL]] * 5 + [[]] * 40, cuts={30}, fail_secure=True)
        assert all(is_covered(frame, STILL) for frame in tracked[:32])
        assert not any(frame.covers for frame in tracked[32:])

    @pytest.mark.parametrize("cut", [6, 8, 10, 12, 14])
    def test_a_face_lost_shortly_before_a_cut_is_covered_up_to_it(self, cut):
        tracked = track([[STILL]] * 5 + [[]] * 20, cuts={cut}, fail_secure=True, linger=2)
        assert all(is_covered(frame, STILL) for frame in tracked[:cut])
        assert not any(frame.covers for frame in tracked[cut + 2 :])

    @pytest.mark.parametrize("count", [1, 3, 6, 9, 30])
    def test_a_face_lost_near_the_end_is_covered_to_the_end(self, count):
        tracked = track([[STILL]] * 5 + [[]] * count, fail_secure=True, linger=2)
        assert all(is_covered(frame, STILL) for frame in tracked)

    def test_places_do_not_grow_in_number_without_end(self):
        spots = [[((37 * n) % 1500, (53 * n) % 900, (37 * n) % 1500 + 30, (53 * n) % 900 + 30)]
                 for n in range(200)]  # fmt: skip
        faces = [[Face(box=tuple(map(float, box)), score=0.9) for box in boxes] for boxes in spots]
        tracked = track(faces, fail_secure=True)
        assert max(len(frame.covers) for frame in tracked) < 80


def test_what_is_held_does_not_grow_with_the_length(rng):
    tracker = Tracker(SIZE, gap=GAP, linger=LINGER, fail_secure=True)
    sizes = []
    for number in range(600):
        box = np.array(STILL) + rng.normal(0, 3, 4)
        tracker.push([Face(box=tuple(box))] if rng.random() < 0.7 else [], is_cut=number % 50 == 49)
        if number % 50 == 40:
            sizes.append(len(pickle.dumps(tracker)))
    assert max(sizes[-3:]) < 1.5 * max(sizes[:3])


@pytest.mark.parametrize("options", [{"gap": 0, "linger": 1}, {"gap": 1, "linger": 0}])
def test_what_covers_nothing_is_refused(options):
    with pytest.raises(RangeError):
        Tracker(SIZE, **options)
