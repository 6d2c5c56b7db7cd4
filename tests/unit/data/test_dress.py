import numpy as np
import pytest

from p3m.data.dress import redress

FACE, SHIRT = slice(4, 16), slice(20, 40)


@pytest.fixture
def person() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A face over a shirt with one dark fold, before green."""
    colours = np.full((40, 32, 3), (40, 160, 60), np.uint8)
    colours[FACE, 10:22] = (210, 160, 130)
    colours[SHIRT, 4:28] = (60, 70, 150)
    colours[SHIRT, 14:18] = (40, 50, 120)
    alpha = np.zeros((40, 32), np.uint8)
    alpha[FACE, 10:22] = alpha[SHIRT, 4:28] = 255
    faces = np.zeros((40, 32), np.uint8)
    faces[FACE, 10:22] = 1
    return colours, alpha, faces


@pytest.fixture
def pattern(rng) -> np.ndarray:
    return rng.integers(0, 256, (40, 32, 3), dtype=np.uint8)


def test_a_generator_decides_and_the_input_stays(person, pattern) -> None:
    before = person[0].copy()
    first, again = (redress(*person, pattern, np.random.default_rng(4)) for _ in range(2))
    assert first.dtype == np.uint8
    assert np.array_equal(first, again)
    assert np.array_equal(person[0], before)


def test_the_shirt_changes_and_nothing_else(person, pattern) -> None:
    colours, alpha, faces = person
    strong = 0
    for seed in range(30):
        dressed = redress(colours, alpha, faces, pattern, np.random.default_rng(seed))
        difference = np.abs(dressed.astype(int) - colours).max(axis=2)
        assert not difference[faces > 0].any()
        assert difference[:2].max() < 0.2 * max(20, difference[SHIRT, 6:26].max())
        strong += int(np.median(difference[SHIRT, 6:26]) > 20)
    assert strong > 20


def test_folds_stay_darker(person) -> None:
    for seed in range(30):
        dressed = redress(*person, None, np.random.default_rng(seed)).astype(int)
        assert dressed[30, 8].sum() > dressed[30, 16].sum()


def test_the_pattern_is_printed_on_the_cloth(person, pattern) -> None:
    for seed in range(10):
        plain, printed = (
            redress(*person, cloth, np.random.default_rng(seed))[24:36, 5:13]
            for cloth in (None, pattern)
        )
        assert printed.std() > plain.std()


def test_bare_arms_keep_the_face_s_colour(person, pattern) -> None:
    colours, alpha, faces = person
    colours[SHIRT, 4:8] = (190, 142, 114)
    for seed in range(20):
        dressed = redress(colours, alpha, faces, pattern, np.random.default_rng(seed))
        assert np.abs(dressed[24:36, 5].astype(int) - colours[24:36, 5]).max() <= 3


def test_nobody_is_dressed_where_nobody_is(person, pattern, rng) -> None:
    colours = person[0]
    nobody = np.zeros((40, 32), np.uint8)
    assert np.array_equal(redress(colours, nobody, None, pattern, rng), colours)


def test_somebody_without_a_known_face_is_dressed(person, pattern) -> None:
    colours, alpha, _ = person
    dressed = [
        redress(colours, alpha, None, pattern, np.random.default_rng(seed)) for seed in range(5)
    ]
    assert all((one != colours).any() for one in dressed)
