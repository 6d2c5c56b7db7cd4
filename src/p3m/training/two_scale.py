"""A training step for networks of two scales: the picture small, a window of it at full size."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, cast

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from p3m.core.checks import check_setting
from p3m.core.errors import ConfigError
from p3m.losses.alpha import alpha_l1
from p3m.losses.laplacian import laplacian_loss
from p3m.losses.objective import LossTerms, MattingTarget, P3MObjective
from p3m.models.contract import MattingOutput
from p3m.models.layers import refine
from p3m.ops.morphology import trimap_classes
from p3m.ops.normalize import normalize, to_planes
from p3m.training.distillation import Regressor, distillation_loss, listening
from p3m.training.hardest import take_hardest

Corner = tuple[int, int]

CORNER_MULTIPLE = 8
"""What the corners of windows are multiples of, so that they fit halved pictures, too."""

BASE_MULTIPLE = 32
"""What the sides of small pictures are multiples of: the network's stride."""

_WINDOW = 1


class TwoScaleModel(Protocol):
    """A network with a base for the whole picture and a detail path for windows."""

    @property
    def base(self) -> nn.Module: ...  # noqa: D102
    @property
    def detail(self) -> nn.Module: ...  # noqa: D102


class TwoScaleOutput(NamedTuple):
    """What the network says about a batch.

    Attributes:
        base: Its opinion of the small picture.
        window_alpha: The alpha of each window, shape (B, 1, h, h).
        told: What its features tell of a teacher's, as `Regressor` gives it; empty without one.
    """

    base: MattingOutput
    window_alpha: Tensor
    told: tuple[Tensor, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoScaleSettings:
    """Sizes of the two scales.

    Attributes:
        base_sides_px: Sides at which the whole picture is seen; one is drawn for each step.
        window_px: Side of the full-size window that the detail path is trained on; a multiple of
            `CORNER_MULTIPLE`.
        trimap_share: The transition reaches this share of the small picture's side, at least and
            at most.
        detail: Weight of the window's loss.
        hardest: Share of what is computed at once that is learned from, above 0: the samples that
            `p3m.training.hardest` takes. 1 learns from all; less goes with one process only.
        distillation: Weight of `p3m.training.distillation`: what the encoder's two deepest
            features do not tell of those that ImageNet's own encoder has for the sample before its
            last change of light and all loss of quality, at half its side. 0 does without; more
            does not go with ``training.compile``.
    """

    base_sides_px: tuple[int, ...] = (192, 256, 320)
    window_px: int = 224
    trimap_share: tuple[float, float] = (0.02, 0.035)
    detail: float = 3.0
    hardest: float = 1.0
    distillation: float = 0.0

    def __post_init__(self) -> None:
        if not self.base_sides_px:
            raise ConfigError("scales.base_sides_px is empty; name one side at least.")
        for side in self.base_sides_px:
            check_setting("scales.base_sides_px", side, BASE_MULTIPLE, multiple=BASE_MULTIPLE)
        check_setting("scales.window_px", self.window_px, CORNER_MULTIPLE, multiple=CORNER_MULTIPLE)
        least, most = self.trimap_share
        check_setting("scales.trimap_share", least, 0.0, most)
        check_setting("scales.trimap_share", most, least, 1.0)
        check_setting("scales.detail", self.detail, 0.0)
        if not 0 < self.hardest <= 1:
            raise ConfigError(f"scales.hardest is {self.hardest}; it must be above 0, at most 1.")
        if self.distillation < 0:
            raise ConfigError(
                f"scales.distillation is {self.distillation}; it must not be below 0."
            )


class TwoScale(nn.Module):
    """Runs both parts of a network in one forward pass, as distributed training needs it.

    Args:
        model: The network.
        regressor: From the encoder's features to a teacher's; None: nobody asks for them.
    """

    def __init__(self, model: TwoScaleModel, regressor: Regressor | None = None) -> None:
        super().__init__()
        self.base = model.base
        self.detail = model.detail
        self.regressor = regressor

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Compiles the parts, not the cut between them: for each new window it would start over.

        Args:
            *args: As ``torch.compile`` takes them.
            **kwargs: Likewise.
        """
        self.base.compile(*args, **kwargs)
        self.detail.compile(*args, **kwargs)

    def forward(
        self, image: Tensor, base_side: int, corners: list[Corner], window_px: int
    ) -> TwoScaleOutput:
        """Both scales of a batch.

        Args:
            image: Normalised pictures, shape (B, 3, S, S).
            base_side: Side of the small picture.
            corners: Top and left of each picture's window, multiples of `CORNER_MULTIPLE`.
            window_px: Side of the windows.

        Returns:
            The window's alpha is refined from the smallest halving of the picture that is not
            larger than twice the small picture's side, halving by halving, as
            `p3m.inference.strategy.Tiled` does.
        """
        small = F.interpolate(image, (base_side, base_side), mode="area")
        out, told = self._look(small)
        if out.coarse is None:
            raise TypeError("a network of two scales gives coarse maps")
        side = image.shape[-1]

        def window(maps: Tensor) -> Tensor:
            """The windows of maps as large as the picture or one of its halvings."""
            factor = side // maps.shape[-1]
            places = [(top // factor, left // factor) for top, left in corners]
            return crop(maps, places, window_px // factor)

        alpha = refine(self.detail, image, out.coarse, enlargement=side / base_side, cut=window)
        return TwoScaleOutput(out, alpha, told)

    def _look(self, small: Tensor) -> tuple[MattingOutput, tuple[Tensor, ...]]:
        if self.regressor is None:
            return self.base(small), ()
        with listening(self.base.get_submodule("encoder")) as heard:
            out = self.base(small)
        return out, self.regressor(heard[0])


class TwoScaleStep:
    """A batch's loss: the paper's objective on the small picture, L1 and Laplacian on the window.

    Args:
        objective: The loss of the small picture.
        settings: Sizes and weights.
        seed: Decides sizes together with the step's number, and windows with the samples' numbers,
            so that it does not matter how a batch is divided.
        teacher: From a normalised picture to an encoder's features; for a `TwoScale` with a
            regressor.
    """

    def __init__(
        self,
        objective: P3MObjective,
        settings: TwoScaleSettings,
        *,
        seed: int,
        teacher: nn.Module | None = None,
    ) -> None:
        self._objective = objective
        self._settings = settings
        self._seed = seed
        self._teacher = teacher

    def __call__(self, model: nn.Module, batch: Mapping[str, Tensor], step: int) -> LossTerms:
        """The loss of a batch of samples as `p3m.data.composites` makes them.

        Args:
            model: A `TwoScale`, perhaps wrapped.
            batch: uint8 tensors: image (B, S, S, 3), alpha (B, S, S), foreground and background;
                the numbers of the samples as index (B,).
            step: The step's number.
        """
        settings = self._settings
        rng = np.random.default_rng((self._seed, step))
        side = int(rng.choice(settings.base_sides_px))
        if settings.hardest < 1:
            batch = take_hardest(cast("TwoScaleModel", model).base, batch, settings.hardest)
        image, alpha = to_planes(batch["image"]), to_planes(batch["alpha"][..., None])
        corners = self._corners(batch)
        output = model(normalize(image), side, corners, settings.window_px)
        target = self._target(batch, alpha, side, rng)
        terms = self._objective(output.base, target)
        if self._teacher is not None:
            terms = self._with_distillation(terms, self._teacher, output.told, target)
        return self._with_detail(
            terms, output.window_alpha, crop(alpha, corners, settings.window_px)
        )

    def _target(
        self, batch: Mapping[str, Tensor], alpha: Tensor, side: int, rng: np.random.Generator
    ) -> MattingTarget:
        size = (side, side)
        small = F.interpolate(alpha, size, mode="area")
        foreground, background = (
            F.interpolate(to_planes(batch[name]), size, mode="bilinear", align_corners=False)
            for name in ("foreground", "background")
        )
        radius = max(1, round(side * float(rng.uniform(*self._settings.trimap_share))))
        return MattingTarget(
            alpha=small,
            trimap=trimap_classes(small, radius),
            image=background + small * (foreground - background),
            foreground=foreground,
            background=background,
        )

    def _corners(self, batch: Mapping[str, Tensor]) -> list[Corner]:
        # Three numbers, so that it is neither a step's nor a sample's generator.
        draws = [np.random.default_rng((self._seed, int(n), _WINDOW)) for n in batch["index"]]
        pictures = batch["alpha"].cpu().numpy()
        side = self._settings.window_px
        return [_corner(alpha, side, rng) for alpha, rng in zip(pictures, draws, strict=True)]

    def _with_distillation(
        self, terms: LossTerms, teacher: nn.Module, told: tuple[Tensor, ...], target: MattingTarget
    ) -> LossTerms:
        with torch.no_grad():
            taught = teacher(normalize(target.image))
        missed = distillation_loss(told, taught)
        return LossTerms(
            terms.total + self._settings.distillation * missed,
            {**terms.parts, "distillation": missed.detach()},
        )

    def _with_detail(self, terms: LossTerms, pred: Tensor, target: Tensor) -> LossTerms:
        with torch.autocast(target.device.type, enabled=False):
            pred = pred.to(target.dtype)
            l1, laplacian = alpha_l1(pred, target), laplacian_loss(pred, target)
        return LossTerms(
            terms.total + self._settings.detail * (l1 + laplacian),
            {**terms.parts, "detail_l1": l1.detach(), "detail_laplacian": laplacian.detach()},
        )


def crop(maps: Tensor, corners: list[Corner], side: int) -> Tensor:
    """A square window of each map.

    Args:
        maps: Shape (B, C, H, W).
        corners: Top and left of each window.
        side: Height and width of the windows.
    """
    return torch.stack(
        [
            one[:, top : top + side, left : left + side]
            for one, (top, left) in zip(maps, corners, strict=True)
        ]
    )


def _corner(alpha: NDArray[np.uint8], window_px: int, rng: np.random.Generator) -> Corner:
    """The corner of a window around a pixel of the picture's transition, if it has any."""
    at = np.flatnonzero((alpha > 8) & (alpha < 247))
    choice = int(at[rng.integers(len(at))]) if len(at) else int(rng.integers(alpha.size))
    top, left = (
        CORNER_MULTIPLE
        * (int(np.clip(centre - window_px // 2, 0, side - window_px)) // CORNER_MULTIPLE)
        for centre, side in zip(divmod(choice, alpha.shape[1]), alpha.shape, strict=True)
    )
    return top, left
