import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from p3m.core.errors import InputError, ProviderError, WeightsError
from p3m.inference.predictor import Predictor
from p3m.models.catalog import MODELS, create_model
from p3m.pipelines.checkpoints import load_torch_backend, resolve_device
from support.images import portrait


@pytest.fixture(scope="module")
def lite(tmp_path_factory):
    """Fresh weights of p3mnet-lite, whose detail path does something."""
    network = create_model("p3mnet-lite")
    torch.nn.init.normal_(network.detail.head.weight, std=0.1)
    path = tmp_path_factory.mktemp("lite") / "weights.safetensors"
    save_file(network.state_dict(), path)
    return path


def test_the_network_is_told_by_its_tensors_and_fed_as_the_catalogue_says(lite):
    backend, entry = load_torch_backend(lite), MODELS["p3mnet-lite"]
    spec = backend.spec
    assert (spec.name, spec.stride, spec.area_px) == (entry.name, entry.stride, entry.area_px)
    assert (spec.mean, spec.std) == (entry.mean, entry.std)
    assert (spec.window_multiple, spec.halo_px, spec.detail) == (2, 10, True)
    alpha = Predictor(backend)(portrait(100, 80)[0])
    assert alpha.shape == (100, 80)
    assert np.isfinite(alpha).all()


def test_a_checkpoint_of_the_papers_network_is_read_as_it_is(tmp_path):
    state = create_model("p3mnet-r34").state_dict()
    torch.save({"epoch": 1, "state_dict": state}, tmp_path / "ckpt.pth.tar")
    backend = load_torch_backend(tmp_path / "ckpt.pth.tar")
    assert (backend.spec.name, backend.spec.window_px) == ("p3mnet-r34", 512)
    parts = backend.parts(portrait(64, 64)[0])
    fused = np.where(parts.classes == 1, parts.local_alpha, parts.classes / 2)
    np.testing.assert_allclose(parts.alpha, fused, atol=1e-6)


class Code:
    def __reduce__(self):
        return print, ("the pickle ran",)


def test_bad_files_are_told_and_run_nothing(lite, tmp_path, capsys):
    half = tmp_path / "half.safetensors"
    half.write_bytes(lite.read_bytes()[:100_000])
    with pytest.raises(WeightsError, match=r"half\.safetensors: .*damaged, incomplete"):
        load_torch_backend(half)
    torch.save({"state_dict": Code()}, tmp_path / "code.pth")
    with pytest.raises(WeightsError, match=r"code\.pth: holds more than tensors"):
        load_torch_backend(tmp_path / "code.pth")
    save_file({"decoder.weight": torch.zeros(3)}, tmp_path / "other.safetensors")
    with pytest.raises(WeightsError, match=r"other\.safetensors: .*weights of one of p3mnet-lite,"):
        load_torch_backend(tmp_path / "other.safetensors")
    with pytest.raises(InputError, match=r"none\.pth: no such weights file"):
        load_torch_backend(tmp_path / "none.pth")
    assert capsys.readouterr().out == ""


def test_devices_have_the_names_of_providers():
    assert resolve_device(None) == resolve_device("CPU") == "cpu"
    with pytest.raises(ProviderError, match="no device 'abacus' here. Available: cpu"):
        resolve_device("abacus")


def test_a_device_that_is_missing_is_told_before_the_file_is_read(tmp_path):
    with pytest.raises(ProviderError, match="'abacus'"):
        load_torch_backend(tmp_path / "none.pth", provider="abacus")


def test_threads_are_those_asked_for(lite):
    before = torch.get_num_threads()
    try:
        load_torch_backend(lite, threads=2)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
