"""Weights of PyTorch mattes as their ONNX file does, and tells what is wrong with them first."""

from pathlib import Path

import numpy as np
import pytest
import torch

from p3m.core import extras
from p3m.models.state import save_state
from p3m.pipelines.matte import TORCH_SUFFIXES, load_predictor
from support.images import portrait

pytestmark = pytest.mark.onnx

TOLERANCE = 1e-4


@pytest.fixture
def weights(exported):
    """Those of p3mnet-lite, whose ONNX file lies beside them."""
    return exported("p3mnet-lite")[1].path.with_name("weights.safetensors")


def test_weights_give_the_alpha_of_their_onnx_file(weights):
    image = portrait(190, 230)[0]
    for strategy in ("tiled", "hybrid", "resize"):
        ours, theirs = (
            load_predictor(model, strategy=strategy, threads=1)(image)
            for model in (weights, weights.with_name("model.onnx"))
        )
        assert ours.std() > 0.001
        np.testing.assert_allclose(ours, theirs, atol=TOLERANCE)


def test_p3m_matte_takes_weights(folder, put, p3m, weights):
    put("a.png")
    result = p3m("matte", "a.png", "--model", weights, "--threads", 1, "--output", "alpha")
    assert (result.exit_code, result.stdout) == (0, "a-alpha.png\n")


@pytest.mark.parametrize("suffix", TORCH_SUFFIXES)
def test_a_bad_file_of_weights_is_one_line_before_a_picture_is_read(folder, p3m, suffix):
    Path("a.png").write_bytes(b"this would be an error, too")
    Path(f"half{suffix}").write_bytes(b"PK\x03\x04 half a file")
    result = p3m("matte", "a.png", "--model", f"half{suffix}")
    (line,) = result.stderr.splitlines()
    assert result.exit_code == 1
    assert line.startswith(f"p3m: error: half{suffix}: ")
    assert "damaged, incomplete" in line


def test_weights_of_another_network_are_told_with_those_that_fit(folder, put, p3m):
    put("a.png")
    save_state(Path("other.safetensors"), torch.nn.Linear(2, 2))
    (line,) = p3m("matte", "a.png", "--model", "other.safetensors").stderr.splitlines()
    assert "other.safetensors: The weights fit no network" in line
    assert "one of p3mnet-lite, p3mnet-r34" in line


def test_a_missing_file_of_weights_is_told(folder, put, p3m):
    put("a.png")
    (line,) = p3m("matte", "a.png", "--model", "none.pth").stderr.splitlines()
    assert "none.pth: no such weights file" in line


def test_a_strategy_that_the_model_cannot_serve_is_told_before_a_picture_is_read(folder, cut):
    Path("a.png").write_bytes(b"this would be an error, too")
    (line,) = cut("a.png", "--strategy", "p3m-hybrid").stderr.splitlines()
    assert "'p3m-hybrid' needs the outputs 'local_alpha' and 'global_logits'" in line


def test_a_picture_too_small_for_a_papers_strategy_is_named(folder, put, cut):
    put("a.png")
    (line,) = cut("a.png", "--strategy", "p3m-resize").stderr.splitlines()
    assert "a.png" in line
    assert "use the strategy 'tiled'" in line


def test_without_torch_the_extra_is_named(folder, put, p3m, weights, monkeypatch):
    put("a.png")
    find_spec = extras.find_spec
    monkeypatch.setattr(
        extras, "find_spec", lambda name: None if name == "torch" else find_spec(name)
    )
    changed = folder / "unread.safetensors"
    changed.write_bytes(weights.read_bytes())
    (line,) = p3m("matte", "a.png", "--model", changed).stderr.splitlines()
    assert "unread.safetensors, a file of weights for PyTorch, needs" in line
    assert 'pip install "p3m[train]"' in line
