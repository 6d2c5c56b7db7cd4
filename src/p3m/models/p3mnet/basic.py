"""`p3m-basic`: the paper's two decoders without the modules that join them."""

from torch import Tensor, nn

from p3m.models.backbones.resnet34_mp import CHANNELS, ResNet34MaxPool
from p3m.models.contract import CLASSES, MattingOutput
from p3m.models.p3mnet.fusion import fuse
from p3m.models.p3mnet.matting import MattingBlock, unpool
from p3m.models.p3mnet.model import MIN_SIDE_PX, STRIDE
from p3m.models.p3mnet.semantic import SemanticBlock
from p3m.models.sides import check_image


class P3MBasic(nn.Module):
    """P3M-Net without TFI, sBFI and dBFI: what the modules are measured against.

    Li et al., "Privacy-Preserving Portrait Matting", ACM MM 2021: the ablation's BASIC. Encoder,
    blocks, unpooling and fusion are those of `P3MNet`.

    Attributes:
        encoder: ResNet-34 with max-pooling.
        semantic: The semantic decoder's blocks, from stride 32 to 1.
        matting: The matting decoder's blocks, likewise.
        estimate: The head of local alpha.

    Note:
        No code and no weights of the ablation were published. Here TFI gives way to a plain skip
        connection: the encoder's feature is added to the unpooled one, at the same four levels.
        dBFI takes its side heads with it, so ``side_logits`` is empty.
    """

    def __init__(self) -> None:
        super().__init__()
        shallow, half, quarter, eighth, sixteenth, deepest = CHANNELS
        self.encoder = ResNet34MaxPool()
        self.semantic = nn.Sequential(
            SemanticBlock(deepest, sixteenth, narrow_first=False),
            SemanticBlock(sixteenth, eighth, narrow_first=False),
            SemanticBlock(eighth, quarter, narrow_first=False),
            SemanticBlock(quarter, half, narrow_first=False),
            SemanticBlock(half, CLASSES, narrow_first=False, last=True),
        )
        self.matting = nn.ModuleList(
            [
                MattingBlock(deepest, sixteenth, narrow_first=False),
                MattingBlock(sixteenth, eighth, narrow_first=False),
                MattingBlock(eighth, quarter, narrow_first=False),
                MattingBlock(quarter, half, narrow_first=False),
                MattingBlock(half, shallow, narrow_first=False, last=True),
            ]
        )
        self.estimate = nn.Conv2d(shallow, 1, 3, padding=1)

    def forward(self, image: Tensor) -> MattingOutput:
        """The network's opinion of a normalised image.

        Args:
            image: Shape (B, 3, H, W), H and W multiples of 32.

        Returns:
            All maps at the picture's size; there are no ``side_logits``.

        Raises:
            ShapeError: If a side is no multiple of 32.
        """
        check_image(image, stride=STRIDE, min_side_px=MIN_SIDE_PX)
        _, half, e1, e2, e3, e4, (id0, id1, id2, id3, id4) = self.encoder(image)
        global_logits = self.semantic(e4)

        block4, block3, block2, block1, block0 = self.matting
        local = unpool(block4(e4), id4) + e3
        local = unpool(block3(local), id3) + e2
        local = unpool(block2(local), id2) + e1
        local = unpool(block1(local), id1) + half
        local_alpha = self.estimate(unpool(block0(local), id0)).sigmoid()

        alpha = fuse(global_logits, local_alpha)
        return MattingOutput(global_logits, local_alpha, alpha, ())
