"""The comparison with other models: what they are shown, and what is left out."""

import numpy as np
import peers
import pytest
from quality import Picture

from support.onnx_models import plain_model


@pytest.mark.parametrize(
    ("size", "seen"),
    [
        ((640, 640), (512, 512)),
        ((768, 512), (768, 512)),
        ((800, 533), (768, 512)),
        ((600, 450), (576, 448)),  # on either side of 512: as it is
        ((300, 400), (512, 672)),
    ],
)
def test_modnet_sees_the_short_side_at_512_in_multiples_of_32(size, seen):
    assert peers.modnet_size(size) == seen


@pytest.mark.onnx
def test_u2net_spreads_what_it_finds_to_the_whole_range(tmp_path):
    (tmp_path / "u2net.onnx").write_bytes(plain_model())
    predict = peers.load_u2net(tmp_path / "u2net.onnx", threads=1)
    steps = np.linspace(40, 200, 320).astype(np.uint8)
    image = np.broadcast_to(steps[:, None, None], (320, 320, 3)).copy()
    alpha = predict(image)
    assert alpha.dtype == np.float32
    assert np.allclose(alpha, (image[..., 0] - 40.0) / 160, atol=1e-4)


@pytest.mark.onnx
def test_modnet_answers_in_the_size_of_the_picture(tmp_path):
    (tmp_path / "modnet.onnx").write_bytes(plain_model())
    alpha = peers.load_modnet(tmp_path / "modnet.onnx", threads=1)(np.zeros((70, 90, 3), np.uint8))
    assert alpha.shape == (70, 90)
    assert 0 <= alpha.min() <= alpha.max() <= 1


def test_nothing_spread_is_nothing():
    assert not peers.spread(np.full((2, 2), 0.3, np.float32)).any()


def test_models_are_timed_in_turns():
    seen = []
    models = {name: lambda image, name=name: seen.append(name) for name in "ab"}
    measured = peers.time_in_turns(models, np.zeros((2, 2, 3), np.uint8), rounds=3)
    assert seen == list("ababab")
    assert {name: len(values) for name, values in measured.items()} == {"a": 3, "b": 3}


def test_what_is_missing_is_left_out_with_a_word(tmp_path, monkeypatch, capsys):
    (tmp_path / "selfie_segmentation.tflite").touch()
    monkeypatch.setattr(peers, "find_spec", lambda name: None)
    assert peers.load_peers(tmp_path, threads=1) == {}
    said = capsys.readouterr().out
    assert f"modnet is left out: no modnet.onnx in {tmp_path}." in said
    assert "mediapipe is left out: it runs in LiteRT (pip install ai-edge-litert)." in said


def test_a_case_without_faces_tells_nothing_of_holes():
    alpha = np.zeros((20, 20), np.float32)
    alpha[5:15, 5:15] = 1
    image = np.zeros((20, 20, 3), np.uint8)
    bare, with_face = (
        Picture("a", "b", "CC0", image, alpha, faces=faces, shows={})
        for faces in (alpha > 1, alpha > 0.5)
    )
    scores = [peers.score(picture, alpha * np.float32(0.5)) for picture in (bare, with_face)]
    assert peers.to_case("x", scores[:1]).facts.keys() == {"sad", "sad_t", "gradient"}
    found = peers.to_case("x", scores)
    assert found.raw == [0.125, 0.125]
    assert (found.facts["sad"], found.facts["hole_worst"]) == (0.05, 0.5)
    assert found.facts["pictures_with_hole"] == 1
