import dataclasses

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from p3m.core.errors import ConfigError
from p3m.data.portraits import read_portrait_folder
from p3m.imaging.io import read_image, write_picture
from p3m.models.catalog import MODELS
from p3m.models.contract import MattingOutput
from p3m.pipelines.train_data import Split
from p3m.pipelines.train_settings import ValidationSettings
from p3m.pipelines.validate_portraits import (
    Column,
    portrait_validator,
    predict,
    validation_columns,
)
from support.images import noise
from support.pack import write_pack

ENTRY = MODELS["p3m-basic"]


class Brightness(nn.Module):
    """Says that an alpha is what the red channel is."""

    def __init__(self) -> None:
        super().__init__()
        self.still = nn.Parameter(torch.zeros(1))
        self.sizes: list[tuple[int, ...]] = []

    def forward(self, image: Tensor) -> MattingOutput:
        self.sizes.append(tuple(image.shape[-2:]))
        red = (image[:, :1] * 0.229 + 0.485 + self.still).clamp(0, 1)
        return MattingOutput(image, red, red, ())


@pytest.fixture
def people(tmp_path):
    return list(read_portrait_folder(write_pack(tmp_path, people=5)).portraits)


def _split(validation, **changes) -> Split:
    return dataclasses.replace(Split([], validation, [], []), **changes)


def test_people_with_masks_are_seen_both_ways(people) -> None:
    columns = validation_columns(_split(people))
    assert columns == {
        "obfuscated": Column(people, hide=True),
        "normal": Column(people, hide=False),
    }


def test_people_without_masks_are_seen_as_they_are(people) -> None:
    bare = [dataclasses.replace(portrait, face_mask=None) for portrait in people]
    assert list(validation_columns(_split(bare))) == ["normal"]


def test_hidden_faces_are_hidden_faces(people) -> None:
    columns = validation_columns(_split(people, hidden=True))
    assert columns == {"obfuscated": Column(people, hide=False)}


def test_files_of_their_own_take_a_column(people) -> None:
    own = validation_columns(_split([], columns={"normal": people[:2], "obfuscated": []}))
    assert own == {"normal": Column(people[:2], hide=False)}
    assert validation_columns(_split([])) == {}


def test_a_prediction_has_the_pictures_size_and_fits_the_network(people) -> None:
    image = read_image(people[0].image)
    model = Brightness()
    alpha = predict(model, image, ENTRY, area_px=50 * 50)
    assert alpha.shape == image.shape[:2]
    assert model.sizes == [(64, 64)]  # 57 by 43 pixels, padded to multiples of 32
    assert np.abs(alpha - image[..., 0] / 255).mean() < 0.02


def test_scores_are_means_over_the_chosen_people(people) -> None:
    write_picture(people[0].image, noise(96, 72), overwrite=True)  # a face that blur changes
    columns = {"obfuscated": Column(people, hide=True), "normal": Column(people, hide=False)}
    model = Brightness()
    settings = ValidationSettings(count=3, area_px=64 * 64)
    scores, panel = portrait_validator(columns, ENTRY, settings)(model)
    assert set(scores) == {
        f"{f}/{m}" for f in ("obfuscated", "normal") for m in ("sad", "mad", "mse")
    }
    assert len(model.sizes) == 6
    assert panel.shape == (6 * 192, 4 * 192, 3)
    # 96 x 72 pixels: the sum in thousands is their number times the mean.
    assert scores["normal/sad"] == pytest.approx(96 * 72 * scores["normal/mad"] / 1000)
    assert scores["normal/mad"] != scores["obfuscated/mad"]


def test_impossible_settings_are_an_error() -> None:
    with pytest.raises(ConfigError, match=r"validation\.count must be at least 1"):
        ValidationSettings(count=0)
