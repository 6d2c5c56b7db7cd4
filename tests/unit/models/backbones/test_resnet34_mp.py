from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from p3m.models.backbones.resnet34_mp import CHANNELS, ResNet34MaxPool, load_imagenet


@pytest.fixture(scope="module")
def encoder() -> ResNet34MaxPool:
    return ResNet34MaxPool().eval()


@torch.inference_mode()
def test_it_has_six_strides_and_five_poolings(encoder: ResNet34MaxPool) -> None:
    *features, indices = encoder(torch.randn(1, 3, 64, 96))
    for feature, channels, stride in zip(features, CHANNELS, (2, 2, 4, 8, 16, 32), strict=True):
        assert feature.shape == (1, channels, 64 // stride, 96 // stride)
    for index, channels, stride in zip(indices, CHANNELS[:5], (2, 4, 8, 16, 32), strict=True):
        assert index.shape == (1, channels, 64 // stride, 96 // stride)


@torch.inference_mode()
def test_the_shallow_feature_has_the_maxima_of_all_that_sbfi_pools(
    encoder: ResNet34MaxPool,
) -> None:
    image = torch.randn(1, 3, 64, 96)
    e0 = encoder.relu(encoder.bn1(encoder.conv1(image)))
    shallow = encoder(image).shallow
    for step in (2, 4, 8):
        pooled = F.max_pool2d(e0, 2, stride=step)
        assert torch.equal(shallow[:, :, :: step // 2, :: step // 2], pooled)


@torch.inference_mode()
def test_the_indices_find_the_pooled_feature_in_the_one_before(encoder: ResNet34MaxPool) -> None:
    pyramid = encoder(torch.randn(1, 3, 64, 96))
    pooled, index = F.max_pool2d(pyramid.quarter, 3, 2, 1, return_indices=True)
    assert torch.equal(pyramid.indices[2], index)
    assert torch.equal(encoder.layer2(pooled), pyramid.eighth)


@pytest.mark.parametrize("classes", [None, 1000], ids=["without classifier", "with it"])
@pytest.mark.parametrize("prefix", ["", "module."], ids=["torchvision", "r34mp"])
def test_imagenet_files_of_both_kinds_fit(tmp_path: Path, classes: int | None, prefix: str) -> None:
    source = ResNet34MaxPool(classes=1000)
    state = {prefix + name: value for name, value in source.state_dict().items()}
    torch.save({"state_dict": state} if prefix else state, tmp_path / "imagenet.pth.tar")
    network = ResNet34MaxPool(classes=classes)
    load_imagenet(network, tmp_path / "imagenet.pth.tar")
    loaded = network.state_dict()
    assert all(torch.equal(value, source.state_dict()[name]) for name, value in loaded.items())
