"""What a network is trained to reach: named losses, weighted and added."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

import torch
from torch import Tensor

from p3m.losses.alpha import alpha_l1
from p3m.losses.composition import composition_loss
from p3m.losses.laplacian import laplacian_loss
from p3m.losses.semantic import trimap_cross_entropy
from p3m.ops.pyramid import Kernel


class MattingPrediction(Protocol):
    """What the objective reads off a network's output.

    Attributes:
        global_logits: Segmentation into background, transition and foreground, shape (B, 3, H, W).
        local_alpha: The matting branch's alpha, meant for the transition only, shape (B, 1, H, W).
        alpha: The fused alpha, shape (B, 1, H, W).
        side_logits: Segmentations of deeper levels, each (B, 3, H, W); may be empty.
    """

    @property
    def global_logits(self) -> Tensor: ...  # noqa: D102
    @property
    def local_alpha(self) -> Tensor: ...  # noqa: D102
    @property
    def alpha(self) -> Tensor: ...  # noqa: D102
    @property
    def side_logits(self) -> tuple[Tensor, ...]: ...  # noqa: D102


@dataclass(frozen=True, slots=True, kw_only=True)
class MattingTarget:
    """The truth about a batch of pictures.

    Attributes:
        alpha: True alpha in [0, 1], shape (B, 1, H, W).
        trimap: True classes, int64, shape (B, 1, H, W): 0 background, 1 transition, 2 foreground.
        image: The pictures, RGB in [0, 1] and not normalised, shape (B, 3, H, W).
        foreground: Their true foreground colours, as ``image``; ``None`` where unknown.
        background: Their true backgrounds, as ``image``; ``None`` where unknown.
        unknown: Pixels whose trimap was unknown before it was resampled and is so still, boolean,
            shape (B, 1, H, W): without those that resampling put between two classes. ``None``
            where nothing was resampled.
    """

    alpha: Tensor
    trimap: Tensor
    image: Tensor
    foreground: Tensor | None = None
    background: Tensor | None = None
    unknown: Tensor | None = None


class LossTerms(NamedTuple):
    """A loss and what it is made of.

    Attributes:
        total: The weighted sum, a scalar to call ``backward`` on.
        parts: Each term by its name, before its weight and cut from the graph: for logs.
    """

    total: Tensor
    parts: dict[str, Tensor]


@dataclass(frozen=True, slots=True, kw_only=True)
class P3MObjective:
    r"""The training objective of P3M-Net; its defaults are the paper's weights and our means.

    .. math::
        L = w_s \sum_j \mathrm{CE}(s_j) + w_g \mathrm{CE}(g)
            + w_l \left( \mathrm{L1}_T(l) + \mathrm{Lap}_T(l) \right)
            + w_f \left( \mathrm{L1}(f) + \mathrm{Lap}(f) \right) + w_c \mathrm{Comp}(f)

    for the side logits :math:`s_j`, the global logits :math:`g`, the local alpha :math:`l` on the
    transition :math:`T` and the fused alpha :math:`f`. A term of weight 0 is not computed; the
    composition is left out where foreground or background is ``None``. All is computed in the dtype
    of the target's alpha, with autocast off.

    Attributes:
        side: Weight of each side output's cross-entropy.
        semantic: Weight of the main segmentation's cross-entropy.
        local: Weight of the local alpha's two distances, within the transition.
        fused: Weight of the fused alpha's two distances.
        composition: Weight of the composition under the fused alpha.
        l1_normalize: How the local L1 is averaged within the transition;
            see :func:`~p3m.losses.alpha.alpha_l1`.
        laplacian_normalize: How the pyramid loss is scaled within the transition;
            see :func:`~p3m.losses.laplacian.laplacian_loss`.
        kernel: The form of the pyramids' filter; see :func:`~p3m.ops.pyramid.gaussian_blur`.
        colours: How colours are compared; see :func:`~p3m.losses.composition.composition_loss`.
        transition: Where the local alpha counts: all pixels of class 1, or those alone that are
            ``unknown`` in the target.

    References:
        Li et al., "Privacy-Preserving Portrait Matting", ACM MM 2021.

    Note:
        The terms' own deviations from the released code are noted with each of them;
        :data:`RELEASED` has none.

    Example:
        >>> truth = torch.zeros(1, 1, 32, 32)
        >>> class Output(NamedTuple):
        ...     global_logits: Tensor
        ...     local_alpha: Tensor
        ...     alpha: Tensor
        ...     side_logits: tuple[Tensor, ...] = ()
        >>> output = Output(torch.zeros(1, 3, 32, 32), truth, truth)
        >>> image = torch.zeros(1, 3, 32, 32)
        >>> target = MattingTarget(alpha=truth, trimap=truth.long(), image=image)
        >>> terms = P3MObjective()(output, target)
        >>> sorted(terms.parts)
        ['fused_l1', 'fused_laplacian', 'global', 'local_l1', 'local_laplacian']
    """

    side: float = 1 / 6
    semantic: float = 3 / 6
    local: float = 2.0
    fused: float = 3.0
    composition: float = 1.0
    l1_normalize: Literal["mask", "released"] = "mask"
    laplacian_normalize: Literal["mask", "area"] = "mask"
    kernel: Kernel = "gaussian"
    colours: Literal["rgb", "imagenet"] = "rgb"
    transition: Literal["class", "unknown"] = "class"

    def __call__(self, output: MattingPrediction, target: MattingTarget) -> LossTerms:
        """The loss of a batch.

        Args:
            output: The network's output.
            target: The truth, on the same device.

        Returns:
            The weighted total and the parts ``side``, ``global``, ``local_l1``,
            ``local_laplacian``, ``fused_l1``, ``fused_laplacian`` and ``composition``, as far as
            they were computed.

        Raises:
            ShapeError: If the shapes do not fit.
        """
        with torch.autocast(target.alpha.device.type, enabled=False):
            terms = self._terms(output, target)
            total = sum((w * term for w, term in terms.values()), target.alpha.new_zeros(()))
        return LossTerms(total, {name: term.detach() for name, (_, term) in terms.items()})

    def _terms(
        self, output: MattingPrediction, target: MattingTarget
    ) -> dict[str, tuple[float, Tensor]]:
        """Each term's weight and value by name."""
        truth, dtype = target.alpha, target.alpha.dtype
        terms: dict[str, tuple[float, Tensor]] = {}
        if self.side and output.side_logits:
            sides = [trimap_cross_entropy(s.to(dtype), target.trimap) for s in output.side_logits]
            terms["side"] = self.side, torch.stack(sides).sum()
        if self.semantic:
            logits = output.global_logits.to(dtype)
            terms["global"] = self.semantic, trimap_cross_entropy(logits, target.trimap)
        if self.local:
            local, region = output.local_alpha.to(dtype), self._region(target)
            terms["local_l1"] = (
                self.local,
                alpha_l1(local, truth, region, normalize=self.l1_normalize),
            )
            terms["local_laplacian"] = (
                self.local,
                laplacian_loss(
                    local, truth, region, normalize=self.laplacian_normalize, kernel=self.kernel
                ),
            )
        fused = output.alpha.to(dtype)
        if self.fused:
            terms["fused_l1"] = self.fused, alpha_l1(fused, truth)
            terms["fused_laplacian"] = (
                self.fused,
                laplacian_loss(fused, truth, kernel=self.kernel),
            )
        if self.composition and target.foreground is not None and target.background is not None:
            terms["composition"] = (
                self.composition,
                composition_loss(
                    fused, target.foreground, target.background, target.image, colours=self.colours
                ),
            )
        return terms

    def _region(self, target: MattingTarget) -> Tensor:
        """The pixels in which the local alpha counts, 1 there and 0 elsewhere."""
        if self.transition == "unknown" and target.unknown is not None:
            return target.unknown.to(target.alpha.dtype)
        return (target.trimap == 1).to(target.alpha.dtype)


PAPER = P3MObjective()
"""P3M-Net's weights, each mean taken over what it is said to be a mean of."""

RELEASED = P3MObjective(
    l1_normalize="released",
    laplacian_normalize="area",
    kernel="plus",
    colours="imagenet",
    transition="unknown",
)
"""The objective of the code released with P3M-Net, to the last constant."""

GFM = P3MObjective(side=0.0, semantic=0.25, local=0.25, fused=0.25, composition=0.25)
"""GFM's weights, which has no side outputs: a quarter each.

Li et al., "Bridging Composite and Real: Towards End-to-end Deep Image Matting", IJCV 2022.
"""
