"""Every network as an ONNX file: the same numbers as in torch, at any size."""

import base64
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from p3m.core.errors import (
    ConfigError,
    InputError,
    OutputError,
    UnknownNameError,
    WeightsMismatchError,
)
from p3m.inference.backend import OnnxBackend
from p3m.models.catalog import MODELS, create_model
from p3m.models.state import save_state
from p3m.pipelines.export import export, trained
from p3m.weights.store import sha256_of

pytestmark = pytest.mark.onnx

TOLERANCE = 1e-4
SIZES = [(96, 160), (224, 128)]
DECIDED_OTHERWISE = 0.002
"""The share of pixels that a maximum between equals, decided otherwise, may reach."""

names = pytest.mark.parametrize("name", list(MODELS))


@names
def test_the_file_agrees_with_torch_at_sizes_of_its_own(exported, name, rng):
    network, report = exported(name)
    assert report.graph.error <= TOLERANCE
    session = onnxruntime.InferenceSession(report.path, providers=["CPUExecutionProvider"])
    outputs = [value.name for value in session.get_outputs()]
    lite = name == "p3mnet-lite"
    assert outputs == ["alpha", *(["coarse"] if lite else ["local_alpha", "global_logits"])]
    for size in SIZES:
        image = rng.normal(size=(2, 3, *size)).astype(np.float32)
        with torch.inference_mode():
            expected = (network.base if lite else network)(torch.from_numpy(image))
        for output, result in zip(outputs, session.run(outputs, {"image": image}), strict=True):
            reference = getattr(expected, output).numpy()
            limit = TOLERANCE * max(1, np.abs(reference).max())
            assert (np.abs(result - reference) > limit).mean() <= (0 if lite else DECIDED_OTHERWISE)


@names
def test_the_file_says_how_to_feed_it(exported, name):
    _, report = exported(name)
    backend = OnnxBackend(report.path, threads=1)
    entry, spec = MODELS[name], backend.spec
    assert (spec.name, spec.stride, spec.area_px) == (name, entry.stride, entry.area_px)
    assert (spec.mean, spec.std) == (entry.mean, entry.std)
    assert backend.gives_parts == (name != "p3mnet-lite")


@names
def test_the_report_describes_the_file(exported, name):
    _, report = exported(name)
    assert report.path.stat().st_size == report.size_bytes
    assert report.sha256 == sha256_of(report.path)
    assert report.size_bytes <= 4.2 * MODELS[name].parameters + 2e6
    assert report.stored is None


def test_the_detail_path_of_the_default_network_agrees_too(exported, rng):
    network, report = exported("p3mnet-lite")
    base = onnxruntime.InferenceSession(report.path, providers=["CPUExecutionProvider"])
    metadata = base.get_modelmeta().custom_metadata_map
    detail = onnxruntime.InferenceSession(base64.b64decode(metadata["p3m.detail"]))
    image = rng.normal(size=(2, 3, 96, 160)).astype(np.float32)
    maps = rng.random((2, 8, 96, 160), dtype=np.float32)
    with torch.inference_mode():
        refined = network.detail(torch.from_numpy(image), torch.from_numpy(maps))
    (fine,) = detail.run(["alpha"], {"image": image, "coarse": maps})
    np.testing.assert_allclose(fine, refined, atol=TOLERANCE)


def test_unpooling_networks_keep_no_trace_of_scattering(exported):
    content = exported("p3mnet-r34")[1].path.read_bytes()
    assert b"MaxUnpool" in content
    assert b"ScatterElements" not in content


def test_a_name_takes_weights_from_a_file(tmp_path):
    network = create_model("p3mnet-lite")
    save_state(tmp_path / "weights.safetensors", network)
    entry, again = trained("p3mnet-lite", tmp_path / "weights.safetensors")
    assert entry is MODELS["p3mnet-lite"]
    own = network.state_dict()
    assert all(torch.equal(own[name], tensor) for name, tensor in again.state_dict().items())


def test_an_existing_file_is_kept(exported):
    _, report = exported("p3mnet-lite")
    weights = report.path.with_name("weights.safetensors")
    with pytest.raises(OutputError, match=r"model\.onnx"):
        export(weights, report.path)


@pytest.fixture
def weights(tmp_path):
    """A file of weights that are no network's."""
    save_state(tmp_path / "other.safetensors", torch.nn.Linear(2, 2))
    return tmp_path / "other.safetensors"


@pytest.mark.parametrize(
    ("source", "with_weights", "error", "text"),
    [
        ("p3mnet-r34", False, ConfigError, "no weights of its own: add --weights FILE"),
        ("p3mnt-r34", True, UnknownNameError, "Did you mean 'p3mnet-r34'"),
        ("p3mnet-lite", True, WeightsMismatchError, "do not fit P3MNetLite"),
        ("checkpoint.pth", False, InputError, "checkpoint.pth: no such weights file"),
        ("checkpoint.pth", True, ConfigError, "checkpoint.pth is a checkpoint already"),
        (Path("p3mnet-r34"), False, InputError, "p3mnet-r34: no such weights file"),
    ],
)
def test_what_cannot_be_exported_is_told(weights, source, with_weights, error, text):
    target = weights.with_name("x.onnx")
    with pytest.raises(error, match=text):
        export(source, target, weights=weights if with_weights else None)
    assert not target.exists()


def test_weights_of_no_network_are_told_with_the_nearest(tmp_path, weights):
    with pytest.raises(WeightsMismatchError, match="fit no network of the catalogue"):
        export(weights, tmp_path / "x.onnx")
