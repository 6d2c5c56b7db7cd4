"""What an encoder of the P3M-Net family hands to the decoders."""

from typing import NamedTuple

from torch import Tensor


class Channels(NamedTuple):
    """How many channels an encoder has at each stride.

    Attributes:
        shallow: At stride 1.
        half: At stride 2.
        quarter: At stride 4.
        eighth: At stride 8.
        sixteenth: At stride 16.
        deepest: At stride 32.
    """

    shallow: int
    half: int
    quarter: int
    eighth: int
    sixteenth: int
    deepest: int


class Pyramid(NamedTuple):
    """An encoder's features of B pictures of H by W pixels, as the decoders use them.

    Of the full-size feature E0, only the maxima of 2x2 windows are kept: they are all that sBFI
    ever looks at. At 64 channels E0 itself takes ``256 * H * W`` bytes, more than all else here.

    Attributes:
        shallow: E0, each 2x2 pixels by their maximum: (B, shallow, H / 2, W / 2).
        half: (B, half, H / 2, W / 2).
        quarter: E1, (B, quarter, H / 4, W / 4).
        eighth: E2, (B, eighth, H / 8, W / 8).
        sixteenth: E3, (B, sixteenth, H / 16, W / 16).
        deepest: E4, (B, deepest, H / 32, W / 32).
        indices: Where each of the five poolings found its maxima, the first at full size first; of
            the shapes of their results.
    """

    shallow: Tensor
    half: Tensor
    quarter: Tensor
    eighth: Tensor
    sixteenth: Tensor
    deepest: Tensor
    indices: tuple[Tensor, Tensor, Tensor, Tensor, Tensor]
