import pytest
from torch import nn

from p3m.core.errors import ConfigError
from p3m.models.backbones.resnet34_mp import ResNet34MaxPool
from p3m.models.p3mnet_lite.model import P3MNetLite
from p3m.pipelines.parameter_groups import parameter_groups
from p3m.training.settings import TrainSettings


def _settings(**changes) -> TrainSettings:
    wanted = {"lr": 0.1, "encoder_lr_factor": 0.5, "frozen_stages": -1, "frozen_norm": False}
    return TrainSettings(steps=1, **{**wanted, **changes})


def _trained(groups) -> set[int]:
    return {id(parameter) for group in groups for parameter in group["params"]}


def test_the_encoder_has_a_rate_of_its_own_and_nothing_is_twice() -> None:
    model = nn.ModuleDict({"encoder": nn.Linear(2, 2), "head": nn.Linear(2, 1)})
    encoder, head = parameter_groups(model, _settings(), encoder="encoder")
    assert (encoder["lr"], head["lr"]) == (0.05, 0.1)
    assert [id(p) for p in encoder["params"]] == [id(p) for p in model["encoder"].parameters()]
    assert [id(p) for p in head["params"]] == [id(p) for p in model["head"].parameters()]


def test_first_stages_of_a_resnet_stay_as_they_are() -> None:
    model = nn.ModuleDict({"resnet": ResNet34MaxPool(classes=3)})
    groups = parameter_groups(model, _settings(frozen_stages=1), encoder="resnet")
    trained = _trained(groups)
    resnet = model["resnet"]
    for name, parameter in resnet.named_parameters():
        frozen = name.startswith(("conv1", "bn1", "layer1", "fc"))
        assert (id(parameter) in trained) != frozen, name


def test_first_stages_of_the_default_network_stay_as_they_are() -> None:
    model = P3MNetLite()
    groups = parameter_groups(model, _settings(frozen_stages=2, frozen_norm=True))
    trained = _trained(groups)
    norms = {
        id(parameter)
        for module in model.base.encoder.modules()
        if isinstance(module, nn.BatchNorm2d)
        for parameter in module.parameters()
    }
    for name, parameter in model.base.encoder.named_parameters():
        frozen = name.startswith(("stem.", "stages.0.", "stages.1.")) or id(parameter) in norms
        assert (id(parameter) in trained) != frozen, name


def test_an_encoder_without_stages_cannot_be_frozen_by_them() -> None:
    model = nn.ModuleDict({"encoder": nn.Linear(2, 2)})
    with pytest.raises(ConfigError, match="Linear has no stages to freeze: set it to -1"):
        parameter_groups(model, _settings(frozen_stages=1), encoder="encoder")
