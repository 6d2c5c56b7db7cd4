import pickle

import cv2
import numpy as np
import pytest

from p3m.core.errors import InputError
from p3m.data.cut_things import CutThings, find_things
from p3m.imaging.io import write_picture

SIDE = 128
RED = (200, 20, 40)


@pytest.fixture
def folder(tmp_path):
    """A red bar with wide margins, and a ring that is half transparent, much larger than shown."""
    bar = np.zeros((200, 160, 4), np.uint8)  # black beyond it, as most programs write
    bar[150:190, 10:90] = (*RED, 255)
    write_picture(tmp_path / "bar.png", bar)
    ring = np.zeros((600, 600, 4), np.uint8)
    cv2.circle(ring, (300, 300), 250, (*RED, 128), 80)
    write_picture(tmp_path / "ring.png", ring)
    return tmp_path


def _things(folder) -> CutThings:
    return CutThings(find_things(folder), side_px=SIDE, max_bytes=10**6)


def _shown(folder, seed, centre=(64.0, 64.0), reach_px=30.0):
    return _things(folder).show(centre, reach_px, np.random.default_rng(seed))


@pytest.mark.parametrize("seed", range(20))
def test_a_thing_lies_where_it_is_wanted_and_reaches_as_far(folder, seed) -> None:
    colours, alpha = _shown(folder, seed, centre=(50.0, 70.0))
    assert colours.shape == (SIDE, SIDE, 3)
    assert alpha.shape == (SIDE, SIDE)
    assert colours.dtype == alpha.dtype == np.uint8
    rows, columns = np.nonzero(alpha)
    assert (rows.min() + rows.max()) / 2 == pytest.approx(70, abs=1)
    assert (columns.min() + columns.max()) / 2 == pytest.approx(50, abs=1)
    reach = np.hypot(rows - 70, columns - 50).max()
    assert 30 * 0.95 < reach < 30 * np.sqrt(2) + 2


@pytest.mark.parametrize("seed", range(20))
def test_its_edge_has_its_own_colour(folder, seed) -> None:
    colours, alpha = _shown(folder, seed)
    seen = colours[alpha > 25].astype(int)
    assert np.abs(seen - np.median(seen, axis=0)).max() <= 3


def test_half_of_them_keep_their_colours(folder) -> None:
    kept = [
        bool((np.abs(colours[alpha > 25].astype(int) - RED) <= 3).all())
        for colours, alpha in (_shown(folder, seed) for seed in range(40))
    ]
    assert 10 < sum(kept) < 30


def test_a_large_picture_is_kept_small(folder) -> None:
    things = CutThings([folder / "ring.png"], side_px=SIDE, max_bytes=10**6)
    things.show((64.0, 64.0), 30.0, np.random.default_rng(0))
    assert 0 < things._pictures.size_bytes <= 4 * SIDE**2


def test_nothing_is_shown_far_outside(folder) -> None:
    _, alpha = _shown(folder, 0, centre=(900.0, -500.0))
    assert not alpha.any()


def test_a_generator_decides_also_after_it_was_sent_to_a_process(folder) -> None:
    things = _things(folder)
    again = pickle.loads(pickle.dumps(things))  # noqa: S301
    for seed in range(4):
        first, second = (
            one.show((64.0, 64.0), 30.0, np.random.default_rng(seed)) for one in (things, again)
        )
        assert np.array_equal(first[0], second[0])
        assert np.array_equal(first[1], second[1])


@pytest.mark.parametrize(
    ("channels", "message"), [(3, "has no transparency"), (4, "all of it is transparent")]
)
def test_what_shows_no_thing_is_refused_by_name(folder, channels, message) -> None:
    write_picture(folder / "photo.png", np.zeros((8, 8, channels), np.uint8))
    with pytest.raises(InputError, match=rf"photo\.png: .*{message}"):
        find_things(folder)


def test_things_of_one_stem_are_two(folder) -> None:
    (folder / "bar.tiff").write_bytes((folder / "bar.png").read_bytes())
    assert len(find_things(folder)) == 3


def test_a_folder_that_is_missing_or_empty_is_refused(tmp_path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        find_things(tmp_path / "none")
    with pytest.raises(InputError, match="holds no pictures"):
        find_things(tmp_path)
