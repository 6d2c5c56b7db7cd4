import cv2
import numpy as np
import pytest

from p3m.data import degrade

EFFECTS = [
    degrade.random_light,
    degrade.random_hue,
    degrade.to_grey,
    degrade.random_noise,
    degrade.random_jpeg,
    degrade.random_low_resolution,
]


@pytest.mark.parametrize("effect", EFFECTS, ids=lambda effect: effect.__name__)
def test_a_generator_decides_and_the_input_stays(effect, rng) -> None:
    image = rng.integers(0, 256, (24, 32, 3), dtype=np.uint8)
    before = image.copy()
    first, again = (effect(image, np.random.default_rng(5)) for _ in range(2))
    assert first.shape == image.shape
    assert first.dtype == np.uint8
    assert np.array_equal(first, again)
    assert np.array_equal(image, before)


def test_a_turn_of_hue_keeps_greys_and_the_sum_of_colours(rng) -> None:
    grey = np.full((4, 4, 3), 90, np.uint8)
    coloured = rng.integers(100, 150, (24, 32, 3), dtype=np.uint8)
    for _ in range(10):
        assert np.array_equal(degrade.random_hue(grey, rng), grey)
        turned = degrade.random_hue(coloured, rng)
        assert np.abs(turned.sum(axis=2, dtype=int) - coloured.sum(axis=2, dtype=int)).max() <= 3
        assert not np.array_equal(turned, coloured)


def test_light_moves_towards_the_background_s(rng) -> None:
    person = rng.integers(150, 200, (24, 32, 3), dtype=np.uint8)
    alpha = np.full((24, 32), 255, np.uint8)
    dark = rng.integers(10, 60, (24, 32, 3), dtype=np.uint8)
    for _ in range(10):
        lit = degrade.match_light(person, alpha, dark, rng)
        assert dark.mean() < lit.mean() < person.mean()


def test_a_background_of_the_same_light_changes_nothing(rng) -> None:
    person = rng.integers(0, 256, (24, 32, 3), dtype=np.uint8)
    lit = degrade.match_light(person, np.full((24, 32), 255, np.uint8), person[::-1], rng)
    assert np.abs(lit.astype(int) - person).max() <= 1


def test_grey_is_grey_up_to_a_tint(rng) -> None:
    image = rng.integers(0, 256, (24, 32, 3), dtype=np.uint8)
    for _ in range(10):
        planes = degrade.to_grey(image, rng).reshape(-1, 3).T.astype(float)
        assert np.corrcoef(planes).min() > 0.999


def test_greys_are_as_bright_as_colours_are_to_the_eye(rng) -> None:
    image = rng.integers(0, 256, (24, 32, 3), dtype=np.uint8)
    grey = degrade.luminance(image)
    expected = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None]
    assert np.abs(grey.astype(int) - expected).max() <= 1


def test_some_greys_are_as_to_the_eye_and_others_order_colours_otherwise() -> None:
    image = np.array([[[200, 60, 60], [60, 120, 60], [60, 60, 255]]], np.uint8)
    seen = [degrade.to_grey(image, np.random.default_rng(seed))[0, :, 1] for seed in range(60)]
    eye = degrade.luminance(image)[0, :, 1]
    as_to_the_eye = sum(bool(np.array_equal(grey, eye)) for grey in seen)
    assert 5 <= as_to_the_eye <= 40
    assert {int(grey.argmax()) for grey in seen} == {0, 1, 2}


def test_blur_moves_alpha_as_it_moves_the_picture(rng) -> None:
    alpha = np.zeros((32, 32), np.uint8)
    alpha[8:24, 8:24] = 255
    image = alpha[..., None].repeat(3, axis=2)
    for _ in range(10):
        blurred, soft = degrade.random_blur(image, alpha, rng)
        assert np.abs(blurred[..., 0].astype(int) - soft).max() <= 1
