import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from p3m.inference.coarse import CoarseMaps

ROUNDING = 1e-5  # the reference computes places in float32


@pytest.mark.parametrize(("rows", "columns"), [(3, 5), (7, 2), (1, 4)])
def test_reading_everything_is_bilinear_enlarging_with_half_pixel_centres(rows, columns, rng):
    maps = rng.random((4, 6, 9), dtype=np.float32)
    size = (6 * rows, 9 * columns)
    expected = F.interpolate(torch.from_numpy(maps)[None], size, mode="bilinear")[0].numpy()
    read = CoarseMaps(maps, (1 / rows, 1 / columns)).read((0, 0, size[1], size[0]))
    np.testing.assert_allclose(read, expected, atol=ROUNDING)


def test_a_plane_is_read_exactly_at_any_step():
    y, x = np.mgrid[:20, :30].astype(np.float32)
    step = (0.37, 0.211)
    read = CoarseMaps((2 * y + x)[None], step).read((10, 5, 60, 45))[0]
    rows = (np.arange(5, 45) + 0.5) * step[0] - 0.5
    columns = (np.arange(10, 60) + 0.5) * step[1] - 0.5
    np.testing.assert_allclose(read, 2 * rows[:, None] + columns, atol=ROUNDING)


def test_a_better_alpha_is_read_in_place_of_the_maps_own(rng):
    maps, alpha = rng.random((3, 6, 9), dtype=np.float32), rng.random((13, 18), dtype=np.float32)
    own = CoarseMaps(maps, (6 / 26, 9 / 36))
    better = own.with_alpha(alpha, (26, 36))
    box = (3, 5, 30, 22)
    np.testing.assert_array_equal(better.read(box)[1:], own.read(box)[1:])
    np.testing.assert_array_equal(
        better.read(box)[0], CoarseMaps(alpha[None], (0.5, 0.5)).read(box)[0]
    )
    assert better.transition(box) == own.transition(box)


@pytest.mark.parametrize("finer", [False, True])
def test_maps_are_read_into_what_is_given(finer, rng):
    coarse = CoarseMaps(rng.random((3, 6, 9), dtype=np.float32), (6 / 26, 9 / 36))
    if finer:
        coarse = coarse.with_alpha(rng.random((13, 18), dtype=np.float32), (26, 36))
    box, whole = (3, 5, 30, 22), np.full((3, 26, 36), np.nan, np.float32)
    room = whole[:, 5:22, 3:30]
    assert coarse.read(box, out=room) is room
    np.testing.assert_array_equal(room, coarse.read(box))
    assert np.isnan(whole).sum() == whole.size - room.size
    np.testing.assert_array_equal(coarse.read(box, channels=1)[0], room[0])


def test_maps_of_a_smaller_picture_are_the_same_at_the_same_places(rng):
    maps, alpha = rng.random((2, 6, 9), dtype=np.float32), rng.random((12, 18), dtype=np.float32)
    large = CoarseMaps(maps, (1 / 4, 1 / 4)).with_alpha(alpha, (24, 36))
    small = large.of((8, 12), instead_of=(24, 36))
    middles = large.read((0, 0, 36, 24))[:, 1::3, 1::3]
    np.testing.assert_allclose(small.read((0, 0, 12, 8)), middles, atol=ROUNDING)


boxes = st.tuples(
    st.integers(0, 60), st.integers(0, 40), st.integers(1, 30), st.integers(1, 30)
).map(lambda box: (box[0], box[1], box[0] + box[2], box[1] + box[3]))


@given(box=boxes, step=st.tuples(st.floats(0.02, 1.0), st.floats(0.02, 1.0)))
def test_a_window_reads_what_the_whole_reads_there(box, step):
    maps = np.random.default_rng(0).random((3, 12, 17), dtype=np.float32)
    coarse = CoarseMaps(maps, step)
    left, top, right, bottom = box
    whole = coarse.read((0, 0, 100, 80))
    assert np.array_equal(coarse.read(box), whole[:, top:bottom, left:right])
    assert np.array_equal(coarse.read(box, channels=1), whole[:1, top:bottom, left:right])
    assert whole.max() <= maps.max()
    assert whole[1, top:bottom, left:right].max() <= coarse.transition(box) + ROUNDING
