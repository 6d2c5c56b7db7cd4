"""The sides of the pictures that a network takes."""

from torch import Tensor

from p3m.core.checks import check_shape
from p3m.core.errors import ShapeError


def check_image(image: Tensor, *, stride: int, min_side_px: int = 1) -> None:
    """Checks a network's input; the error names the size to pad to.

    Args:
        image: What must have the shape (B, 3, H, W).
        stride: What H and W must be multiples of.
        min_side_px: What they must be at least; a multiple of ``stride``.

    Raises:
        ShapeError: If the shape does not fit.
    """
    check_shape("image", image, "B 3 H W")
    height, width = image.shape[-2:]
    check_sides("image", (height, width), stride=stride, min_side_px=min_side_px)


def check_sides(name: str, size: tuple[int, int], *, stride: int, min_side_px: int = 1) -> None:
    """Checks a height and width; the error names the size to pad to.

    Args:
        name: What has that size, for the error.
        size: Height and width in pixels.
        stride: What both must be multiples of.
        min_side_px: What both must be at least; a multiple of ``stride``.

    Raises:
        ShapeError: If a side does not fit.
    """
    fitting = [max(min_side_px, -(-side // stride) * stride) for side in size]
    if list(size) != fitting:
        least = f", at least {min_side_px}" if min(size) < min_side_px else ""
        raise ShapeError(
            name, size, f"multiples of {stride}{least}: pad to {fitting[0]}x{fitting[1]}"
        )
