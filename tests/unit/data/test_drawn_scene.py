import numpy as np
import pytest

from p3m.data.drawn_scene import draw_scene


@pytest.mark.parametrize("seed", range(8))
def test_a_seed_is_a_scene_that_is_not_all_one(seed):
    first, again = (draw_scene(np.random.default_rng(seed), (48, 40)) for _ in range(2))
    assert first.shape == (48, 40, 3)
    assert first.dtype == np.uint8
    assert np.array_equal(first, again)
    assert first.std() > 2
