"""Where a scene ends."""

import cv2
import numpy as np
import pytest

from p3m.imaging.io import read_image
from p3m.privacy.scenes import SceneChanges
from support.images import noise


@pytest.fixture(scope="module")
def portrait(project):
    return cv2.resize(read_image(project / "examples" / "portrait.jpg"), (256, 256))


def changes(*images):
    scenes = SceneChanges()
    return [scenes.is_first(image) for image in images]


def test_another_place_is_another_scene(portrait):
    street = cv2.GaussianBlur(noise(256, 256, seed=3), (0, 0), 20)
    street = cv2.normalize(street, None, 0, 255, cv2.NORM_MINMAX)
    assert changes(portrait, street, street, portrait) == [False, True, False, True]


@pytest.mark.parametrize("shift", [4, 25])
def test_what_moves_within_a_scene_begins_none(portrait, shift):
    assert changes(portrait, np.roll(portrait, shift, axis=1)) == [False, False]


@pytest.mark.parametrize("light", [0.85, 1.15])
def test_light_that_shifts_begins_none(portrait, light):
    lit = np.clip(portrait * light, 0, 255).astype(np.uint8)
    assert changes(portrait, lit) == [False, False]


def test_noise_and_size_begin_none(portrait, rng):
    grainy = np.clip(portrait + rng.normal(0, 12, portrait.shape), 0, 255).astype(np.uint8)
    assert changes(portrait, grainy, cv2.resize(portrait, (90, 90))) == [False] * 3


def test_the_threshold_decides(portrait):
    moved = np.roll(portrait, 60, axis=0)
    eager, calm = SceneChanges(threshold=0.02), SceneChanges(threshold=1.0)
    assert [eager.is_first(image) for image in (portrait, moved)] == [False, True]
    assert [calm.is_first(image) for image in (portrait, 255 - portrait)] == [False, False]
