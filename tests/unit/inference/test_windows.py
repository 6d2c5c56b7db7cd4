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
    blend=st.integers(0, 50),
)
def test_cores_tile_the_picture_and_windows_keep_their_distance(size, core, halo, multiple, blend):
    height, width = size
    count, total = np.zeros(size, dtype=int), np.zeros(size)
    sizes = set()
    for window in cut(size, core_px=core, halo_px=halo, multiple=multiple, blend_px=blend):
        left, top, right, bottom = window.core
        count[top:bottom, left:right] += 1
        x, y, end_x, end_y = window.outer
        sizes.add((end_y - y, end_x - x))
        weights = window.weights()
        reached = total[window.reach[1] : window.reach[3], window.reach[0] : window.reach[2]]
        reached += 1 if weights is None else weights
        assert x <= window.reach[0] <= left < right <= window.reach[2] <= end_x
        assert y <= window.reach[1] <= top < bottom <= window.reach[3] <= end_y
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
    np.testing.assert_allclose(total, 1.0, atol=1e-5)
    assert len(sizes) == 1


def test_neighbours_fade_over_the_pixels_around_their_border():
    left, right = cut((16, 128), core_px=32, halo_px=32, multiple=16, blend_px=16)
    assert (left.core, left.reach) == ((0, 0, 64, 16), (0, 0, 72, 16))
    assert (right.core, right.reach) == ((64, 0, 128, 16), (56, 0, 128, 16))
    falling = left.weights()[3]
    assert (falling[:56] == 1).all()
    np.testing.assert_allclose(falling[56:], (15.5 - np.arange(16)) / 16)
    np.testing.assert_allclose(right.weights()[3, :16] + falling[56:], 1.0)


def test_without_fading_every_pixel_is_one_windows():
    assert all(
        window.weights() is None and window.reach == window.core
        for window in cut((100, 100), core_px=16, halo_px=8, multiple=4)
    )


def test_at_an_edge_the_core_goes_as_far_as_the_window():
    first, *_, last = cut((32, 300), core_px=64, halo_px=32, multiple=32)
    assert (first.outer, first.core) == ((0, 0, 128, 32), (0, 0, 96, 32))
    assert (last.outer, last.core) == ((192, 0, 320, 32), (224, 0, 300, 32))


def test_the_inner_part_is_the_reach_seen_from_the_window():
    window = Window(
        outer=(10, 20, 50, 60), core=(20, 28, 45, 52), fade_px=5, reach=(15, 26, 45, 52)
    )
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
