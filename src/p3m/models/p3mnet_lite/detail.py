"""The detail path: alpha at full resolution, from the picture and the coarse maps."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from p3m.models.layers import ConvNormAct, single, upsample

# Channels at half size, of which ONNX Runtime computes 16 at a time; what is enlarged of them; and
# those at full size, where picture, alpha and transition come to them.
_HALF, _ENLARGED, _FULL = 16, 8, 12


class DetailPath(nn.Module):
    """Corrects an enlarged alpha where the transition lies; elsewhere it changes nothing.

    ``alpha = clamp(coarse alpha + probability of transition * tanh(residual), 0, 1)``, so windows
    that are refined one by one join without seams. Most of its work is done at half size. It may
    be run on any window of a picture whose sides and origin are multiples of `MULTIPLE`.

    Args:
        channels_coarse: Channels of the coarse maps; the first is alpha, the second the
            probability of transition, the others are features of the matting decoder.
    """

    MULTIPLE = 2
    FROM_HALVES = True
    """Taught to enlarge by two at most; see `p3m.models.layers.refine`."""

    HALO_PX = 10
    """How far a pixel's alpha looks around itself, rounded up."""

    def __init__(self, channels_coarse: int) -> None:
        super().__init__()
        self.shrink = ConvNormAct(3 + channels_coarse, _HALF, kernel=3, stride=2)
        self.filter = nn.Sequential(
            ConvNormAct(_HALF, _HALF, kernel=3), ConvNormAct(_HALF, _HALF, kernel=3)
        )
        self.narrow = nn.Conv2d(_HALF, _ENLARGED, 1)
        self.sharpen = ConvNormAct(_ENLARGED + 3 + 2, _FULL, kernel=3)
        self.head = nn.Conv2d(_FULL, 1, 3, padding=1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)  # type: ignore[arg-type]

    def forward(self, image: Tensor, coarse: Tensor) -> Tensor:
        """Alpha in [0, 1] of shape (B, 1, H, W).

        Args:
            image: Normalised picture or window of it, shape (B, 3, H, W), H and W even.
            coarse: The coarse maps enlarged to the same pixels, shape (B, channels_coarse, H, W).
        """
        alpha, transition = coarse[:, :1], coarse[:, 1:2]
        half = self.filter(self.shrink(torch.cat([image, coarse], dim=1)))
        full = torch.cat([upsample(self.narrow(half), 2), image, coarse[:, :2]], dim=1)
        residual = torch.tanh(_to_one_channel(self.sharpen(full), self.head))
        return (alpha + transition * residual).clamp(0.0, 1.0)


def _to_one_channel(features: Tensor, head: nn.Conv2d) -> Tensor:
    """What a 3x3 convolution to one channel gives: nine 1x1 ones, shifted, added row by row.

    ONNX Runtime computes output channels in blocks of 16; so 9 of 16 are of use, not one.

    Args:
        features: Shape (B, C, H, W).
        head: The convolution, padded by 1.

    Returns:
        Shape (B, 1, H, W).
    """
    height, width = features.shape[-2:]
    taps = head.weight[0].permute(1, 2, 0).reshape(9, -1, 1, 1)
    planes = single(F.conv2d(features, taps, padding=1))
    above, beside, below = (
        planes[:, 3 * row : 3 * row + 3, row : row + height] for row in range(3)
    )
    columns = above + beside + below
    left, middle, right = (
        columns[:, column : column + 1, :, column : column + width] for column in range(3)
    )
    total = left + middle + right
    return total if head.bias is None else total + head.bias
