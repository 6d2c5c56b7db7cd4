"""`p3mnet-r34`: P3M-Net on ResNet-34, as published."""

from torch import Tensor, nn

from p3m.models.backbones.resnet34_mp import CHANNELS, ResNet34MaxPool
from p3m.models.contract import MattingOutput
from p3m.models.p3mnet.decoders import Decoders
from p3m.models.sides import check_image

STRIDE = 32
MIN_SIDE_PX = 32

_IMAGENET_CLASSES = 1000


class P3MNet(Decoders):
    """P3M-Net on a ResNet-34 that pools: Li et al., "Privacy-Preserving Portrait Matting", 2021.

    The published checkpoints load as they are. They list the encoder's tensors twice, once as the
    ResNet's and once as the levels', and with them a classifier that never runs; so does this
    network's state.

    ===========  ======  ========  ========  ========
    level        stride  encoder   semantic  matting
    ===========  ======  ========  ========  ========
    deepest      32      E4 512
    sixteenth    16      E3 256    256       256
    eighth       8       E2 128    128       128
    quarter      4       E1 64     64        64
    half         2       64        64        64
    full         1       E0 64     3         64, then 1
    ===========  ======  ========  ========  ========

    Attributes:
        resnet: The encoder, with its unused classifier ``fc``, which gets no gradient.
        encoder0: The encoder's stem once more; so on to ``encoder4``, its last stage.
    """

    def __init__(self) -> None:
        super().__init__(CHANNELS, narrow_first=False)
        self.resnet = ResNet34MaxPool(classes=_IMAGENET_CLASSES)
        self.encoder0 = nn.Sequential(self.resnet.conv1, self.resnet.bn1)
        self.encoder1 = nn.Sequential(self.resnet.layer1)
        self.encoder2 = self.resnet.layer2
        self.encoder3 = self.resnet.layer3
        self.encoder4 = self.resnet.layer4

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
        return self.decode(self.resnet(image))
