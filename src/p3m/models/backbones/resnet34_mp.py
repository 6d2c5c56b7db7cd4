"""ResNet-34 that shrinks by max-pooling alone, and keeps where the maxima were."""

from pathlib import Path

import torch.nn.functional as F
from torch import Tensor, nn

from p3m.models.backbones.contract import Channels, Pyramid
from p3m.models.layers import max_pool_with_indices
from p3m.models.state import load_state, read_state

CHANNELS = Channels(shallow=64, half=64, quarter=64, eighth=128, sixteenth=256, deepest=512)


class BasicBlock(nn.Module):
    """Two 3x3 convolutions, added to the input; attributes are named as in published weights."""

    def __init__(self, channels_in: int, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.downsample = (
            None
            if channels == channels_in
            else nn.Sequential(
                nn.Conv2d(channels_in, channels, 1, bias=False), nn.BatchNorm2d(channels)
            )
        )

    def forward(self, features: Tensor) -> Tensor:
        """Features of shape (B, channels, H, W)."""
        out = self.relu(self.bn1(self.conv1(features)))
        out = self.bn2(self.conv2(out))
        out += features if self.downsample is None else self.downsample(features)
        activated: Tensor = self.relu(out)
        return activated


class ResNet34MaxPool(nn.Module):
    """The encoder of P3M-Net: He et al., "Deep Residual Learning", CVPR 2016, without strides.

    Li et al., "Privacy-Preserving Portrait Matting", ACM MM 2021: every convolution keeps the size,
    the 7x7 one of the stem too; five max-poolings (3x3, stride 2) shrink it, one before each stage
    and one more after the stem, and the matting decoder undoes each where its maxima were.

    ===========  ======  ========  ==========================
    feature      stride  channels  made by
    ===========  ======  ========  ==========================
    E0           1       64        the stem
    half         2       64        pooling
    E1           4       64        pooling, three blocks
    E2           8       128       pooling, four blocks
    E3           16      256       pooling, six blocks
    E4           32      512       pooling, three blocks
    ===========  ======  ========  ==========================

    Args:
        classes: Outputs of the ImageNet classifier ``fc``, which no matting network runs and the
            published checkpoints contain. None: no classifier.
    """

    def __init__(self, *, classes: int | None = None) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, CHANNELS.shallow, 7, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(CHANNELS.shallow)
        self.relu = nn.ReLU(inplace=True)
        self.layer1 = _stage(CHANNELS.half, CHANNELS.quarter, blocks=3)
        self.layer2 = _stage(CHANNELS.quarter, CHANNELS.eighth, blocks=4)
        self.layer3 = _stage(CHANNELS.eighth, CHANNELS.sixteenth, blocks=6)
        self.layer4 = _stage(CHANNELS.sixteenth, CHANNELS.deepest, blocks=3)
        if classes is not None:
            # Without gradients, for processes that train together wait for those of all the rest.
            self.fc = nn.Linear(CHANNELS.deepest, classes).requires_grad_(requires_grad=False)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, image: Tensor) -> Pyramid:
        """Features of a normalised image of shape (B, 3, H, W), H and W multiples of 32."""
        e0 = self.relu(self.bn1(self.conv1(image)))
        shallow = F.max_pool2d(e0, 2)
        half, indices0 = max_pool_with_indices(e0)
        del e0
        pooled, indices1 = max_pool_with_indices(half)
        e1 = self.layer1(pooled)
        pooled, indices2 = max_pool_with_indices(e1)
        e2 = self.layer2(pooled)
        pooled, indices3 = max_pool_with_indices(e2)
        e3 = self.layer3(pooled)
        pooled, indices4 = max_pool_with_indices(e3)
        e4 = self.layer4(pooled)
        indices = (indices0, indices1, indices2, indices3, indices4)
        return Pyramid(shallow, half, e1, e2, e3, e4, indices)


def load_imagenet(network: nn.Module, path: Path) -> None:
    """Loads ImageNet weights from a file of the user's.

    Two published kinds fit by name and shape: those of the P3M authors for this very network,
    ``r34mp_pretrained_imagenet.pth.tar``, and those of torchvision's ResNet-34. A classifier that
    the network lacks is left out.

    Args:
        network: A `ResNet34MaxPool`; takes the weights, in place.
        path: The file.

    Raises:
        InputError: If there is no such file.
        WeightsError: If it is damaged or does not fit.

    Note:
        Torchvision's network shrinks by strides in its convolutions where this one pools, and its
        stem sees every second pixel where this one sees each. Its kernels are a better start than
        random ones, but the network must be trained before its features mean anything.
    """
    own = network.state_dict()
    state = read_state(path)
    classifier = {name for name in ("fc.weight", "fc.bias") if name not in own}
    load_state(network, {name: state[name] for name in state.keys() - classifier})


def _stage(channels_in: int, channels: int, *, blocks: int) -> nn.Sequential:
    return nn.Sequential(
        BasicBlock(channels_in, channels),
        *(BasicBlock(channels, channels) for _ in range(blocks - 1)),
    )
