import numpy as np
import pytest

from p3m.data.composite_settings import CompositeSettings
from p3m.data.cut_things import CutThings
from p3m.data.portraits import read_portrait_folder
from p3m.data.scenes import Scenes
from support.pack import write_pack

SIDE = 64


@pytest.fixture
def scenes(tmp_path) -> Scenes:
    folder = read_portrait_folder(write_pack(tmp_path / "pack"))
    return Scenes(
        folder.backgrounds,
        lambda rng: None,
        CutThings((), side_px=SIDE, max_bytes=0),
        CompositeSettings(side_px=SIDE, clutter=1),
        max_bytes=10**6,
    )


def test_one_to_three_things_stand_in_half_of_the_cluttered_scenes(scenes, monkeypatch) -> None:
    shown: list[int] = []
    draw = Scenes.thing

    def counted(self, *args):
        shown[-1] += 1
        return draw(self, *args)

    monkeypatch.setattr(Scenes, "thing", counted)
    for seed in range(120):
        shown.append(0)
        assert scenes.draw(np.random.default_rng(seed)).shape == (SIDE, SIDE, 3)
    assert set(shown) == {0, 1, 2, 3}
    assert 0.35 < np.mean(np.array(shown) > 0) < 0.65
