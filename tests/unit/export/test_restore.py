import re
from pathlib import Path

import onnx
import onnxruntime
import pytest
import torch

from p3m.core.errors import ModelFormatError, WeightsError, WeightsMismatchError
from p3m.export.half import with_half_weights
from p3m.export.int8 import with_int8_weights
from p3m.export.restore import restore
from p3m.models.catalog import create_model
from p3m.pipelines.export import export
from p3m.training.seeding import seed_initial_weights
from p3m.weights.store import find_weights
from support.statistics import wake

PARTS = {"stride": 32, "coarse_channels": 8, "detail_multiple": 2}


def _restored(path: Path) -> torch.nn.Module:
    seed_initial_weights(1)
    model = create_model("p3mnet-lite")
    restore(path, model.base, model.detail, **PARTS)
    return model


@pytest.fixture(scope="module")
def network() -> torch.nn.Module:
    seed_initial_weights(0)
    return wake(create_model("p3mnet-lite"))


@pytest.fixture(scope="module")
def exported(network, tmp_path_factory) -> Path:
    """The network as a file, its kernels whole."""
    folder = tmp_path_factory.mktemp("restore")
    torch.save(network.state_dict(), folder / "network.pt")
    return export(folder / "network.pt", folder / "network.onnx").path


def test_weights_come_back_from_where_they_went(network, exported) -> None:
    restored = _restored(exported)
    image = torch.rand(1, 3, 128, 96)
    with torch.inference_mode():
        expected, given = (model(image, base_size=(64, 64)) for model in (network, restored))
    for name in ("alpha", "local_alpha", "global_logits", "coarse"):
        assert torch.allclose(getattr(given, name), getattr(expected, name), atol=1e-4), name
    alike = [
        name
        for name, value in network.state_dict().items()
        if torch.equal(value, restored.state_dict()[name])
    ]
    assert {"detail.head.weight", "base.context.blocks.0.attend.proj.weight"} <= {*alike}


def test_what_the_file_does_without_stays(exported) -> None:
    seed_initial_weights(1)
    fresh, restored = create_model("p3mnet-lite"), _restored(exported)
    side = "base.semantic.1.side.weight"
    assert torch.equal(restored.state_dict()[side], fresh.state_dict()[side])


@pytest.mark.parametrize("smaller", [with_half_weights, with_int8_weights])
def test_stored_kernels_are_widened(exported, tmp_path, smaller) -> None:
    small = smaller(onnx.load(exported))
    onnx.save(small, tmp_path / "small.onnx")
    image = torch.rand(1, 3, 64, 96)
    session = onnxruntime.InferenceSession(small.SerializeToString())
    with torch.inference_mode():
        alpha = _restored(tmp_path / "small.onnx").base(image).alpha
    (expected,) = session.run(["alpha"], {"image": image.numpy()})
    assert torch.allclose(alpha, torch.from_numpy(expected), atol=1e-4)


def test_the_embedded_weights_come_back() -> None:
    path = find_weights("p3mnet-lite")
    image = torch.rand(1, 3, 64, 64)
    session = onnxruntime.InferenceSession(path.read_bytes())
    expected = session.run(["alpha", "coarse"], {"image": image.numpy()})
    with torch.inference_mode():
        given = _restored(path).base(image)
    for name, value in zip(("alpha", "coarse"), expected, strict=True):
        assert torch.allclose(getattr(given, name), torch.from_numpy(value), atol=1e-4)


def _changed(path: Path, target: Path, name: str, text: str | None) -> Path:
    """A copy of the file with another text in its metadata, or without it."""
    model = onnx.load(path)
    (entry,) = [entry for entry in model.metadata_props if entry.key == name]
    if text is None:
        model.metadata_props.remove(entry)
    else:
        entry.value = text
    onnx.save(model, target)
    return target


def test_what_is_no_such_file_is_refused(exported, tmp_path) -> None:
    torn = tmp_path / "torn.onnx"
    torn.write_bytes(exported.read_bytes()[:-1000])
    bare = _changed(exported, tmp_path / "bare.onnx", "p3m.detail", None)
    odd = _changed(exported, tmp_path / "odd.onnx", "p3m.detail", "?")
    other = _changed(exported, tmp_path / "other.onnx", "p3m.detail", "abcd")
    for path, error, text in (
        (tmp_path / "none.onnx", WeightsError, "{} "),
        (torn, ModelFormatError, "{} is not an ONNX file"),
        (bare, WeightsError, "{} has no detail graph"),
        (odd, ModelFormatError, "{}: its detail graph is damaged"),
        (other, ModelFormatError, "The detail graph of {} is not an ONNX file"),
    ):
        with pytest.raises(error, match=re.escape(text.format(path))):
            _restored(path)


def test_another_networks_file_changes_nothing(exported, tmp_path) -> None:
    model = create_model("p3mnet-lite")
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with pytest.raises(WeightsMismatchError, match=r"of another shape: shrink\.0\.weight"):
        restore(find_weights("p3mnet-lite@v0"), model.base, model.detail, **PARTS)
    whole = onnx.load(exported)
    (kernel,) = [one for one in whole.graph.initializer if one.name.endswith("classify.weight")]
    kernel.name = "renamed"
    for node in whole.graph.node:
        node.input[:] = ["renamed" if n.endswith("classify.weight") else n for n in node.input]
    onnx.save(whole, tmp_path / "renamed.onnx")
    with pytest.raises(WeightsError, match="is another network's: .*differs by"):
        restore(tmp_path / "renamed.onnx", model.base, model.detail, **PARTS)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
