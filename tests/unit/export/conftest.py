"""Small networks with all that is hard to export, and their files."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from p3m.export.graph import frozen, trace
from p3m.export.onnx import export_onnx
from p3m.models.contract import MattingOutput
from p3m.models.layers import max_pool_with_indices, max_unpool

STRIDE, MULTIPLE, CHANNELS = 8, 2, 3


class Base(nn.Module):
    """Strides, batch norm, global pooling and bilinear enlarging, by a factor and to a size."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.ModuleList(
            nn.Sequential(nn.Conv2d(wide, 4, 3, stride=2, padding=1), nn.BatchNorm2d(4), nn.ReLU6())
            for wide in (3, 4, 4)
        )
        self.head = nn.Conv2d(4, CHANNELS, 1)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        features = [image]
        for block in self.down:
            features.append(block(features[-1]))
        deep = features[-1] * torch.sigmoid(F.adaptive_avg_pool2d(features[-1], 1))
        half = F.interpolate(deep, scale_factor=2, mode="bilinear", align_corners=False)
        half = features[1] + F.interpolate(half, features[1].shape[-2:], mode="bilinear")
        coarse = torch.sigmoid(self.head(half))
        alpha = F.interpolate(coarse[:, :1], scale_factor=2, mode="bilinear", align_corners=False)
        return alpha, coarse


class Detail(nn.Module):
    """A step down, one up, and the correction that p3m's format asks for."""

    def __init__(self) -> None:
        super().__init__()
        self.shrink = nn.Conv2d(3 + CHANNELS, 4, 3, stride=2, padding=1)
        self.head = nn.Conv2d(4, 1, 3, padding=1)

    def forward(self, image: Tensor, coarse: Tensor) -> Tensor:
        half = F.relu(self.shrink(torch.cat([image, coarse], dim=1)))
        residual = self.head(F.interpolate(half, scale_factor=2, mode="bilinear"))
        return (coarse[:, :1] + coarse[:, 1:2] * torch.tanh(residual)).clamp(0, 1)


class TwoDecoders(nn.Module):
    """P3M-Net in small: pooling twice with indices and once without, unpooling, hard fusion."""

    def __init__(self, channels: int = 32) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, channels, 3, padding=1)
        self.middle = nn.Conv2d(channels, channels, 3, padding=1)
        self.classify = nn.Conv2d(channels, 3, 1)
        self.estimate = nn.Conv2d(channels, 1, 3, padding=1)

    def forward(self, image: Tensor) -> MattingOutput:
        full = F.relu(self.stem(image))
        shallow = F.max_pool2d(full, 2)
        half, indices0 = max_pool_with_indices(full)
        quarter, indices1 = max_pool_with_indices(self.middle(half))
        centred = quarter - quarter.mean(dim=(2, 3), keepdim=True)  # so that all classes occur
        logits = F.interpolate(self.classify(centred), scale_factor=4, mode="bilinear")
        half = max_unpool(torch.tanh(quarter), indices1, half.shape[-2:]) + shallow
        local = torch.sigmoid(self.estimate(max_unpool(half, indices0, image.shape[-2:])))
        classes = logits.argmax(dim=1, keepdim=True)
        alpha = local * (classes == 1).to(local.dtype) + (classes == 2).to(local.dtype)
        return MattingOutput(logits, local, alpha, ())


@pytest.fixture(scope="session")
def networks():
    """The base, in train mode and with statistics of its own, and the detail path."""
    generator = torch.Generator().manual_seed(0)
    base, detail = Base(), Detail()
    with torch.no_grad():
        for module in (base, detail):
            for tensor in module.parameters():
                tensor.normal_(0, 0.4, generator=generator)
        for _ in range(20):
            base(torch.rand((4, 3, 64, 64), generator=generator))
    return base, detail


@pytest.fixture(scope="session")
def two_decoders():
    """A network that pools and unpools, ready to be exported."""
    generator = torch.Generator().manual_seed(0)
    network = TwoDecoders()
    with torch.no_grad():
        for tensor in network.parameters():
            tensor.normal_(0, 0.1, generator=generator)
        network.classify.bias.zero_()
    return frozen(network)


class Parts(nn.Module):
    """The outputs of a network of two decoders, as its file has them."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        output = self.network(image)
        return output.alpha, output.local_alpha, output.global_logits


@pytest.fixture(scope="session")
def parts(two_decoders):
    """The network that pools and unpools, with its outputs in a plain tuple."""
    return Parts(two_decoders).eval()


@pytest.fixture(scope="session")
def traced_once(parts):
    """The graph of the network that pools and unpools, as the exporter makes it."""
    return trace(
        parts,
        (torch.rand(2, 3, 16, 24, generator=torch.Generator().manual_seed(1)),),
        unit=4,
        inputs=["image"],
        outputs=["alpha", "local_alpha", "global_logits"],
    )


@pytest.fixture
def traced(traced_once):
    """A copy of it, to be changed."""
    copy = type(traced_once)()
    copy.CopyFrom(traced_once)
    return copy


@pytest.fixture(scope="session")
def exported(networks, tmp_path_factory):
    """The reports of the file stored in each way, by that way's name."""
    folder = tmp_path_factory.mktemp("exported")
    return {
        storage: export_onnx(
            *networks,
            folder / f"{storage}.onnx",
            name="small",
            stride=STRIDE,
            area_px=64 * 64,
            mean=(0.485, 0.456, 0.406),
            std=(0.229, 0.224, 0.225),
            coarse_channels=CHANNELS,
            detail_halo_px=6,
            detail_multiple=MULTIPLE,
            storage=storage,
        )
        for storage in ("single", "half", "int8")
    }
