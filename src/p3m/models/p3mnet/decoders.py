"""The figure of P3M-Net from the encoder's features on: two decoders and what joins them."""

import torch
from torch import nn

from p3m.models.backbones.contract import Channels, Pyramid
from p3m.models.contract import CLASSES, MattingOutput
from p3m.models.p3mnet.dbfi import DeepBipartiteIntegration
from p3m.models.p3mnet.fusion import fuse
from p3m.models.p3mnet.matting import MattingBlock, unpool
from p3m.models.p3mnet.sbfi import ShallowBipartiteIntegration
from p3m.models.p3mnet.semantic import SemanticBlock
from p3m.models.p3mnet.tfi import TripartiteIntegration


class Decoders(nn.Module):
    """Semantic decoder, matting decoder, and the modules by which they and the encoder meet.

    Li et al., "Privacy-Preserving Portrait Matting", ACM MM 2021, and Ma et al., "Rethinking
    Portrait Matting with Privacy Preserving", IJCV 2023. Attributes are named as in the published
    weights, so a network has these as its own or under ``decoder``.

    Attributes:
        decoder4_g: Block of the semantic (global) decoder, from stride 32 to 16; so on to
            ``decoder0_g``, from stride 2 to 1.
        decoder4_l: Block of the matting (local) decoder; so on to ``decoder0_l``.
        decoder_final_g: Head of the three classes, where ``decoder0_g`` does not end in one.
        decoder_final_l: Head of local alpha.
        tfi_3: TFI at stride 16; so on to ``tfi_0`` at stride 2.
        sbfi_2: sBFI at stride 8; so on to ``sbfi_0`` at stride 2.
        dbfi_2: dBFI at stride 8; so on to ``dbfi_0`` at stride 2.

    Args:
        channels: Of the encoder.
        narrow_first: How a block narrows: by its first convolution, and with a head of its own for
            the classes, as in the transformer variants of 2023; or by its last, as in 2021.
    """

    def __init__(self, channels: Channels, *, narrow_first: bool) -> None:
        super().__init__()
        shallow, half, quarter, eighth, sixteenth, deepest = channels
        self.tfi_3 = TripartiteIntegration(sixteenth)
        self.tfi_2 = TripartiteIntegration(eighth)
        self.tfi_1 = TripartiteIntegration(quarter)
        self.tfi_0 = TripartiteIntegration(half)
        self.sbfi_2 = ShallowBipartiteIntegration(eighth, shallow, reduction=8)
        self.sbfi_1 = ShallowBipartiteIntegration(quarter, shallow, reduction=4)
        self.sbfi_0 = ShallowBipartiteIntegration(half, shallow, reduction=2)
        self.dbfi_2 = DeepBipartiteIntegration(eighth, deepest, enlargement=4)
        self.dbfi_1 = DeepBipartiteIntegration(quarter, deepest, enlargement=8)
        self.dbfi_0 = DeepBipartiteIntegration(half, deepest, enlargement=16)

        def semantic(channels_in: int, channels_out: int, *, last: bool = False) -> SemanticBlock:
            return SemanticBlock(channels_in, channels_out, narrow_first=narrow_first, last=last)

        def matting(channels_in: int, channels_out: int, *, last: bool = False) -> MattingBlock:
            return MattingBlock(channels_in, channels_out, narrow_first=narrow_first, last=last)

        self.decoder4_g = semantic(deepest, sixteenth)
        self.decoder3_g = semantic(sixteenth, eighth)
        self.decoder2_g = semantic(eighth, quarter)
        self.decoder1_g = semantic(quarter, half)
        self.decoder0_g = semantic(half, shallow if narrow_first else CLASSES, last=True)
        self.decoder_final_g = (
            nn.Conv2d(shallow, CLASSES, 3, padding=1) if narrow_first else nn.Identity()
        )
        self.decoder4_l = matting(deepest, sixteenth)
        self.decoder3_l = matting(sixteenth, eighth)
        self.decoder2_l = matting(eighth, quarter)
        self.decoder1_l = matting(quarter, half)
        self.decoder0_l = matting(half, shallow, last=True)
        self.decoder_final_l = nn.Conv2d(shallow, 1, 3, padding=1)

    def decode(self, pyramid: Pyramid) -> MattingOutput:
        """What the picture shows, by the encoder's features of it."""
        shallow, half, e1, e2, e3, e4, (id0, id1, id2, id3, id4) = pyramid

        g4 = self.decoder4_g(e4)
        g3 = self.decoder3_g(g4)
        joined, side2 = self.dbfi_2(g3, e4)
        g2 = self.decoder2_g(joined)
        joined, side1 = self.dbfi_1(g2, e4)
        g1 = self.decoder1_g(joined)
        joined, side0 = self.dbfi_0(g1, e4)
        global_logits = self.decoder_final_g(self.decoder0_g(joined))

        local = self.tfi_3(g4, unpool(self.decoder4_l(e4), id4), e3)
        local = self.tfi_2(g3, unpool(self.decoder3_l(local), id3), e2)
        local = self.sbfi_2(local, shallow)
        local = self.tfi_1(g2, unpool(self.decoder2_l(local), id2), e1)
        local = self.sbfi_1(local, shallow)
        local = self.tfi_0(g1, unpool(self.decoder1_l(local), id1), half)
        local = self.sbfi_0(local, shallow)
        local = unpool(self.decoder0_l(local), id0)
        local_alpha = torch.sigmoid(self.decoder_final_l(local))

        alpha = fuse(global_logits, local_alpha)
        return MattingOutput(global_logits, local_alpha, alpha, (side2, side1, side0))
