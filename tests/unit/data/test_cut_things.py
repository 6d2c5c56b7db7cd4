import pickle

import numpy as np
import pytest

from p3m.core.errors import InputError
from p3m.data.cut_things import CutThings, find_things
from p3m.imaging.io import write_picture

SIDE = 128
RED = (200, 20, 40)


@pytest.fixture
def folder(tmp_path):
    """Two things: a red bar, and a smaller ring that is half transparent."""
    bar = np.zeros((40, 80, 4), np.uint8)
    bar[...] = (*RED, 255)
    write_picture(tmp_path / "bar.png", bar)
    ring = np.zeros((30, 30, 4), np.uint8)
    ring[...] = (*RED, 128)
    ring[10:20, 10:20] = 0  # black beyond it, as most programs write
    write_picture(tmp_path / "ring.png", ring)
    return tmp_path


def _shown(folder, seed, **where):
    settings = {"centre": (64.0, 64.0), "reach_px": 30.0} | where
    things = CutThings(find_things(folder), max_bytes=10**6)
    return things.show(SIDE, rng=np.random.default_rng(seed), **settings)


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
    seen = colours[alpha > 0].astype(int)
    assert np.abs(seen[alpha[alpha > 0] > 8] - seen[0]).max() <= 2


def test_half_of_them_keep_their_colours(folder) -> None:
    kept = [
        bool((np.abs(colours[alpha > 0].astype(int) - RED) <= 1).all())
        for colours, alpha in (_shown(folder, seed) for seed in range(40))
    ]
    assert 10 < sum(kept) < 30


def test_nothing_is_shown_far_outside(folder) -> None:
    _, alpha = _shown(folder, 0, centre=(900.0, -500.0))
    assert not alpha.any()


def test_a_generator_decides_also_after_it_was_sent_to_a_process(folder) -> None:
    things = CutThings(find_things(folder), max_bytes=10**6)
    again = pickle.loads(pickle.dumps(things))  # noqa: S301
    for seed in range(4):
        first, second = (
            one.show(SIDE, (64.0, 64.0), 30.0, np.random.default_rng(seed))
            for one in (things, again)
        )
        assert np.array_equal(first[0], second[0])
        assert np.array_equal(first[1], second[1])


def test_what_is_not_cut_out_is_refused_by_name(folder) -> None:
    write_picture(folder / "photo.png", np.zeros((8, 8, 3), np.uint8))
    with pytest.raises(InputError, match=r"photo\.png: has no transparency"):
        find_things(folder)


def test_a_folder_that_is_missing_or_empty_is_refused(tmp_path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        find_things(tmp_path / "none")
    with pytest.raises(InputError, match="no pictures"):
        find_things(tmp_path)
