from pathlib import Path

import pytest
import torch
from torch import nn

from p3m.core.errors import ConfigError, WeightsMismatchError
from p3m.models.catalog import MODELS
from p3m.models.initial import load_initial


@pytest.fixture
def basic() -> nn.Module:
    return MODELS["p3m-basic"].build()


def file_of(encoder: nn.Module, path: Path) -> Path:
    state = {name: torch.full_like(value, 2) for name, value in encoder.state_dict().items()}
    torch.save(state | {"fc.weight": torch.ones(1000, 512), "fc.bias": torch.ones(1000)}, path)
    return path


def test_a_file_of_the_users_fills_the_encoder(basic: nn.Module, tmp_path: Path) -> None:
    file = file_of(basic.encoder, tmp_path / "resnet34.pth")
    before = basic.estimate.weight.detach().clone()
    load_initial(basic, MODELS["p3m-basic"], "imagenet", file=file)
    assert float(basic.encoder.layer4[2].conv2.weight.detach().min()) == 2
    assert torch.equal(basic.estimate.weight, before)


def test_a_package_fills_the_encoder() -> None:
    model = MODELS["p3mnet-lite"].build()
    before = model.base.encoder.stem[0].weight.detach().clone()
    load_initial(model, MODELS["p3mnet-lite"], "imagenet")
    assert not torch.equal(model.base.encoder.stem[0].weight, before)


def test_scratch_loads_nothing(basic: nn.Module) -> None:
    before = basic.encoder.conv1.weight.detach().clone()
    load_initial(basic, MODELS["p3m-basic"], "scratch")
    assert torch.equal(basic.encoder.conv1.weight, before)


def test_a_missing_file_is_asked_for(basic: nn.Module) -> None:
    with pytest.raises(ConfigError, match="a file of yours: the P3M authors' r34mp_pretrained"):
        load_initial(basic, MODELS["p3m-basic"], "imagenet")


def test_a_file_of_no_use_is_not_ignored(basic: nn.Module, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'scratch' without a file; got .*resnet.pth"):
        load_initial(basic, MODELS["p3m-basic"], "scratch", file=tmp_path / "resnet.pth")


def test_an_unknown_start_names_the_known_ones(basic: nn.Module) -> None:
    with pytest.raises(ConfigError, match="from 'coco'. Known: scratch, imagenet"):
        load_initial(basic, MODELS["p3m-basic"], "coco")


def test_a_file_of_another_encoder_is_an_error(basic: nn.Module, tmp_path: Path) -> None:
    torch.save({"conv1.weight": torch.ones(64, 3, 7, 7)}, tmp_path / "other.pth")
    with pytest.raises(WeightsMismatchError, match="do not fit ResNet34MaxPool; missing: bn1"):
        load_initial(basic, MODELS["p3m-basic"], "imagenet", file=tmp_path / "other.pth")
