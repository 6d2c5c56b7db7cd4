"""`p3mnet-swin-t` and `p3mnet-vitae-s`: P3M-Net on transformer encoders, as published."""

from torch import Tensor, nn

from p3m.models.backbones.contract import Channels
from p3m.models.backbones.swin.model import CHANNELS as SWIN_CHANNELS
from p3m.models.backbones.swin.model import SwinT
from p3m.models.backbones.vitae.model import CHANNELS as VITAE_CHANNELS
from p3m.models.backbones.vitae.model import VitaeS
from p3m.models.contract import MattingOutput
from p3m.models.p3mnet.decoders import Decoders
from p3m.models.sides import check_image

STRIDE = 32
MIN_SIDE_PX = 32


class EncoderDecoder(nn.Module):
    """P3M-Net of 2023: Ma et al., "Rethinking Portrait Matting with Privacy Preserving", IJCV.

    The figure is that of 2021; encoder and decoders are two modules, the decoders narrow the
    features at once, and the classes have a head of their own.

    Args:
        encoder: Gives a `Pyramid` of a picture.
        channels: Its channels.

    Attributes:
        encoder: The encoder.
        decoder: Both decoders and the modules that join them.
    """

    def __init__(self, encoder: SwinT | VitaeS, channels: Channels) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = Decoders(channels, narrow_first=True)

    def forward(self, image: Tensor) -> MattingOutput:
        """The network's opinion of a normalised image.

        Args:
            image: Shape (B, 3, H, W), H and W multiples of 32.

        Returns:
            All maps at the picture's size; ``side_logits`` are those of dBFI at strides 8, 4, 2.

        Raises:
            ShapeError: If a side is no multiple of 32.
        """
        check_image(image, stride=STRIDE, min_side_px=MIN_SIDE_PX)
        return self.decoder.decode(self.encoder(image))


def p3mnet_swin_t() -> EncoderDecoder:
    """P3M-Net(Swin-T) with fresh weights."""
    return EncoderDecoder(SwinT(), SWIN_CHANNELS)


def p3mnet_vitae_s() -> EncoderDecoder:
    """P3M-Net(ViTAE-S) with fresh weights."""
    return EncoderDecoder(VitaeS(), VITAE_CHANNELS)
