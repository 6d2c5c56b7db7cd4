from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from p3m.data.composite_settings import CompositeSettings
from p3m.data.foregrounds import ForegroundCache
from p3m.data.portraits import read_portrait_folder
from p3m.imaging.io import write_picture
from p3m.pipelines.validate import predict_square, validator
from support.images import noise
from support.pack import write_pack

METRICS = ("sad", "mad", "mse")


class Brightness(nn.Module):
    """Says that the alpha of a window is its red channel, and keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.still = nn.Parameter(torch.zeros(1))
        self.asked: list[tuple[object, ...]] = []
        self.seen: list[torch.Tensor] = []
        self.level = 1.0

    def forward(self, image, base_side, corners, window_px):
        self.asked.append((tuple(image.shape), corners, window_px))
        self.seen.append(image)
        red = image[:, :1] * 0.229 + 0.485
        return SimpleNamespace(window_alpha=(red * self.level).clamp(0, 1))


@pytest.fixture
def scorer(tmp_path):
    folder = read_portrait_folder(write_pack(tmp_path / "pack"))
    for (
        portrait
    ) in folder.portraits:  # a drawn face is of one colour, which hiding would not change
        write_picture(portrait.image, noise(96, 72, seed=1), overwrite=True)
    for background in folder.backgrounds:
        write_picture(background.image, np.zeros((96, 96, 3), np.uint8), overwrite=True)
    foregrounds = ForegroundCache(tmp_path / "cache")
    foregrounds.prepare(folder.portraits)

    def make(faces, *, photos=False):
        settings = CompositeSettings(side_px=64)
        return validator(
            folder.portraits,
            folder.backgrounds,
            foregrounds,
            settings,
            faces=faces,
            count=6,
            photos=photos,
        )

    return make


def test_both_columns_show_the_same_but_for_the_faces(scorer) -> None:
    score, model = scorer(("obfuscated", "normal")), Brightness()
    model.level = 0.0
    blind, _ = score(model)
    assert blind["obfuscated/mad"] == blind["normal/mad"] > 0
    model.level = 1.0
    seeing, _ = score(model)
    assert seeing["obfuscated/mad"] != seeing["normal/mad"]
    hidden, visible = torch.stack(model.seen[:12]).reshape(2, 6, -1)
    changed = (hidden != visible).float().mean(dim=1)
    assert (changed < 0.5).all()
    assert changed.mean() > 0.01


def test_photos_are_columns_of_their_own(scorer) -> None:
    score, model = scorer(("obfuscated", "normal"), photos=True), Brightness()
    scores, panel = score(model)
    columns = ["obfuscated", "normal", "photos-obfuscated", "photos-normal"]
    assert list(scores) == [f"{column}/{metric}" for column in columns for metric in METRICS]
    assert len(set(scores.values())) == len(scores)
    _, composite, hidden, photo = torch.stack(model.seen).reshape(4, 6, -1)
    assert 0 < (hidden != photo).float().mean() < 0.5
    assert photo.mean() > composite.mean() + 0.3  # no dark scenes behind people
    assert panel.shape[0] == 2 * scorer(("obfuscated", "normal"))(model)[1].shape[0]


def test_it_scores_the_same_pictures_whenever_it_is_asked(scorer) -> None:
    first, again = (scorer(("normal",))(Brightness()) for _ in range(2))
    assert first[0] == again[0]
    assert np.array_equal(first[1], again[1])
    assert first[0].keys() == {"normal/sad", "normal/mad", "normal/mse"}
    assert first[0]["normal/sad"] == pytest.approx(first[0]["normal/mad"] * 64 * 64 / 1000)


def test_a_square_is_one_window() -> None:
    image = np.full((32, 32, 3), 51, np.uint8)
    model = Brightness()
    alpha = predict_square(model, image)
    assert model.asked == [((1, 3, 32, 32), [(0, 0)], 32)]
    assert alpha == pytest.approx(np.full((32, 32), 0.2), abs=1e-6)
