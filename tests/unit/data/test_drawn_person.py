"""Tests of p3m.data.drawn_person: somebody is there, with a face and hair, always the same."""

import numpy as np
import pytest

from p3m.data.drawn_person import draw_person
from p3m.imaging.depth import dequantize, quantize

SIZE = (160, 128)


@pytest.mark.parametrize("seed", range(12))
def test_a_person_stands_at_the_lower_edge_with_a_face_within(seed):
    person = draw_person(np.random.default_rng(seed), SIZE)
    assert person.foreground.shape == (*SIZE, 3)
    assert person.alpha.shape == person.faces.shape == SIZE
    assert 0.2 < person.alpha.mean() < 0.85
    assert person.alpha[-1].mean() > 0.5
    assert person.alpha[0].max() < 1
    assert 0.02 < person.faces.mean() < 0.2
    assert person.alpha[person.faces].mean() > 0.98


def test_alpha_is_what_an_8_bit_file_holds():
    alpha = draw_person(np.random.default_rng(1), SIZE).alpha
    assert np.array_equal(alpha, dequantize(quantize(alpha)))
    assert 0.01 < ((alpha > 0) & (alpha < 1)).mean() < 0.2


def test_faces_have_features_that_a_blank_head_lacks():
    contrast = []
    for seed in range(8):
        person = draw_person(np.random.default_rng(seed), SIZE)
        grey = person.foreground.mean(axis=2)
        contrast.append(grey[person.faces].std())
    assert np.median(contrast) > 8


def test_a_seed_is_a_person():
    first, again = (draw_person(np.random.default_rng(5), SIZE) for _ in range(2))
    other = draw_person(np.random.default_rng(6), SIZE)
    assert np.array_equal(first.foreground, again.foreground)
    assert np.array_equal(first.alpha, again.alpha)
    assert not np.array_equal(first.alpha, other.alpha)
