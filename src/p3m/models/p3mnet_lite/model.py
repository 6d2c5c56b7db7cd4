"""`p3mnet-lite`: the default network."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from p3m.core.errors import ShapeError
from p3m.models.backbones.efficientnet_lite import CHANNELS, EfficientNetLite0
from p3m.models.contract import CLASSES, FOREGROUND, TRANSITION, MattingOutput
from p3m.models.layers import enlarge, refine, single, upsample
from p3m.models.p3mnet_lite.detail import DetailPath
from p3m.models.p3mnet_lite.matting import MattingBlock
from p3m.models.p3mnet_lite.semantic import Context, SemanticBlock
from p3m.models.sides import check_image, check_sides

STRIDE = 32
HIDDEN = 6
"""Features that the matting decoder hands to the detail path."""
COARSE = 2 + HIDDEN
"""Coarse maps: alpha, the probability of transition, and these features."""


class P3MNetLiteBase(nn.Module):
    """One encoder, two decoders, soft fusion; everything at half the input's size or below.

    ==========  ======  ========  =======
    level       stride  semantic  matting
    ==========  ======  ========  =======
    context     32      96
    16          16      64        64
    8           8       48        48
    4           4       32        32
    2           2                 24
    ==========  ======  ========  =======

    Within the context, places attend to each other.

    Attributes:
        encoder: The shared encoder.
        context: The deepest feature, of which dBFI reminds each semantic level.
        semantic: The semantic decoder's blocks, with dBFI in each.
        matting: The matting decoder's blocks, with TFI in each and sBFI in two.
        classify: The head of the three classes.
        estimate: The head of local alpha and of the features for the detail path.
    """

    def __init__(self) -> None:
        super().__init__()
        c2, c4, c8, c16, c32 = CHANNELS
        deep = 96
        self.encoder = EfficientNetLite0()
        self.context = Context(c32, deep)
        self.semantic = nn.ModuleList(
            SemanticBlock(below, encoder, channels, channels_deep=deep)
            for below, encoder, channels in ((deep, c16, 64), (64, c8, 48), (48, c4, 32))
        )
        self.matting = nn.ModuleList(
            MattingBlock(
                below,
                channels,
                channels_semantic=semantic,
                channels_encoder=encoder,
                channels_shallow=c2,
                reduction=reduction,
            )
            for below, channels, semantic, encoder, reduction in (
                (deep, 64, 64, c16, 8),
                (64, 48, 48, c8, 4),
                (48, 32, 32, c4, 2),
                (32, 24, 32, c2, 1),
            )
        )
        self.classify = nn.Conv2d(32, CLASSES, 3, padding=1)
        self.estimate = nn.Conv2d(24, 1 + HIDDEN, 3, padding=1)

    def forward(self, image: Tensor) -> MattingOutput:
        """The network's opinion of a normalised image.

        Args:
            image: Shape (B, 3, H, W), H and W multiples of 32.

        """
        size = (image.shape[-2], image.shape[-1])
        e0, e1, e2, e3, e4 = self.encoder(image)
        deep = self.context(e4)

        feature = deep
        levels, side_logits = [], []
        for block, encoder in zip(self.semantic, (e3, e2, e1), strict=True):
            feature, side = block(feature, encoder, deep)
            levels.append(feature)
            side_logits.append(side)
        logits = upsample(single(self.classify(feature)), 2)
        levels.append(upsample(feature, 2))

        feature = deep
        for block, level, encoder in zip(self.matting, levels, (e3, e2, e1, e0), strict=True):
            feature = block(feature, level, encoder, e0)
        estimate = single(self.estimate(feature))
        local = torch.sigmoid(estimate[:, :1])

        probability = _softmax(logits)
        transition = probability[:, TRANSITION : TRANSITION + 1]
        alpha = probability[:, FOREGROUND : FOREGROUND + 1] + transition * local
        coarse = torch.cat([alpha, transition, estimate[:, 1:]], dim=1)
        return MattingOutput(
            global_logits=upsample(logits, 2),
            local_alpha=upsample(local, 2),
            alpha=upsample(alpha, 2),
            side_logits=tuple(enlarge(side, size) for side in side_logits),
            coarse=coarse,
        )


def _softmax(logits: Tensor) -> Tensor:
    """The softmax over channels as operations on whole planes.

    ONNX Runtime is faster at them than at its own Softmax along an axis that is not the last.

    Args:
        logits: Shape (B, C, H, W).
    """
    powers = (logits - logits.amax(dim=1, keepdim=True)).exp()
    return powers / powers.sum(dim=1, keepdim=True)


class P3MNetLite(nn.Module):
    """P3M-Net's design on EfficientNet-Lite0, with a detail path that runs at any size.

    Li et al., "Privacy-Preserving Portrait Matting", ACM MM 2021. What differs, so that it runs on
    a CPU: strides 2 to 32 in place of 1 to 32; separable convolutions; bilinear upsampling in
    place of max unpooling; encoder features in the semantic decoder too; attention at the deepest
    level; a soft fusion, ``alpha = P(foreground) + P(transition) * local alpha``, so that gradients
    reach the semantic decoder; and the picture's full resolution is met by a small detail path,
    within the transition only.

    Attributes:
        base: Encoder, decoders and fusion, meant for about 0.2 megapixels.
        detail: Brings the alpha to the picture's own resolution.
    """

    def __init__(self) -> None:
        super().__init__()
        self.base = P3MNetLiteBase()
        self.detail = DetailPath(COARSE)

    def forward(self, image: Tensor, *, base_size: tuple[int, int] | None = None) -> MattingOutput:
        """Alpha at the picture's full size, its semantics found at a smaller one.

        Args:
            image: Normalised, shape (B, 3, H, W), H and W multiples of 32.
            base_size: Height and width at which the base runs, multiples of 32, at least a 32nd of
                the image's. None: the image's own.

        Returns:
            As of `P3MNetLiteBase` at ``base_size``, but for ``alpha``, which has the image's size.

        Raises:
            ShapeError: If a size is no multiple of 32, or the base's is too small.
        """
        check_image(image, stride=STRIDE)
        size = (image.shape[-2], image.shape[-1])
        base_size = base_size or size
        check_sides("base_size", base_size, stride=STRIDE)
        enlargement = max(size[0] / base_size[0], size[1] / base_size[1])
        if enlargement > STRIDE:
            raise ShapeError("base_size", base_size, f"at least a 32nd of the image's {size}")
        small = image if base_size == size else F.interpolate(image, base_size, mode="area")
        out: MattingOutput = self.base(small)
        if out.coarse is None:
            raise TypeError("the base of p3mnet-lite always gives coarse maps")
        alpha = refine(self.detail, image, out.coarse, enlargement=enlargement)
        return out._replace(alpha=alpha)
