"""The Gaussian kernel and the Laplacian pyramid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import torch
from torch.nn import functional

from p3m.core.checks import check_shape

if TYPE_CHECKING:
    from torch import Tensor

Kernel: TypeAlias = Literal["gaussian", "plus"]
"""A filter's form in two dimensions: the product of two Gaussians, or the sum of their squares."""


def gaussian_kernel(size: int = 5, sigma: float = 1.0) -> Tensor:
    r"""One axis of a Gaussian, sampled at whole pixels around its centre.

    .. math:: g_k \propto \exp\!\left(-\frac{k^2}{2\sigma^2}\right), \quad \sum_k g_k = 1

    The filter in two dimensions is the outer product of this with itself.

    Args:
        size: Number of samples, odd.
        sigma: Standard deviation in pixels.

    Returns:
        The samples, shape (size,), float64: cast to the dtype of what is filtered.

    Example:
        >>> gaussian_kernel(3, 1.0)
        tensor([0.2741, 0.4519, 0.2741], dtype=torch.float64)
    """
    offsets = torch.arange(size, dtype=torch.float64) - size // 2
    weights = torch.exp(-(offsets**2) / (2 * sigma**2))
    return weights / weights.sum()


def gaussian_blur(
    image: Tensor, *, size: int = 5, sigma: float = 1.0, kernel: Kernel = "gaussian"
) -> Tensor:
    r"""The image filtered by a Gaussian along both axes, its border pixels repeated outwards.

    With :math:`g` of :func:`gaussian_kernel`, the filter of ``"gaussian"`` and that of ``"plus"``:

    .. math:: G_{yx} = g_y g_x, \qquad P_{yx} \propto g_y^2 + g_x^2, \quad \sum_{yx} P_{yx} = 1

    Args:
        image: Any values, shape (B, C, H, W), floating point.
        size: Samples of the kernel along each axis, odd.
        sigma: Standard deviation in pixels.
        kernel: The filter's form. ``"plus"`` is no low-pass filter that one would choose: it weighs
            a cross through the centre most, and is that of the code released with P3M-Net.

    Returns:
        The filtered image, of the same shape, dtype and device.

    Raises:
        ShapeError: If ``image`` has not four axes.
    """
    check_shape("image", image, "B C H W")
    weights = _filter(size, sigma, kernel).to(image)
    # All planes as channels of one picture: a depthwise filter, several times as fast on a CPU.
    planes = image.reshape(1, -1, *image.shape[-2:])
    padded = functional.pad(planes, (size // 2,) * 4, mode="replicate")
    filtered = functional.conv2d(
        padded, weights.expand(planes.shape[1], 1, size, size), groups=planes.shape[1]
    )
    return filtered.reshape(image.shape)


def _filter(size: int, sigma: float, kernel: Kernel) -> Tensor:
    """The filter in two dimensions, shape (size, size), float64."""
    axis = gaussian_kernel(size, sigma)
    if kernel == "gaussian":
        return torch.outer(axis, axis)
    cross = axis[:, None] ** 2 + axis[None, :] ** 2
    return cross / cross.sum()


def laplacian_pyramid(
    image: Tensor, *, levels: int = 5, kernel: Kernel = "gaussian"
) -> tuple[Tensor, ...]:
    r"""Band-pass details of an image at falling resolutions, and what remains below them.

    With the blur :math:`G` of 5 x 5 samples and :math:`\sigma = 1`, and the average :math:`A` over
    2 x 2 pixels, from :math:`x_0` = ``image``:

    .. math:: d_k = x_k - G x_k, \qquad x_{k+1} = A\, G x_k

    Args:
        image: Any values, shape (B, C, H, W), floating point. An odd side is halved upwards, so
            that any size will do: a side of one pixel stays one pixel.
        levels: Number of details :math:`d_0, d_1, \ldots`.
        kernel: The form of :math:`G`; see :func:`gaussian_blur`.

    Returns:
        The details from fine to coarse and last the residual :math:`x_\mathrm{levels}`:
        ``levels + 1`` tensors with the dtype and device of ``image``.

    Raises:
        ShapeError: If ``image`` has not four axes.

    References:
        Burt and Adelson, "The Laplacian Pyramid as a Compact Image Code", IEEE Transactions on
        Communications, 1983. Details are taken here before the picture is halved, as the matting
        literature does.

    Example:
        >>> pyramid = laplacian_pyramid(torch.ones(1, 1, 12, 9), levels=2)
        >>> [tuple(level.shape[-2:]) for level in pyramid]
        [(12, 9), (6, 5), (3, 3)]
    """
    bands = []
    for _ in range(levels):
        blurred = gaussian_blur(image, kernel=kernel)
        bands.append(image - blurred)
        image = functional.avg_pool2d(blurred, 2, ceil_mode=True)
    return (*bands, image)
