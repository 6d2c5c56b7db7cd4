import pytest
import torch
from torch import nn

from p3m.core.errors import ShapeError
from p3m.models.p3mnet.model import P3MNet
from support.references.p3mnet import p3mnet_r34


@pytest.fixture(scope="module")
def model() -> P3MNet:
    """With weights and statistics that let every module have its say."""
    network = P3MNet().eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean, std=0.1)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.2)
    return network


@torch.inference_mode()
def test_it_equals_a_restatement_of_the_description(model: P3MNet) -> None:
    image = torch.randn(2, 3, 64, 96)
    output, expected = model(image), p3mnet_r34(model.state_dict(), image)
    pairs = {
        "global": output.global_logits,
        "local": output.local_alpha,
        "fusion": output.alpha,
        "side2": output.side_logits[0],
        "side1": output.side_logits[1],
        "side0": output.side_logits[2],
    }
    assert pairs.keys() == expected.keys()
    for name, tensor in pairs.items():
        scale = float(expected[name].abs().max())
        torch.testing.assert_close(tensor, expected[name], atol=1e-5 * scale, rtol=0)


@torch.inference_mode()
def test_each_class_is_seen_by_the_fusion(model: P3MNet) -> None:
    output = model(torch.randn(2, 3, 64, 96))
    classes = output.global_logits.argmax(dim=1, keepdim=True)
    assert classes.unique().numel() > 1
    assert bool((output.alpha[classes == 0] == 0).all())
    assert torch.equal(output.alpha[classes == 1], output.local_alpha[classes == 1])
    assert bool((output.alpha[classes == 2] == 1).all())


def test_the_encoder_is_one_under_both_its_names(model: P3MNet) -> None:
    assert model.encoder0[0].weight is model.resnet.conv1.weight
    assert model.encoder1[0][0].conv1.weight is model.resnet.layer1[0].conv1.weight
    assert model.encoder4[2].bn2.running_mean is model.resnet.layer4[2].bn2.running_mean


def test_the_unused_classifier_asks_for_no_gradient(model: P3MNet) -> None:
    frozen = [name for name, value in model.named_parameters() if not value.requires_grad]
    assert frozen == ["resnet.fc.weight", "resnet.fc.bias"]


def test_no_gradient_passes_the_hard_fusion() -> None:
    network = P3MNet().train()
    network(torch.randn(2, 3, 64, 64)).alpha.sum().backward()
    assert network.decoder0_g[6].weight.grad is None


def test_a_picture_below_the_least_size_names_the_size_to_pad_to(model: P3MNet) -> None:
    with pytest.raises(ShapeError, match=r"\(20, 64\).*at least 32: pad to 32x64"):
        model(torch.zeros(1, 3, 20, 64))
