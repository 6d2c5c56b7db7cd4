"""The default network as an ONNX file: the same numbers as in torch, at any size."""

import base64

import numpy as np
import onnxruntime
import pytest
import torch

from p3m.core.errors import OutputError, WeightsError
from p3m.models.catalog import create_model
from p3m.models.p3mnet_lite.model import P3MNetLite
from p3m.models.state import save_state
from p3m.pipelines.export import export

pytestmark = pytest.mark.onnx
TOLERANCE = 1e-4
SIZES = [(96, 160), (224, 128)]


@pytest.fixture(scope="module")
def model() -> P3MNetLite:
    network = create_model("p3mnet-lite")
    torch.nn.init.normal_(network.detail.head.weight, std=0.3)
    return network


@pytest.fixture(scope="module")
def exported(model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("export")
    save_state(folder / "lite.safetensors", model)
    return export("p3mnet-lite", folder / "lite.safetensors", folder / "lite.onnx")


@pytest.mark.parametrize("size", SIZES)
def test_base_and_detail_agree_with_torch(model, exported, size, rng) -> None:
    image = rng.normal(size=(2, 3, *size)).astype(np.float32)
    base = onnxruntime.InferenceSession(exported.path)
    metadata = base.get_modelmeta().custom_metadata_map
    detail = onnxruntime.InferenceSession(base64.b64decode(metadata["p3m.detail"]))
    maps = rng.random((2, 8, *size), dtype=np.float32)
    with torch.inference_mode():
        eager = model.base(torch.from_numpy(image))
        refined = model.detail(torch.from_numpy(image), torch.from_numpy(maps))
    alpha, coarse = base.run(["alpha", "coarse"], {"image": image})
    (fine,) = detail.run(["alpha"], {"image": image, "coarse": maps})
    for result, reference in ((alpha, eager.alpha), (coarse, eager.coarse), (fine, refined)):
        assert np.abs(result - reference.numpy()).max() <= TOLERANCE


def test_the_report_describes_the_file(exported) -> None:
    assert exported.path.stat().st_size == exported.size_bytes <= 14_000_000
    assert exported.error <= TOLERANCE


def test_an_existing_file_is_kept(exported) -> None:
    weights = exported.path.with_suffix(".safetensors")
    with pytest.raises(OutputError, match=r"lite\.onnx"):
        export("p3mnet-lite", weights, exported.path)


def test_weights_of_another_network_are_refused(tmp_path) -> None:
    save_state(tmp_path / "other.safetensors", torch.nn.Linear(2, 2))
    with pytest.raises(WeightsError, match="do not fit P3MNetLite"):
        export("p3mnet-lite", tmp_path / "other.safetensors", tmp_path / "x.onnx")
    assert not (tmp_path / "x.onnx").exists()
