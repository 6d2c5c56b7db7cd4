"""Putting a foreground over a background, and taking it out: foreground colours and cutouts."""

from collections.abc import Iterator
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from p3m.core.checks import check_same_shape, check_shape
from p3m.core.errors import MissingExtraError
from p3m.imaging.depth import quantize
from p3m.imaging.types import Alpha, Colour, Image, Mask, Rgba

ForegroundMethod = Literal["blurred-fusion", "multilevel"]

_WINDOWS_PX = (91, 7)
_TILE_PX = 512
_BAND_PX = 1 << 18
_EPS = 1e-5
_LEAST_ALPHA = 1e-6


def composite(foreground: Image, background: Image | Colour, alpha: Alpha) -> Image:
    r"""The foreground over the background, rounded to whole colour steps.

    .. math:: I = \alpha F + (1 - \alpha) B

    Args:
        foreground: Straight colours, shape (H, W, 3).
        background: A picture of the same shape, or one colour.
        alpha: In [0, 1], shape (H, W).

    Raises:
        ShapeError: If the shapes do not fit.

    Example:
        >>> white = np.full((1, 2, 3), 255, np.uint8)
        >>> composite(white, (0, 0, 100), np.float32([[0, 0.5]])).tolist()
        [[[0, 0, 100], [128, 128, 178]]]
    """
    _check_pair("foreground", foreground, alpha)
    behind = np.asarray(background, dtype=np.uint8)
    if behind.ndim == 1:
        behind = np.broadcast_to(behind, foreground.shape)
    check_same_shape(foreground=foreground, background=behind)
    blended = np.empty_like(foreground)
    band = max(1, _BAND_PX // foreground.shape[1])
    for top in range(0, foreground.shape[0], band):
        rows = slice(top, top + band)
        below = behind[rows].astype(np.float32)
        mixed = below + alpha[rows, :, None] * (foreground[rows] - below)
        blended[rows] = np.rint(mixed, out=mixed)
    return blended


def over(front: Image, front_alpha: Alpha, back: Image, back_alpha: Alpha) -> tuple[Image, Alpha]:
    r"""One foreground before another, both with straight colours, as one.

    .. math::
        \alpha = 1 - (1 - \alpha_f) (1 - \alpha_b), \quad
        F = F_b + \frac{\alpha_f}{\alpha} (F_f - F_b)

    Args:
        front: Colours of the nearer one, shape (H, W, 3).
        front_alpha: In [0, 1], shape (H, W).
        back: Colours of the other one, shape (H, W, 3).
        back_alpha: In [0, 1], shape (H, W).

    Returns:
        Straight colours, those of ``back`` where neither is, and alpha.

    Raises:
        ShapeError: If the shapes do not fit.

    References:
        Porter and Duff, "Compositing Digital Images", SIGGRAPH 1984.

    Example:
        >>> red, blue = np.uint8([[[255, 0, 0]]]), np.uint8([[[0, 0, 255]]])
        >>> colours, alpha = over(red, np.float32([[0.5]]), blue, np.float32([[0.5]]))
        >>> colours.tolist(), alpha.tolist()
        ([[[170, 0, 85]]], [[0.75]])
    """
    _check_pair("front", front, front_alpha)
    _check_pair("back", back, back_alpha)
    check_same_shape(front=front, back=back)
    both = 1 - (1 - front_alpha) * (1 - back_alpha)
    share = np.divide(front_alpha, both, out=np.zeros_like(both), where=both > 0)
    return composite(front, back, np.minimum(share, 1, out=share)), both


def straight_colours(premultiplied: NDArray[np.float32], alpha: Alpha) -> Image:
    r"""The colours of a layer that was filtered after they had been multiplied by its alpha.

    .. math:: F = \min(255, P / \max(\alpha, 10^{-6}))

    Args:
        premultiplied: Colours from 0 to 255 times alpha, P, shape (H, W, 3).
        alpha: Filtered alike, in [0, 1], shape (H, W).

    Returns:
        Straight colours, shape (H, W, 3); black where P is.

    Raises:
        ShapeError: If the shapes do not fit.

    Example:
        >>> straight_colours(np.float32([[[50, 0, 100]]]), np.float32([[0.5]])).tolist()
        [[[100, 0, 200]]]
    """
    _check_pair("premultiplied", premultiplied, alpha)
    straight = premultiplied / np.maximum(alpha, _LEAST_ALPHA)[..., None]
    colours: Image = np.rint(straight.clip(0, 255)).astype(np.uint8)
    return colours


def estimate_foreground(
    image: Image, alpha: Alpha, *, method: ForegroundMethod = "blurred-fusion"
) -> Image:
    r"""The foreground's own colours, free of the background that shines through.

    Blurred fusion explains each pixel by the mean colours of both sides around it, and gives what
    is left to the foreground:

    .. math::
        \hat F = \frac{\mathrm{blur}(F \alpha)}{\mathrm{blur}(\alpha)}, \quad
        \hat B = \frac{\mathrm{blur}(B (1 - \alpha))}{\mathrm{blur}(1 - \alpha)}, \quad
        F = \hat F + \alpha (I - \alpha \hat F - (1 - \alpha) \hat B)

    first from :math:`F = B = I` in a window of 91 pixels, then from that result in one of 7. It
    works in tiles where the transition lies, so that memory hardly grows with the picture.

    Args:
        image: The picture, shape (H, W, 3).
        alpha: In [0, 1], shape (H, W). Within half a step of 1/255 of 0 or 1 it counts as such.
        method: ``"multilevel"`` solves for both layers over the whole picture: finer, slower, and
            in need of pymatting.

    Returns:
        Straight colours, shape (H, W, 3): the image itself where alpha is 1. Where it is 0, the
        foreground's colours spread outwards: with ``"blurred-fusion"`` for 3 pixels (so that
        resampling draws no dark fringe), then black; with ``"multilevel"`` everywhere.

    Raises:
        ShapeError: If the shapes do not fit.
        RangeError: If ``alpha`` leaves [0, 1].
        MissingExtraError: If ``method`` needs pymatting and it is not installed.

    References:
        Forte, "Approximate Fast Foreground Colour Estimation", ICIP 2021.
        Germer et al., "Fast Multi-Level Foreground Estimation", ICPR 2020.

    Note:
        Forte's released code has windows of 90 and 6 pixels, which have no centre and so shift
        colours by half a pixel.

    Example:
        >>> red_on_blue = np.uint8([[[255, 0, 0], [128, 0, 127], [0, 0, 255]]])
        >>> estimate_foreground(red_on_blue, np.float32([[1, 0.5, 0]]))[0, 0].tolist()
        [255, 0, 0]
    """
    _check_pair("image", image, alpha)
    steps = quantize(alpha)
    if method == "multilevel":
        estimated = _multilevel(image, alpha)
    else:
        estimated = _blurred_fusion(image, alpha, steps)
    np.copyto(estimated, image, where=(steps == 255)[..., None])
    return estimated


def attach_alpha(foreground: Image, alpha: Alpha) -> Rgba:
    """The foreground's colours with their opacity in 8 bits, shape (H, W, 4).

    Raises:
        ShapeError: If the shapes do not fit.
        RangeError: If ``alpha`` leaves [0, 1].
    """
    _check_pair("foreground", foreground, alpha)
    return np.dstack((foreground, quantize(alpha)))


def cutout(foreground: Image, alpha: Alpha) -> Rgba:
    """The foreground alone: its straight colours and its opacity.

    Args:
        foreground: Its colours, as :func:`estimate_foreground` gives them, shape (H, W, 3).
        alpha: In [0, 1], shape (H, W).

    Returns:
        Shape (H, W, 4). What alpha hides is not in it: more than 3 pixels from the foreground, all
        colours are black.

    Raises:
        ShapeError: If the shapes do not fit.
        RangeError: If ``alpha`` leaves [0, 1].
    """
    _check_pair("foreground", foreground, alpha)
    rgba = attach_alpha(foreground, alpha)
    rgba[~_within_reach(quantize(alpha)), :3] = 0
    return rgba


def _check_pair(name: str, image: NDArray[np.generic], alpha: Alpha) -> None:
    check_shape("alpha", alpha, "H W")
    check_shape(name, image, f"{alpha.shape[0]} {alpha.shape[1]} 3")


def _multilevel(image: Image, alpha: Alpha) -> Image:
    try:
        from pymatting import estimate_foreground_ml  # noqa: PLC0415 - optional, seconds to import
    except ImportError as error:
        raise MissingExtraError("Multilevel foreground estimation", "train") from error
    estimated = estimate_foreground_ml(image / 255.0, alpha.astype(np.float64)) * 255.0
    return np.asarray(np.rint(estimated).clip(0, 255), dtype=np.uint8)


def _blurred_fusion(image: Image, alpha: Alpha, steps: NDArray[np.uint8]) -> Image:
    """The estimate within the last window's reach of the foreground; black elsewhere and inside."""
    wanted = _within_reach(steps) & (steps < 255)
    estimated = np.zeros_like(image)
    for tile in _tiles(wanted):
        here = wanted[tile]
        estimated[tile][here] = _fused_tile(image, alpha, tile)[here]
    return estimated


def _within_reach(steps: NDArray[np.uint8]) -> Mask:
    """The pixels that the last window reaches from where there is any foreground."""
    window = np.ones((_WINDOWS_PX[-1], _WINDOWS_PX[-1]), np.uint8)
    return np.asarray(cv2.dilate(steps, window), dtype=np.bool_)


def _tiles(wanted: Mask) -> Iterator[tuple[slice, slice]]:
    """The rows and columns that just hold the wanted pixels, tile by tile, where there are any."""
    height, width = wanted.shape
    for top in range(0, height, _TILE_PX):
        for left in range(0, width, _TILE_PX):
            part = wanted[top : top + _TILE_PX, left : left + _TILE_PX].view(np.uint8)
            x, y, columns, rows = cv2.boundingRect(part)
            if rows:
                yield slice(top + y, top + y + rows), slice(left + x, left + x + columns)


def _fused_tile(image: Image, alpha: Alpha, tile: tuple[slice, slice]) -> NDArray[np.uint8]:
    """Both passes for one tile; each reads as far beyond the tile as the windows after it reach."""
    reaches = [window // 2 for window in _WINDOWS_PX]
    place = _grown(tile, sum(reaches), alpha.shape)
    pixels = image[place].astype(np.float32)
    opacity = alpha[place][..., None]
    front, back = pixels, pixels
    for index, window in enumerate(_WINDOWS_PX):
        front, back = _fuse(pixels, opacity, front, back, window)
        inner = _grown(tile, sum(reaches[index + 1 :]), alpha.shape)
        kept = tuple(
            slice(new.start - old.start, new.stop - old.start)
            for new, old in zip(inner, place, strict=True)
        )
        pixels, opacity, front, back = (array[kept] for array in (pixels, opacity, front, back))
        place = inner
    return np.rint(front).astype(np.uint8)


def _grown(tile: tuple[slice, slice], reach_px: int, shape: tuple[int, ...]) -> tuple[slice, slice]:
    rows, columns = (
        slice(max(0, side.start - reach_px), min(end, side.stop + reach_px))
        for side, end in zip(tile, shape, strict=True)
    )
    return rows, columns


def _fuse(
    pixels: NDArray[np.float32],
    opacity: NDArray[np.float32],
    front: NDArray[np.float32],
    back: NDArray[np.float32],
    window_px: int,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """One pass of the formula: the new foreground, and the blurred background."""

    def blur(array: NDArray[np.float32]) -> NDArray[np.float32]:
        blurred = cv2.blur(array, (window_px, window_px))
        return np.asarray(blurred, dtype=np.float32).reshape(array.shape)

    share = blur(opacity)
    smooth_front = blur(front * opacity) / (share + _EPS)
    smooth_back = blur(back * (1 - opacity)) / (1 - share + _EPS)
    rest = pixels - opacity * smooth_front - (1 - opacity) * smooth_back
    return np.clip(smooth_front + opacity * rest, 0, 255), smooth_back
