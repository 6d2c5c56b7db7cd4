import copy
import hashlib
from typing import NamedTuple

import numpy as np
import onnx
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from p3m.core.errors import ExportMismatchError, OutputError, ShapeError
from p3m.export.onnx import GRAPH_TOLERANCE, TOLERANCES, export_onnx
from p3m.inference.backend import OnnxBackend
from p3m.inference.predictor import Predictor
from p3m.inference.strategy import Hybrid, Resize, Tiled
from p3m.models.contract import MattingOutput
from support.images import noise

pytestmark = pytest.mark.onnx

OPTIONS = {"name": "net", "stride": 8, "area_px": 4096, "mean": (0, 0, 0), "std": (1, 1, 1)}


class Output(NamedTuple):
    """A network's own tuple, in which alpha and coarse have names."""

    alpha: torch.Tensor
    coarse: torch.Tensor | None


class Grey(nn.Module):
    """The mean over the channels, as any of the things that a network may return."""

    def __init__(self, returns):
        super().__init__()
        self.returns = returns

    def forward(self, image):
        alpha = image.mean(dim=1, keepdim=True)
        return self.returns(alpha)


def normalised(image, spec):
    pixels = (image / 255 - np.array(spec.mean)) / np.array(spec.std)
    return torch.from_numpy(pixels.transpose(2, 0, 1)[None].astype(np.float32))


def test_the_report_describes_the_file(exported):
    for report in exported.values():
        content = report.path.read_bytes()
        assert report.size_bytes == len(content)
        assert report.sha256 == hashlib.sha256(content).hexdigest()
        assert 0 <= report.graph.error <= GRAPH_TOLERANCE


def test_less_storage_is_smaller_and_says_what_it_costs(exported):
    whole, half, eighth = (exported[storage] for storage in ("single", "half", "int8"))
    assert whole.stored is None
    assert half.size_bytes < whole.size_bytes
    assert 0 < half.stored.error <= TOLERANCES["half"]
    assert half.stored.error < eighth.stored.error <= TOLERANCES["int8"]


@pytest.mark.parametrize("storage", ["half", "int8"])
def test_what_storage_costs_is_what_inference_gives(exported, storage):
    image = noise(64, 64)
    alphas = [
        Predictor(OnnxBackend(exported[each].path, threads=1), Resize())(image)
        for each in ("single", storage)
    ]
    difference = np.abs(alphas[0] - alphas[1]).max()
    assert 0 < difference <= 10 * exported[storage].stored.error


def test_too_much_cost_leaves_no_file(tmp_path, networks, monkeypatch):
    monkeypatch.setitem(TOLERANCES, "int8", 1e-9)
    with pytest.raises(ExportMismatchError, match="at most 1e-09 is allowed"):
        export_onnx(networks[0], None, tmp_path / "a.onnx", storage="int8", **OPTIONS)
    assert not list(tmp_path.iterdir())


def test_a_network_of_two_decoders_gives_its_parts(tmp_path, two_decoders):
    report = export_onnx(two_decoders, None, tmp_path / "a.onnx", **OPTIONS)
    model = onnx.load(report.path)
    assert [value.name for value in model.graph.output] == ["alpha", "local_alpha", "global_logits"]
    operators = [node.op_type for node in model.graph.node]
    assert operators.count("MaxUnpool") == 3  # one of them in two groups of channels
    assert report.graph.error <= GRAPH_TOLERANCE
    backend = OnnxBackend(report.path, threads=1)
    image = noise(40, 56)
    with torch.no_grad():
        expected = two_decoders(normalised(image, backend.spec))
    parts = backend.parts(image)
    np.testing.assert_allclose(parts.local_alpha, expected.local_alpha[0, 0], atol=GRAPH_TOLERANCE)
    classes = expected.global_logits[0].argmax(dim=0)
    assert (parts.classes != classes.numpy()).mean() < 0.01


def test_shapes_of_parts_are_checked(tmp_path):
    class Thin(nn.Module):
        def forward(self, image):
            alpha = image[:, :1]
            return MattingOutput(image[:, :2], alpha, alpha, ())

    with pytest.raises(ShapeError, match=r"global_logits has shape \(2, 2, .*it must be \(2 3 96"):
        export_onnx(Thin(), None, tmp_path / "a.onnx", **OPTIONS)


