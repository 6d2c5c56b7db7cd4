import numpy as np
import pytest

from p3m.data.clutter import add_lines, add_shapes


def _scenes(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    dark = rng.integers(0, 60, (64, 96, 3), dtype=np.uint8)
    return dark, rng.integers(200, 256, (64, 96, 3), dtype=np.uint8)


@pytest.mark.parametrize("seed", range(8))
def test_shapes_show_the_other_scene_in_a_part_of_the_first(seed) -> None:
    scene, other = _scenes(np.random.default_rng(0))
    before = scene.copy()
    changed = add_shapes(scene, other, np.random.default_rng(seed))
    assert changed.shape == scene.shape
    assert changed.dtype == np.uint8
    assert np.array_equal(scene, before)
    low, high = np.minimum(scene, other).astype(int), np.maximum(scene, other)
    assert ((changed >= low - 1) & (changed <= high)).all()
    assert (changed != scene).mean() < 0.9


@pytest.mark.parametrize("seed", range(8))
def test_lines_are_thin(seed) -> None:
    scene, _ = _scenes(np.random.default_rng(0))
    before = scene.copy()
    changed = add_lines(scene, np.random.default_rng(seed))
    assert np.array_equal(scene, before)
    assert (changed == scene).all(axis=2).any()
    assert (changed != scene).any()


def test_a_generator_decides() -> None:
    scene, other = _scenes(np.random.default_rng(0))
    first, again = (add_shapes(scene, other, np.random.default_rng(4)) for _ in range(2))
    assert np.array_equal(first, again)
