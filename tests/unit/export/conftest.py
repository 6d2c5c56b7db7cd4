"""A small network with all that is hard to export, and its files."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from p3m.export.onnx import export_onnx

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
def exported(networks, tmp_path_factory):
    """The reports of the whole and of the half-stored file, by whether it is half-stored."""
    folder = tmp_path_factory.mktemp("exported")
    return {
        half: export_onnx(
            *networks,
            folder / f"{half}.onnx",
            name="small",
            stride=STRIDE,
            area_px=64 * 64,
            mean=(0.485, 0.456, 0.406),
            std=(0.229, 0.224, 0.225),
            coarse_channels=CHANNELS,
            detail_halo_px=6,
            detail_multiple=MULTIPLE,
            half_storage=half,
        )
        for half in (False, True)
    }
