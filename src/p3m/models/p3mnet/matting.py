"""The matting decoder's blocks: what is alpha within the transition?"""

from torch import Tensor, nn

from p3m.models.layers import max_unpool
from p3m.models.p3mnet.stack import conv_stack


class MattingBlock(nn.Sequential):
    """Three convolutions, two in the last block; what they give is unpooled afterwards.

    Li et al., "Privacy-Preserving Portrait Matting", ACM MM 2021: a block of the matting decoder.

    Args:
        channels_in: Channels of the input.
        channels_out: Channels of the result.
        narrow_first: Whether the first convolution already has ``channels_out`` channels; else
            only the last has.
        last: Whether this is the last block.
    """

    def __init__(
        self, channels_in: int, channels_out: int, *, narrow_first: bool, last: bool = False
    ) -> None:
        inner = channels_out if narrow_first else channels_in
        widths = (channels_in, inner, inner, channels_out)
        super().__init__(*conv_stack(widths[:2] + widths[3:] if last else widths))


def unpool(features: Tensor, indices: Tensor) -> Tensor:
    """Twice the size: each value where the encoder's pooling found its maximum, zero elsewhere.

    Args:
        features: Shape (B, C, H, W).
        indices: Of the encoder's pooling, shape (B, C, H, W).

    Returns:
        Shape (B, C, 2 * H, 2 * W).
    """
    return max_unpool(features, indices, (2 * features.shape[-2], 2 * features.shape[-1]))
