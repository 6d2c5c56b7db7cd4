"""A training step for networks of one scale: crops in, the objective of P3M-Net out."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any, Literal

from torch import Tensor, nn

from p3m.losses.objective import LossTerms, MattingTarget, P3MObjective
from p3m.ops.normalize import IMAGENET_MEAN, IMAGENET_STD, normalize, to_planes

_UNKNOWN, _FOREGROUND = 128, 255

Batch = Mapping[str, Any]
"""Tensors by name, and perhaps the pictures' names."""


class CropStep:
    """A batch's loss: the network's outputs for its crops, compared with the truth.

    Args:
        objective: The loss.
        mean: What is subtracted from red, green and blue in [0, 1].
        std: What the difference is divided by.
        composed: What the composition is compared with: the picture itself, as in the paper, or the
            composition under the true alpha, which is right where pictures were degraded.
        change: Makes another batch of a batch before the network sees it, such as
            `p3m.training.copy_paste.ImageCopyPaste`.
        during: A context for the network's forward pass, such as that of
            `p3m.training.copy_paste.FeatureCopyPaste`.
    """

    def __init__(
        self,
        objective: P3MObjective,
        *,
        mean: tuple[float, float, float] = IMAGENET_MEAN,
        std: tuple[float, float, float] = IMAGENET_STD,
        composed: Literal["image", "layers"] = "image",
        change: Callable[[Batch], Batch] = lambda batch: batch,
        during: Callable[[nn.Module, Batch], AbstractContextManager[None]] = lambda *_: (
            nullcontext()
        ),
    ) -> None:
        self._objective = objective
        self._mean = mean
        self._std = std
        self._composed = composed
        self._change = change
        self._during = during

    def __call__(self, model: nn.Module, batch: Batch, step: int) -> LossTerms:  # noqa: ARG002
        """The loss of a batch of samples as `p3m.data.crops` makes them.

        Args:
            model: From a normalised picture to a `MattingOutput`.
            batch: uint8 tensors: image (B, S, S, 3), alpha and trimap (B, S, S); foreground and
                background (B, S, S, 3) where the composition counts.
            step: The step's number, on which nothing depends: samples come drawn.
        """
        batch = self._change(batch)
        target = matting_target(batch)
        with self._during(model, batch):
            output = model(normalize(target.image, mean=self._mean, std=self._std))
        if self._composed == "layers":
            target = _composed_of_layers(target)
        return self._objective(output, target)


def matting_target(batch: Batch) -> MattingTarget:
    """The truth of a batch, as the objective takes it.

    Args:
        batch: As `CropStep` takes it.
    """
    trimap: Tensor = batch["trimap"][:, None]
    layers = {
        name: to_planes(batch[name]) for name in ("foreground", "background") if name in batch
    }
    return MattingTarget(
        alpha=to_planes(batch["alpha"][..., None]),
        trimap=(trimap > 0).long() + (trimap == _FOREGROUND).long(),
        image=to_planes(batch["image"]),
        unknown=trimap == _UNKNOWN,
        **layers,
    )


def _composed_of_layers(target: MattingTarget) -> MattingTarget:
    """The target whose picture is the composition under the true alpha, where there are layers."""
    foreground, background = target.foreground, target.background
    if foreground is None or background is None:
        return target
    return replace(target, image=background + target.alpha * (foreground - background))
