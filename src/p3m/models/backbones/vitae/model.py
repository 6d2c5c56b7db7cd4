"""ViTAE-S as an encoder: six feature maps at strides 1 to 32, with the indices of its poolings."""

from pathlib import Path

from torch import Tensor, nn

from p3m.models.backbones.contract import Channels, Pyramid
from p3m.models.backbones.drop_path import depth_rates
from p3m.models.backbones.tokens import (
    MergeFeatures,
    PoolingMerge,
    PoolingStem,
    StemFeatures,
    channels_first,
    init_linear,
)
from p3m.models.backbones.vitae.attention import KernelAttention
from p3m.models.backbones.vitae.cell import NormalCell
from p3m.models.layers import Attention
from p3m.models.state import load_state, read_state

CHANNELS = Channels(shallow=32, half=64, quarter=64, eighth=128, sixteenth=256, deepest=512)

_DEPTHS = (2, 2, 12, 2)
_HEADS = (1, 2, 4, 8)
_GROUPS = (1, 32, 64, 128)
_CLASSES = 1000


class VitaeStage(nn.Module):
    """What brings the map to its size, and the cells that work on it.

    Attributes:
        RC: The stem or the merging, in the place of ViTAE's reduction cell.
        NC: The normal cells.

    Args:
        reduction: The stem or the merging.
        cells: The normal cells.
    """

    def __init__(self, reduction: PoolingStem | PoolingMerge, cells: list[NormalCell]) -> None:
        super().__init__()
        self.RC = reduction
        self.NC = nn.Sequential(*cells)

    def forward(self, inputs: Tensor) -> StemFeatures | MergeFeatures:
        """What the reduction gives of a picture or of tokens, its tokens worked on by the cells."""
        reduced: StemFeatures | MergeFeatures = self.RC(inputs)
        return reduced._replace(tokens=self.NC(reduced.tokens))


class VitaeS(nn.Module):
    """The encoder of `p3mnet-vitae-s`: Xu et al., "ViTAE", NeurIPS 2021, size S in four stages.

    As changed by Ma et al., "Rethinking Portrait Matting with Privacy Preserving", IJCV 2023: in
    place of the reduction cells, three convolutions at the beginning and 2x2 max-poolings with a
    linear map later, so that the matting decoder can unpool. The first stage attends by random
    features, the others exactly.

    =======  ======  ========  =====================
    feature  stride  channels  made by
    =======  ======  ========  =====================
    E0       1       32        the stem
    half     2       64        the stem
    E1       4       64        two cells, norm
    E2       8       128       two cells, norm
    E3       16      256       twelve cells, norm
    E4       32      512       two cells
    =======  ======  ========  =====================

    Args:
        drop_path: Stochastic depth of the last cell; it grows linearly from 0 at the first.

    Attributes:
        layers: The four stages.
        head: The ImageNet classifier, part of the published weights, never run.

    Note:
        For a ``drop_path`` over 0 the released code counts the cells of the last two stages from
        the wrong beginning, so that its rates do not grow through the whole depth; its default is
        0, as ours.
    """

    def __init__(self, *, drop_path: float = 0.0) -> None:
        super().__init__()
        rates = depth_rates(drop_path, _DEPTHS)
        self.layers = nn.ModuleList(
            VitaeStage(_reduction(index), _cells(index, rates[index]))
            for index in range(len(_DEPTHS))
        )
        # Without gradients, for processes that train together wait for those of all the rest.
        self.head = nn.Linear(CHANNELS.deepest, _CLASSES).requires_grad_(requires_grad=False)
        self.apply(init_linear)

    def forward(self, image: Tensor) -> Pyramid:
        """Features of a normalised image of shape (B, 3, H, W), H and W multiples of 32."""
        stage1, stage2, stage3, stage4 = self.layers
        tokens, shallow, half, (indices0, indices1) = stage1(image)
        tokens, quarter, indices2 = stage2(tokens)
        tokens, eighth, indices3 = stage3(tokens)
        tokens, sixteenth, indices4 = stage4(tokens)
        deepest = channels_first(tokens)
        indices = (indices0, indices1, indices2, indices3, indices4)
        return Pyramid(shallow, half, quarter, eighth, sixteenth, deepest, indices)


def load_imagenet(network: nn.Module, path: Path) -> None:
    """Loads ImageNet weights from a file of the user's.

    Args:
        network: A `VitaeS`; takes the weights, in place.
        path: Its tensors alone, such as those under ``state_dict_ema`` in the P3M authors'
            ``vitae_pretrained_ckpt.pth.tar``.

    Raises:
        InputError: If there is no such file.
        WeightsError: If it is damaged or does not fit.
    """
    load_state(network, read_state(path))


def _reduction(stage: int) -> PoolingStem | PoolingMerge:
    channels = CHANNELS[2 + stage]
    return PoolingMerge(CHANNELS[1 + stage], channels) if stage else PoolingStem(channels)


def _cells(stage: int, drop_path: list[float]) -> list[NormalCell]:
    channels = CHANNELS[2 + stage]
    return [
        NormalCell(
            channels,
            Attention(channels, _HEADS[stage]) if stage else KernelAttention(channels, seed=index),
            groups=_GROUPS[stage],
            drop_path=rate,
        )
        for index, rate in enumerate(drop_path)
    ]
