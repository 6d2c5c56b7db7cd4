"""Scores a network of two scales during training: new people, new scenes, faces hidden and not."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from p3m.data.composites import CompositeDataset, CompositeSettings, Sample
from p3m.data.foregrounds import ForegroundCache
from p3m.data.portraits import Background, Portrait
from p3m.imaging.depth import dequantize
from p3m.metrics.absolute import mad
from p3m.ops.normalize import normalize
from p3m.pipelines.obfuscate import obfuscate_randomly
from p3m.training.two_scale import to_planes

Score = Callable[[nn.Module], tuple[dict[str, float], NDArray[np.uint8]]]

_COUNT = 40
_PANEL = 6
_BASE_SIDE = 320
_SEED = 20_000


def validator(
    portraits: Sequence[Portrait],
    backgrounds: Sequence[Background],
    foregrounds: ForegroundCache,
    settings: CompositeSettings,
) -> Score:
    """A function that scores a network on composites of people and scenes it was never trained on.

    Args:
        portraits: Whom to show.
        backgrounds: What to show them before.
        foregrounds: Their colours, prepared.
        settings: How samples are made; all of them are composites.

    Returns:
        From a `TwoScale` network to ``obfuscated/mad`` and ``normal/mad`` over the same pictures,
        and a panel of pictures and alphas.
    """
    dataset = {
        faces: CompositeDataset(
            portraits,
            [1.0] * len(portraits),
            backgrounds,
            foregrounds,
            CompositeSettings(side_px=settings.side_px, natural=0.0, empty=0.0),
            seed=_SEED,
            length=_COUNT,
            obfuscate=obfuscate_randomly if faces == "obfuscated" else None,
        )
        for faces in ("obfuscated", "normal")
    }

    def score(model: nn.Module) -> tuple[dict[str, float], NDArray[np.uint8]]:
        model.eval()
        scores: dict[str, float] = {}
        rows: list[NDArray[np.uint8]] = []
        for faces, samples in dataset.items():
            errors = []
            for index in range(_COUNT):
                sample = samples[index]
                alpha = _alpha(model, sample)
                errors.append(mad(alpha, dequantize(sample["alpha"])))
                if index < _PANEL:
                    rows.append(_row(sample, alpha))
            scores[f"{faces}/mad"] = float(np.mean(errors))
        return scores, np.concatenate(rows, axis=0)

    return score


def _alpha(model: nn.Module, sample: Sample) -> NDArray[np.float32]:
    parameter = next(model.parameters())
    image = torch.from_numpy(sample["image"])[None].to(parameter.device)
    side = sample["image"].shape[0]
    with torch.inference_mode():
        output = model(normalize(to_planes(image)), _BASE_SIDE, [(0, 0)], side)
    alpha: NDArray[np.float32] = output.window_alpha[0, 0].float().cpu().numpy()
    return alpha


def _row(sample: Sample, alpha: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Picture, alpha and truth beside each other, at half size."""
    grey = np.stack([np.rint(alpha * 255).astype(np.uint8), sample["alpha"]])
    images = [sample["image"], *(one[..., None].repeat(3, axis=2) for one in grey)]
    return np.concatenate([image[::2, ::2] for image in images], axis=1)
