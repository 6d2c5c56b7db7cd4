from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from p3m.data.bend import random_bend
from p3m.data.placement import Placement, random_placement

seeds = st.integers(0, 2**32 - 1)
angles = st.floats(-60, 60)


def test_the_whole_source_at_its_own_size_is_the_source(rng) -> None:
    source = rng.integers(0, 256, (16, 16, 3), dtype=np.uint8)
    assert np.array_equal(Placement(0, 0, 16, 16, flip=False, side_px=16).apply(source), source)
    mirrored = Placement(0, 0, 16, 16, flip=True, side_px=16).apply(source)
    assert np.array_equal(mirrored, source[:, ::-1])


def test_picture_and_alpha_stay_aligned(rng) -> None:
    alpha = np.zeros((60, 40), np.float32)
    alpha[10:60, 5:30] = 1
    ramp = np.tile(np.arange(0, 240, 6, dtype=np.uint8), (60, 1))
    for _ in range(20):
        placement = random_placement(alpha, 64, rng)
        moved = placement.apply(ramp, repeat_border=True).astype(int)
        x = (np.arange(64) + 0.5) * placement.width / 64 + placement.left - 0.5
        expected = np.clip(x, 0, 39) * 6
        expected = expected[::-1] if placement.flip else expected
        assert np.abs(moved[32] - expected).max() <= 2


@given(seeds, angles)
def test_a_body_that_is_cut_is_never_shown_cut(seed, degrees) -> None:
    alpha = np.zeros((50, 40), np.float32)
    alpha[20:, 10:30] = 1
    place = random_placement(alpha, 32, np.random.default_rng(seed), degrees=degrees)
    assert _corners(place)[:, 1].max() <= 50 + 1e-9


@given(seeds, angles, st.booleans())
def test_a_body_that_is_cut_is_whole_up_to_the_cut(seed, degrees, bent) -> None:
    alpha = np.zeros((120, 100), np.float32)
    alpha[40:] = 1
    rng = np.random.default_rng(seed)
    place = random_placement(alpha, 32, rng, inside=True, degrees=degrees)
    place = replace(place, bend=random_bend(32, rng) if bent else None)
    assert (place.apply(np.full((120, 100), 255, np.uint8)) == 255).all()


def test_beyond_the_source_alpha_is_0_and_the_last_row_before_it_is_whole() -> None:
    body = np.full((10, 10), 255, np.uint8)
    shown = Placement(-5, -5, 20, 20, flip=False, side_px=40).apply(body)
    expected = np.zeros((40, 40), np.uint8)
    expected[10:30, 10:30] = 255
    assert np.array_equal(shown, expected)


@given(seeds, angles)
def test_a_natural_photo_is_never_left(seed, degrees) -> None:
    alpha = np.zeros((50, 40), np.float32)
    alpha[20:40, 10:30] = 1
    place = random_placement(alpha, 32, np.random.default_rng(seed), inside=True, degrees=degrees)
    corners = _corners(place)
    assert corners.min() >= -1e-9
    assert (corners <= (40 + 1e-9, 50 + 1e-9)).all()


def _corners(place: Placement) -> np.ndarray:
    """Where the new picture's corners lie in the source; y points down, angles turn left."""
    angle = np.radians(place.degrees)
    half = np.array([(x * place.width, y * place.height) for x in (-1, 1) for y in (-1, 1)]) / 2
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return half @ turn.T + (place.left + place.width / 2, place.top + place.height / 2)


@pytest.mark.parametrize("flip", [False, True])
def test_a_quarter_turn_is_numpy_s(rng, flip) -> None:
    source = rng.integers(0, 256, (16, 16, 3), dtype=np.uint8)
    turned = Placement(0, 0, 16, 16, flip=flip, side_px=16, degrees=90).apply(source)
    expected = np.rot90(source)
    assert np.array_equal(turned, expected[:, ::-1] if flip else expected)


def test_a_turned_picture_shows_what_its_corners_say() -> None:
    """A ramp over x, turned: each corner of the picture has its place's value."""
    ramp = np.tile(np.arange(0, 250, 5, dtype=np.uint8), (50, 1))
    place = Placement(15, 12, 20, 24, flip=False, side_px=100, degrees=20)
    shown = place.apply(ramp)
    seen = [int(shown[y, x]) for x in (0, -1) for y in (0, -1)]
    assert np.allclose(seen, (_corners(place)[:, 0] - 0.5) * 5, atol=2)


def test_without_displacements_bending_changes_nothing(rng) -> None:
    source = rng.integers(0, 256, (50, 40, 3), dtype=np.uint8)
    place = Placement(3, 5, 32, 40, flip=True, side_px=64, degrees=10)
    still = replace(place, bend=np.zeros((64, 64, 2), np.float32))
    before, after = place.apply(source).astype(int), still.apply(source).astype(int)
    assert np.abs(before - after).max() <= 16  # warpAffine rounds places to a 32nd of a pixel


def test_each_pixel_is_found_where_the_bend_says() -> None:
    """A ramp over x of one level a pixel, shown twice as large."""
    ramp = np.tile(np.arange(100, dtype=np.uint8), (100, 1))
    bend = random_bend(100, np.random.default_rng(3))
    place = Placement(20, 20, 50, 50, flip=False, side_px=100, bend=bend)
    expected = 20 + (np.arange(100) + bend[..., 0] + 0.5) / 2 - 0.5
    assert np.abs(place.apply(ramp) - expected).max() <= 1


@given(seeds)
def test_a_bent_body_is_still_cut_by_its_edge(seed) -> None:
    rng = np.random.default_rng(seed)
    alpha = np.zeros((50, 40), np.float32)
    alpha[20:, 10:30] = 1
    place = random_placement(alpha, 32, rng)
    bent = replace(place, bend=random_bend(32, rng)).apply(alpha.astype(np.uint8) * 255)
    straight = place.apply(alpha.astype(np.uint8) * 255)
    assert np.abs(bent[-1].astype(int) - straight[-1]).max() <= 16
