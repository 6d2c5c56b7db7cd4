"""Swin-T as an encoder: six feature maps at strides 1 to 32, with the indices of its poolings."""

from torch import Tensor, nn

from p3m.models.backbones.contract import Channels, Pyramid
from p3m.models.backbones.drop_path import depth_rates
from p3m.models.backbones.swin.block import SwinBlock
from p3m.models.backbones.swin.windows import SHIFT, lay_windows, mask_regions
from p3m.models.backbones.tokens import (
    MergeFeatures,
    PoolingMerge,
    PoolingStem,
    channels_first,
    init_linear,
)

CHANNELS = Channels(shallow=48, half=96, quarter=96, eighth=192, sixteenth=384, deepest=768)

RELEASED_PX = 512
"""Side of the pictures for which the released network makes its masks."""

_DEPTHS = (2, 2, 6, 2)
_HEADS = (3, 6, 12, 24)


class SwinBlocks(nn.ModuleList):
    """Blocks on maps of one size, in turn plain and shifted.

    Args:
        channels: Channels of a token.
        heads: Heads of the attention.
        released_side: Side of the map for pictures of `RELEASED_PX`, in tokens.
        drop_path: Of each block.
    """

    def __init__(
        self, channels: int, heads: int, *, released_side: int, drop_path: list[float]
    ) -> None:
        super().__init__(
            SwinBlock(
                channels,
                heads,
                shift=SHIFT if index % 2 else 0,
                released_side=released_side,
                drop_path=rate,
            )
            for index, rate in enumerate(drop_path)
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens of the input's shape, (B, H, W, channels)."""
        batch, height, width, _ = tokens.shape
        plain = lay_windows(height, width, device=tokens.device)
        shifted = lay_windows(height, width, shift=SHIFT, device=tokens.device)
        mask = mask_regions(shifted, batch).to(tokens)
        for index, block in enumerate(self):
            tokens = block(tokens, shifted, mask) if index % 2 else block(tokens, plain)
        return tokens


class SwinStage(nn.Module):
    """The last stage.

    Args:
        blocks: Its blocks.
    """

    def __init__(self, blocks: SwinBlocks) -> None:
        super().__init__()
        self.blocks = blocks

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens of the input's shape, (B, H, W, channels)."""
        out: Tensor = self.blocks(tokens)
        return out


class MergingStage(nn.Module):
    """A stage whose map is halved after its blocks, and its channels doubled.

    Args:
        blocks: Its blocks.
        channels: Channels of a token.
    """

    def __init__(self, blocks: SwinBlocks, channels: int) -> None:
        super().__init__()
        self.blocks = blocks
        self.downsample = PoolingMerge(channels, 2 * channels)

    def forward(self, tokens: Tensor) -> MergeFeatures:
        """Tokens for the next stage, and this one's feature, from tokens (B, H, W, channels)."""
        merged: MergeFeatures = self.downsample(self.blocks(tokens))
        return merged


class SwinT(nn.Module):
    """The encoder of `p3mnet-swin-t`: Liu et al., "Swin Transformer", ICCV 2021, size T.

    As changed by Ma et al., "Rethinking Portrait Matting with Privacy Preserving", IJCV 2023: three
    convolutions in place of the projection of 4x4 patches, and 2x2 max-poolings with a linear map
    in place of the concatenation of neighbours, so that the matting decoder can unpool.

    =======  ======  ========  ========================
    feature  stride  channels  made by
    =======  ======  ========  ========================
    E0       1       48        the stem
    half     2       96        the stem
    E1       4       96        two blocks, norm
    E2       8       192       two blocks, norm
    E3       16      384       six blocks, norm
    E4       32      768       two blocks, norm
    =======  ======  ========  ========================

    Args:
        drop_path: Stochastic depth of the last block; it grows linearly from 0 at the first.

    Attributes:
        patch_embed: The stem.
        layers: The four stages.
        norm: After the last stage.
    """

    def __init__(self, *, drop_path: float = 0.2) -> None:
        super().__init__()
        self.patch_embed = PoolingStem(CHANNELS.quarter)
        self.layers = nn.ModuleList()
        for index, rates in enumerate(depth_rates(drop_path, _DEPTHS)):
            channels = CHANNELS[2 + index]
            blocks = SwinBlocks(
                channels, _HEADS[index], released_side=RELEASED_PX >> 2 + index, drop_path=rates
            )
            last = channels == CHANNELS.deepest
            self.layers.append(SwinStage(blocks) if last else MergingStage(blocks, channels))
        self.norm = nn.LayerNorm(CHANNELS.deepest)
        self.apply(init_linear)

    def forward(self, image: Tensor) -> Pyramid:
        """Features of a normalised image of shape (B, 3, H, W), H and W multiples of 32."""
        stage1, stage2, stage3, stage4 = self.layers
        tokens, shallow, half, (indices0, indices1) = self.patch_embed(image)
        tokens, quarter, indices2 = stage1(tokens)
        tokens, eighth, indices3 = stage2(tokens)
        tokens, sixteenth, indices4 = stage3(tokens)
        deepest = channels_first(self.norm(stage4(tokens)))
        indices = (indices0, indices1, indices2, indices3, indices4)
        return Pyramid(shallow, half, quarter, eighth, sixteenth, deepest, indices)
