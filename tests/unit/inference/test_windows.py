import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from p3m.inference.windows import Window, crop, cut
from support.images import noise


@given(
    size=st.tuples(st.integers(1, 200), st.integers(1, 200)),
    core=st.integers(1, 70),
    halo=st.integers(0, 20),
    multiple=st.integers(1, 8),
)
def test_cores_tile_the_picture_and_windows_keep_their_distance(size, core, halo, multiple):
    height, width = size
    count = np.zeros(size, dtype=int)
    sizes = set()
    for window in cut(size, core_px=core, halo_px=halo, multiple=multiple):
        left, top, right, bottom = window.core
        count[top:bottom, left:right] += 1
        x, y, end_x, end_y = window.outer
        sizes.add((end_y - y, end_x - x))
        assert 0 <= x == x // multiple * multiple
        assert 0 <= y == y // multiple * multiple
        assert (end_x - x) % multiple == (end_y - y) % multiple == 0
        assert left - x >= halo or x == 0
        assert top - y >= halo or y == 0
        assert end_x - right >= halo or end_x >= width
        assert end_y - bottom >= halo or end_y >= height
        assert end_x < width + multiple
        assert end_y < height + multiple
    assert (count == 1).all()
    assert len(sizes) == 1


def test_the_inner_part_is_the_core_seen_from_the_window():
    window = Window(outer=(10, 20, 50, 60), core=(15, 26, 45, 52))
    image = noise(100, 100)
    inner = crop(image, window.outer)[window.inner]
    assert np.array_equal(inner, image[26:52, 15:45])


def test_a_crop_repeats_the_edge_beyond_the_picture():
    image = noise(5, 7)
    cropped = crop(image, (4, 2, 10, 8))
    assert cropped.shape == (6, 6, 3)
    assert np.array_equal(cropped[:3, :3], image[2:, 4:])
    assert (cropped[2:, 2:] == image[4, 6]).all()


def test_a_crop_inside_copies_nothing():
    image = noise(8, 8)
    assert np.shares_memory(crop(image, (2, 2, 6, 6)), image)
