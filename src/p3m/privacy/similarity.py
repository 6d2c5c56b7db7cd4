"""How much of a face is left: its detail, and its likeness to the original."""

import cv2
import numpy as np
from numpy.typing import NDArray

from p3m.core.checks import check_same_shape, check_shape
from p3m.imaging.types import Image
from p3m.privacy.boxes import Rectangle

PATCH_PX = 96
"""Side to which a face is brought before it is measured, so that sizes do not matter."""

_INNER = 0.2
_STABLE = (0.01 * 255) ** 2, (0.03 * 255) ** 2
_WINDOW_SIGMA_PX = 1.5
_COARSE_SIGMAS_PX = 4.0, 16.0
_FLAT = 1e-6  # a product of lengths that is rounding alone


def face_patch(image: Image, box: Rectangle) -> NDArray[np.float32]:
    """The middle of a face in grey, of one size: eyes, nose and mouth without its outline.

    Args:
        image: RGB, shape (H, W, 3).
        box: Left, top, right, bottom of the face; it may reach beyond the picture.

    Returns:
        Shape (96, 96), from 0 to 255. Beyond the picture its border is repeated.

    Raises:
        ShapeError: If ``image`` is not (H, W, 3).
    """
    check_shape("image", image, "H W 3")
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    scale_x, scale_y = (PATCH_PX / ((1 - 2 * _INNER) * side) for side in (width, height))
    transform = np.array(
        [
            [scale_x, 0, -scale_x * (left + _INNER * width)],
            [0, scale_y, -scale_y * (top + _INNER * height)],
        ]
    )
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    sharp = scale_y >= 1  # else a warp alone would alias
    source = grey if sharp else cv2.GaussianBlur(grey, (0, 0), 0.5 / scale_y)
    patch = cv2.warpAffine(source, transform, (PATCH_PX, PATCH_PX), borderMode=cv2.BORDER_REPLICATE)
    return patch.astype(np.float32, copy=False)


def detail(patch: NDArray[np.float32]) -> float:
    """The mean length of a patch's gradient, in grey levels a pixel: what there is to recognise.

    Args:
        patch: From :func:`face_patch`.

    Returns:
        0 for one colour; visible faces have 3 and more, well hidden ones less than 1.5.
    """
    across, down = (cv2.Sobel(patch, cv2.CV_32F, dx, 1 - dx, ksize=3, scale=1 / 8) for dx in (1, 0))
    return float(cv2.magnitude(across, down).mean())


def structural_similarity(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    """The mean structural similarity (SSIM) of two grey pictures, in [-1, 1]; 1 for equal ones.

    Args:
        first: From 0 to 255, shape (H, W).
        second: Likewise.

    Raises:
        ShapeError: If their shapes differ.

    References:
        Wang et al., "Image Quality Assessment: From Error Visibility to Structural Similarity",
        IEEE TIP 2004: Gaussian window of 1.5 pixels, constants of 0.01 and 0.03.
    """
    check_same_shape(first=first, second=second)
    one, two = first.astype(np.float64), second.astype(np.float64)
    mean_one, mean_two = _local(one), _local(two)
    variance_one = _local(one * one) - mean_one**2
    variance_two = _local(two * two) - mean_two**2
    covariance = _local(one * two) - mean_one * mean_two
    likeness = ((2 * mean_one * mean_two + _STABLE[0]) * (2 * covariance + _STABLE[1])) / (
        (mean_one**2 + mean_two**2 + _STABLE[0]) * (variance_one + variance_two + _STABLE[1])
    )
    return float(likeness.mean())


def pattern_correlation(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    """How far two patches share their coarse pattern, upright or mirrored, positive or negative.

    Eyes, brows, nose and mouth are kept; what is finer and the light on the whole do not count, so
    that a mosaic, noise or a change of contrast hides nothing.

    Args:
        first: From :func:`face_patch`.
        second: Likewise.

    Returns:
        The greatest absolute correlation, in [0, 1]; 0 where a patch has one colour.

    Raises:
        ShapeError: If their shapes differ.
    """
    check_same_shape(first=first, second=second)
    one, two = _coarse(first), _coarse(second)
    lengths = float(np.linalg.norm(one) * np.linalg.norm(two))
    shared = max(abs(float((one * turned).sum())) for turned in (two, two[:, ::-1]))
    return min(shared / lengths, 1.0) if lengths > _FLAT else 0.0


def _coarse(patch: NDArray[np.float32]) -> NDArray[np.float64]:
    """The patch between two blurs, with a mean of zero."""
    fine, broad = (cv2.GaussianBlur(patch.astype(np.float64), (0, 0), s) for s in _COARSE_SIGMAS_PX)
    between: NDArray[np.float64] = np.subtract(fine, broad)
    between -= between.mean()
    return between


def _local(picture: NDArray[np.float64]) -> NDArray[np.float64]:
    mean = cv2.GaussianBlur(picture, (11, 11), _WINDOW_SIGMA_PX, borderType=cv2.BORDER_REFLECT)
    return mean.astype(np.float64, copy=False)
