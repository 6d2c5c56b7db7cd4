"""The semantic decoder's blocks: where is background, transition, foreground?"""

from torch import nn

from p3m.models.p3mnet.stack import conv_stack


class SemanticBlock(nn.Sequential):
    """Three convolutions, then twice the size by bilinear interpolation.

    Li et al., "Privacy-Preserving Portrait Matting", ACM MM 2021: a block of the semantic decoder.

    Args:
        channels_in: Channels of the input.
        channels_out: Channels of the result.
        narrow_first: Whether the first convolution already has ``channels_out`` channels; else
            only the last has.
        last: Whether this is the last block, whose last convolution has no norm and no activation.
    """

    def __init__(
        self, channels_in: int, channels_out: int, *, narrow_first: bool, last: bool = False
    ) -> None:
        inner = channels_out if narrow_first else channels_in
        stack = conv_stack((channels_in, inner, inner, channels_out))
        super().__init__(
            *(stack[:-2] if last else stack),
            nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False),
        )
