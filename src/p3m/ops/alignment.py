"""Bringing one mask onto another: their ellipses, the affine map between them, and sampling."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch.nn import functional

from p3m.core.checks import check_shape

if TYPE_CHECKING:
    from torch import Tensor

_LEAST_SPREAD_PX = 0.25
_ROUND = 0.05  # a difference of the variances, as a share of their sum, that is no orientation


class Ellipse(NamedTuple):
    """Where the masks of a batch lie, how they are tilted and how far they reach.

    Attributes:
        centre: Column and row of the centre of mass in pixels, shape (B, 2).
        axes: Unit vectors across and along the mask as columns, shape (B, 2, 2). The one along is
            the principal axis nearest to the vertical; a round mask has upright axes.
        spread: Standard deviation across and along in pixels, shape (B, 2).
    """

    centre: Tensor
    axes: Tensor
    spread: Tensor


class Map(NamedTuple):
    """An affine map of pixels ``p -> matrix @ p + offset``: (B, 2, 2) and (B, 2), columns first."""

    matrix: Tensor
    offset: Tensor


def mask_ellipse(mask: Tensor) -> Ellipse:
    """The ellipse with the first and second moments of each mask.

    Args:
        mask: Weights in [0, 1], shape (B, 1, H, W). An empty one gives a tiny ellipse that means
            nothing.

    Raises:
        ShapeError: If ``mask`` is not (B, 1, H, W).

    Example:
        >>> mask = torch.zeros(1, 1, 9, 9)
        >>> mask[..., 2:7, 4] = 1
        >>> ellipse = mask_ellipse(mask)
        >>> ellipse.centre.tolist(), ellipse.axes[0, :, 1].abs().tolist()
        ([[4.0, 4.0]], [0.0, 1.0])
    """
    check_shape("mask", mask, "B 1 H W")
    weight = mask[:, 0].float()
    total = weight.sum(dim=(1, 2)).clamp(min=1e-6)
    pixels = _pixels(mask.shape[-2], mask.shape[-1], mask.device)
    centre = torch.einsum("bhw,hwi->bi", weight, pixels) / total[:, None]
    away = pixels - centre[:, None, None]
    scatter = torch.einsum("bhw,bhwi,bhwj->bij", weight, away, away) / total[:, None, None]
    axes = _axes(scatter)
    variance = torch.einsum("bji,bjk,bki->bi", axes, scatter, axes)
    return Ellipse(centre, axes, variance.clamp(min=_LEAST_SPREAD_PX**2).sqrt())


def map_between(target: Ellipse, source: Ellipse, change: Tensor | None = None) -> Map:
    r"""The map from the target's pixels to those of the source that lie alike in their ellipses.

    With centre :math:`c`, axes :math:`U` and spread :math:`\sigma` of each, and the change
    :math:`M`:

    .. math:: p_s = c_s + U_s \operatorname{diag}(\sigma_s)\, M
        \operatorname{diag}(\sigma_t)^{-1} U_t^\top (p_t - c_t)

    Args:
        target: Where to.
        source: Where from.
        change: Turns, stretches or mirrors what is brought, shape (B, 2, 2); ``None`` does not.
    """
    inward = target.axes.transpose(1, 2) / target.spread[:, :, None]
    outward = source.axes * source.spread[:, None, :]
    matrix = outward @ inward if change is None else outward @ change.to(outward) @ inward
    offset = source.centre - (matrix @ target.centre[:, :, None])[:, :, 0]
    return Map(matrix, offset)


def sample(maps: Tensor, at: Map, size: tuple[int, int]) -> Tensor:
    """Each map, seen through an affine map of pixels; bilinear, 0 beyond its border.

    Args:
        maps: Shape (B, C, h, w), floating point.
        at: From the result's pixels to those of ``maps``.
        size: Height and width of the result.

    Returns:
        Shape (B, C, H, W), with the dtype of ``maps``; gradients flow into ``maps``.

    Raises:
        ShapeError: If ``maps`` has not four axes.
    """
    check_shape("maps", maps, "B C h w")
    pixels = _pixels(*size, maps.device)
    places = torch.einsum("bij,hwj->bhwi", at.matrix, pixels) + at.offset[:, None, None]
    extent = places.new_tensor([maps.shape[-1], maps.shape[-2]])
    grid = (2 * places + 1) / extent - 1
    with torch.autocast(maps.device.type, enabled=False):
        seen = functional.grid_sample(maps.float(), grid, padding_mode="zeros", align_corners=False)
    return seen.to(maps.dtype)


def _axes(scatter: Tensor) -> Tensor:
    """Principal axes of matrices (B, 2, 2), the one nearest to the vertical as second column."""
    across, along, shared = scatter[:, 0, 0], scatter[:, 1, 1], scatter[:, 0, 1]
    difference = along - across
    steep = torch.where(difference < 0, -1.0, 1.0)
    tilt = 0.5 * torch.atan2(2 * shared * steep, difference.abs())
    length = torch.hypot(difference, 2 * shared)
    tilt = torch.where(length > _ROUND * (across + along), tilt, torch.zeros_like(tilt))
    sine, cosine = tilt.sin(), tilt.cos()
    return torch.stack([torch.stack([cosine, sine], -1), torch.stack([-sine, cosine], -1)], 1)


def _pixels(height: int, width: int, device: torch.device) -> Tensor:
    """Column and row of every pixel, shape (H, W, 2), float32."""
    rows, columns = torch.meshgrid(
        torch.arange(height, device=device, dtype=torch.float32),
        torch.arange(width, device=device, dtype=torch.float32),
        indexing="ij",
    )
    return torch.stack([columns, rows], dim=-1)
