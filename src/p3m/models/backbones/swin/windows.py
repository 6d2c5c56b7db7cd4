"""How a map of any size falls into windows of 7x7 tokens, and how it is put together again.

Tokens are moved by their index alone, all at once: padding, rolling and cutting are one gather, and
nothing depends on whether a side is a multiple of 7, so that one exported graph serves every size.
"""

from typing import NamedTuple

import torch
from torch import Tensor

WINDOW = 7
SHIFT = WINDOW // 2
"""How far a shifted map is rolled to the top left, in tokens."""

_AREA = WINDOW * WINDOW
_MASKED = -100.0


class Windows(NamedTuple):
    """Windows on a map of H by W tokens, padded at its right and bottom to n whole windows.

    Attributes:
        source: The token in each place of each window, ``row * W + column``; ``H * W`` for padding.
            Shape (n * 49,).
        place: Where each token lies among those places, shape (H * W,).
        region: The part of the map that each place shows. Rolling brings places of up to four parts
            into one window; tokens attend to those of their own part alone. Shape (n * 49,).
    """

    source: Tensor
    place: Tensor
    region: Tensor


def lay_windows(
    height: int, width: int, *, shift: int = 0, device: torch.device | None = None
) -> Windows:
    """The windows on a map.

    Args:
        height: Of the map, in tokens.
        width: Of the map, in tokens.
        shift: How far the padded map is rolled to the top left, in tokens; what leaves it there
            comes in again at the right and bottom.
        device: Where the result shall be.
    """
    down, across = _windows(height), _windows(width)
    rows, columns = down * WINDOW, across * WINDOW

    window, within = _divide(torch.arange(down * across * _AREA, device=device), _AREA)
    (window_row, window_column), (row, column) = _divide(window, across), _divide(within, WINDOW)
    row, column = window_row * WINDOW + row, window_column * WINDOW + column
    region = 3 * _region(row, rows, shift) + _region(column, columns, shift)
    row, column = _wrap(row + shift, rows), _wrap(column + shift, columns)
    inside = (row < height) & (column < width)
    source = torch.where(inside, row * width + column, height * width)

    row, column = _divide(torch.arange(height * width, device=device), width)
    row, column = _wrap(row + rows - shift, rows), _wrap(column + columns - shift, columns)
    (window_row, row), (window_column, column) = _divide(row, WINDOW), _divide(column, WINDOW)
    place = (window_row * across + window_column) * _AREA + row * WINDOW + column
    return Windows(source, place, region)


def split(tokens: Tensor, windows: Windows) -> Tensor:
    """Windows (B * n, 49, C) of a map (B, H, W, C); padding is zero."""
    # Here and in `join` by way of (B * n * 49, C): views that compare B * n with B would hold an
    # exported program to one window, or to more than one.
    flat = tokens.flatten(1, 2)
    padded = torch.cat([flat, torch.zeros_like(flat[:, :1])], dim=1)
    return _cut(padded.index_select(1, windows.source).flatten(0, 1))


def join(parts: Tensor, windows: Windows, size: tuple[int, int]) -> Tensor:
    """The map (B, H, W, C) of windows (B * n, 49, C); ``size`` is (H, W)."""
    channels, count = parts.shape[-1], windows.source.shape[0]
    places = parts.flatten(0, 1).view(-1, count, channels)
    return places.index_select(1, windows.place).view(-1, *size, channels)


def mask_regions(windows: Windows, batch: int) -> Tensor:
    """What is added to the scores of each window's pairs: 0 within a region, -100 across.

    Args:
        windows: The windows.
        batch: B.

    Returns:
        Shape (B * n, 49, 49), single precision.
    """
    region = _cut(windows.region.repeat(batch))
    return (region[:, :, None] != region[:, None, :]) * _MASKED


def _cut(places: Tensor) -> Tensor:
    """Places (B * n * 49, ...) by window, (B * n, 49, ...)."""
    return places.view(-1, _AREA, *places.shape[1:])


def _region(place: Tensor, length: int, shift: int) -> Tensor:
    """Along one axis: 0 for whole windows, 1 and 2 for the two parts of the one that wraps."""
    return (place >= length - WINDOW).long() + (place >= length - shift).long()


def _divide(numbers: Tensor, by: int) -> tuple[Tensor, Tensor]:
    """Quotients and remainders of whole numbers; ``%`` by a size that varies cannot be exported."""
    quotient = numbers // by
    return quotient, numbers - quotient * by


def _wrap(places: Tensor, length: int) -> Tensor:
    """Places below ``2 * length`` on a ring of that length."""
    return torch.where(places < length, places, places - length)


def _windows(length: int) -> int:
    return (length + WINDOW - 1) // WINDOW
