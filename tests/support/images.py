"""Small pictures with known answers, drawn from formulas; the same seed gives the same picture."""

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PilImage


def portrait(
    height: int = 96, width: int = 72, *, seed: int = 0
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """A head and shoulders over a smooth background, with the alpha that it was composited with.

    Args:
        height: Rows.
        width: Columns.
        seed: Chooses the colours.

    Returns:
        The RGB image, shape (H, W, 3), and its exact alpha in [0, 1], shape (H, W). The outline is
        soft over about a thirtieth of the smaller side.
    """
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    y, x = (y + 0.5) / height, (x + 0.5) / width
    head = 1.0 - np.hypot((x - 0.5) / 0.22, (y - 0.36) / 0.26)
    body = 1.0 - np.hypot((x - 0.5) / 0.46, (y - 1.05) / 0.45)
    alpha = np.clip(np.maximum(head, body) * 8.0 + 0.5, 0.0, 1.0).astype(np.float32)
    skin, shirt, near, far = random.uniform(20, 235, size=(4, 3)).astype(np.float32)
    foreground = np.where((head > body)[..., None], skin, shirt)
    background = near + (far - near) * y[..., None]
    image = alpha[..., None] * foreground + (1.0 - alpha[..., None]) * background
    return np.rint(image).astype(np.uint8), alpha


def noise(height: int = 32, width: int = 32, *, seed: int = 0) -> NDArray[np.uint8]:
    """Independent uniform pixels, shape (H, W, 3): the picture that forgives nothing."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def encoded(pixels: NDArray[np.uint8], format: str = "PNG", **options: object) -> bytes:  # noqa: A002
    """The picture as a file's bytes, in any format that Pillow writes.

    Args:
        pixels: Grey (H, W), RGB (H, W, 3) or RGBA (H, W, 4).
        format: Pillow's name of the format.
        **options: Pillow's own options of that format, such as ``quality`` or ``exif``.
    """
    file = BytesIO()
    PilImage.fromarray(pixels).save(file, format=format, **options)
    return file.getvalue()
