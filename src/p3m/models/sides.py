"""The picture sides that a network takes."""

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
    padded = [max(min_side_px, -(-side // stride) * stride) for side in (height, width)]
    if (height, width) != tuple(padded):
        least = f", at least {min_side_px}" if min(height, width) < min_side_px else ""
        raise ShapeError(
            "image",
            (height, width),
            f"multiples of {stride}{least}: pad to {padded[0]}x{padded[1]}",
        )
