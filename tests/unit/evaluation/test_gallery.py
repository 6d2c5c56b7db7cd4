import base64
from io import BytesIO

import numpy as np
import PIL.Image

from p3m.evaluation.gallery import SIDE_PX, error_map, exhibit
from support.images import noise


def shown(data):
    kind, _, content = data.partition(";base64,")
    assert kind == "data:image/webp"
    with PIL.Image.open(BytesIO(base64.b64decode(content))) as picture:
        return np.asarray(picture.convert("RGB"))


def test_views_stand_in_order_and_are_small():
    target = np.zeros((600, 400))
    target[:, 200:] = 1
    made = exhibit("a", {"sad": 1.0}, 1 - target, target, noise(600, 400))
    assert list(made.views) == ["picture", "prediction", "truth", "error"]
    for data in made.views.values():
        assert shown(data).shape == (SIDE_PX, round(SIDE_PX * 2 / 3), 3)
    truth = shown(made.views["truth"])
    assert truth[:, 10].max() < 10
    assert truth[:, -10].min() > 245


def test_without_a_picture_there_are_three_views():
    made = exhibit("a", {}, np.zeros((9, 7)), np.ones((9, 7)))
    assert list(made.views) == ["prediction", "truth", "error"]
    assert shown(made.views["error"]).shape == (9, 7, 3)


def test_red_is_lacking_and_blue_is_too_much():
    pred, target = np.float64([[0, 1, 0.5]]), np.float64([[1, 0, 0.5]])
    assert error_map(pred, target).tolist() == [[[255, 0, 0], [0, 0, 255], [255, 255, 255]]]