def test_the_file_is_in_the_format_that_inference_reads(exported):
    spec = OnnxBackend(exported["single"].path, threads=1).spec
    assert (spec.name, spec.stride, spec.area_px) == ("small", 8, 4096)
    assert (spec.mean, spec.std) == ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    assert (spec.halo_px, spec.window_multiple) == (6, 2)


def test_inference_gives_what_the_modules_give(exported, networks):
    base, detail = (copy.deepcopy(module).eval() for module in networks)
    backend = OnnxBackend(exported["single"].path, threads=1)
    image = noise(40, 56)
    tensor = normalised(image, backend.spec)
    with torch.no_grad():
        alpha, coarse = base(tensor)
        refined = detail(tensor, F.interpolate(coarse, (40, 56), mode="bilinear"))
    low, high = (Predictor(backend, strategy)(image) for strategy in (Resize(), Hybrid()))
    np.testing.assert_allclose(low, alpha[0, 0], atol=GRAPH_TOLERANCE)
    np.testing.assert_allclose(high, refined[0, 0], atol=GRAPH_TOLERANCE)


def test_the_stated_halo_is_enough(exported):
    backend = OnnxBackend(exported["single"].path, threads=1)
    image = noise(120, 90)
    tiled = Tiled(core_px=32, threshold=-1.0).predict(backend, image)
    np.testing.assert_allclose(tiled, Hybrid().predict(backend, image), atol=1e-6)


def test_the_modules_are_left_as_they_were(networks, exported):
    assert exported
    assert all(module.training for module in networks)
    assert all(tensor.requires_grad for module in networks for tensor in module.parameters())


def test_the_file_holds_no_paths(exported):
    for report in exported.values():
        content = report.path.read_bytes()
        assert b".py" not in content
        assert b"/home" not in content


@pytest.mark.parametrize(
    "returns",
    [
        lambda alpha: alpha,
        lambda alpha: (alpha, alpha),
        lambda alpha: Output(alpha, None),
    ],
    ids=["tensor", "pair", "named"],
)
def test_a_network_without_details_may_return_several_things(tmp_path, returns):
    report = export_onnx(Grey(returns), None, tmp_path / "a.onnx", **OPTIONS)
    model = onnx.load(report.path)
    assert [value.name for value in model.graph.output] == ["alpha"]
    assert "p3m.detail" not in {entry.key for entry in model.metadata_props}
    image = noise(8, 16)
    alpha, _ = OnnxBackend(report.path, threads=1).coarse(image)
    np.testing.assert_allclose(alpha, image.mean(axis=-1) / 255, atol=1e-5)


def test_wrong_shapes_are_refused(tmp_path, networks):
    base, detail = networks
    with pytest.raises(ShapeError, match=r"alpha has shape \(2, 3, 96, 160\); it must be \(2 1"):
        export_onnx(nn.Identity(), None, tmp_path / "a.onnx", **OPTIONS)
    with pytest.raises(ShapeError, match=r"coarse has shape \(2, 3, .*it must be \(2 5 h w"):
        export_onnx(base, detail, tmp_path / "a.onnx", coarse_channels=5, **OPTIONS)
    assert not list(tmp_path.iterdir())


def test_a_mismatch_leaves_no_file(tmp_path, monkeypatch):
    monkeypatch.setattr("p3m.export.onnx.GRAPH_TOLERANCE", -1.0)
    with pytest.raises(ExportMismatchError):
        export_onnx(Grey(lambda alpha: alpha), None, tmp_path / "a.onnx", **OPTIONS)
    assert not list(tmp_path.iterdir())


def test_a_file_that_exists_is_kept_unless_told(tmp_path):
    (tmp_path / "a.onnx").write_bytes(b"precious")
    with pytest.raises(OutputError, match="exists already"):
        export_onnx(nn.Identity(), None, tmp_path / "a.onnx", **OPTIONS)
    assert (tmp_path / "a.onnx").read_bytes() == b"precious"
