"""Scores a network of two scales during training: new people, with hidden and visible faces."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from p3m.data.composite_settings import CompositeSettings
from p3m.data.composites import CompositeDataset
from p3m.data.foregrounds import ForegroundCache
from p3m.data.portraits import Background, Portrait
from p3m.imaging.depth import dequantize
from p3m.imaging.types import Alpha, Image, Mask
from p3m.ops.normalize import normalize, to_planes
from p3m.pipelines.obfuscate import obfuscate_randomly
from p3m.pipelines.scorer import Scorer

_BASE_SIDE = 512  # about the area that the network is meant to work at
_SEED = 20_000


def validator(
    portraits: Sequence[Portrait],
    backgrounds: Sequence[Background],
    foregrounds: ForegroundCache,
    settings: CompositeSettings,
    *,
    faces: Sequence[str],
    count: int,
    photos: bool,
) -> Scorer:
    """Scores networks on people and scenes that they were never trained on.

    Args:
        portraits: Whom to show.
        backgrounds: What to show them before.
        foregrounds: Their colours, prepared.
        settings: How samples are made.
        faces: The columns of composites: ``obfuscated``, ``normal`` or both.
        count: How many pictures each column has.
        photos: Whether there are as many columns again, of people before their own backgrounds:
            ``photos-obfuscated`` and ``photos-normal``.

    Returns:
        For a `TwoScale` network. Hidden and visible columns of a kind have the same pictures but
        for the faces; photos show the same people, otherwise placed and lit.
    """
    kinds = ("", "photos-") if photos else ("",)

    def column(*, natural: bool, hidden: bool) -> _Samples:
        return _Samples(
            CompositeDataset(
                portraits,
                [1.0] * len(portraits),
                backgrounds,
                foregrounds,
                CompositeSettings(
                    side_px=settings.side_px,
                    natural=float(natural),
                    empty=0.0,
                    company=0.0,
                    guest=0.0,
                    touched=0.0,
                    held=0.0,
                    covered=0.0,
                    turned=0.0,
                    bent=0.0,
                    dressed=0.0,
                    soft=0.0,
                    kept_mb=settings.kept_mb // (len(faces) * len(kinds)),
                ),
                seed=_SEED,
                length=count,
                obfuscate=_obfuscate_aside if hidden else None,
            )
        )

    columns = {
        f"{kind}{shown}": column(natural=bool(kind), hidden=shown == "obfuscated")
        for kind in kinds
        for shown in faces
    }
    return Scorer(columns, predict_square)


def predict_square(model: nn.Module, image: Image) -> Alpha:
    """The alpha of a square picture, seen small and, as one window, at full size.

    Args:
        model: A `TwoScale` in eval mode.
        image: Shape (S, S, 3), S even.
    """
    device = next(model.parameters()).device
    planes = normalize(to_planes(torch.from_numpy(image)[None].to(device)))
    with torch.inference_mode():
        output = model(planes, _BASE_SIDE, [(0, 0)], image.shape[0])
    alpha: Alpha = output.window_alpha[0, 0].float().cpu().numpy()
    return alpha


def _obfuscate_aside(image: Image, alpha: Alpha, faces: Mask, rng: np.random.Generator) -> Image:
    """Hides faces by draws of its own, so that all else is drawn as for visible ones."""
    return obfuscate_randomly(image, alpha, faces, rng.spawn(1)[0])


class _Samples:
    """The pictures and alphas of some samples."""

    def __init__(self, samples: CompositeDataset) -> None:
        self._samples = samples

    def __len__(self) -> int:
        return len(self._samples)

    def __getitem__(self, number: int) -> tuple[Image, Alpha]:
        sample = self._samples[number]
        return sample["image"], dequantize(sample["alpha"])
