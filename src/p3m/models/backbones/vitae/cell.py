"""The normal cell: attention and convolutions look at the same tokens, side by side."""

from torch import Tensor, nn

from p3m.models.backbones.drop_path import DropPath
from p3m.models.backbones.tokens import Mlp, channels_first, channels_last
from p3m.models.backbones.vitae.attention import NORM_EPS, KernelAttention
from p3m.models.layers import Attention


class NormalCell(nn.Module):
    """Xu et al., "ViTAE", NeurIPS 2021: the normal cell.

    ``x + attention(norm(x)) + convolutions(x)``, then an MLP behind a norm, residual too.
    Attributes are named as in the published weights.

    Args:
        channels: Channels of a token.
        attention: Takes and gives tokens (B, N, channels).
        groups: Groups of channels that the convolutions do not mix.
        drop_path: Share of the samples that lose a branch while training.

    Attributes:
        attn: The attention.
        PCM: The convolutions (the parallel convolutional module): three of 3x3, to four times the
            channels and back; batch norm after the first two; SiLU after each.
    """

    def __init__(
        self,
        channels: int,
        attention: Attention | KernelAttention,
        *,
        groups: int,
        drop_path: float,
    ) -> None:
        super().__init__()
        wide = 4 * channels
        self.norm1 = nn.LayerNorm(channels, eps=NORM_EPS)
        self.attn = attention
        self.drop_path = DropPath(drop_path)
        self.norm2 = nn.LayerNorm(channels, eps=NORM_EPS)
        self.mlp = Mlp(channels)
        self.PCM = nn.Sequential(
            nn.Conv2d(channels, wide, 3, padding=1, groups=groups),
            nn.BatchNorm2d(wide),
            nn.SiLU(inplace=True),
            nn.Conv2d(wide, channels, 3, padding=1, groups=groups),
            nn.BatchNorm2d(channels),
            nn.SiLU(inplace=True),
            nn.Conv2d(channels, channels, 3, padding=1, groups=groups),
            nn.SiLU(inplace=True),
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens of the input's shape, (B, H, W, channels)."""
        near = channels_last(self.PCM(channels_first(tokens)))
        far = self.attn(self.norm1(tokens).flatten(1, 2)).view(tokens.shape)
        tokens = tokens + self.drop_path(far) + self.drop_path(near)
        out: Tensor = tokens + self.drop_path(self.mlp(self.norm2(tokens)))
        return out
