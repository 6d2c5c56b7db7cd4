"""What arrays mean throughout p3m: their layout, type and range, said once.

Sizes are ``(height, width)``. Boxes are ``(left, top, right, bottom)`` in pixels, right and bottom
exclusive.
Colours are sRGB and straight: never multiplied by their alpha.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Image: TypeAlias = NDArray[np.uint8]
"""A colour picture, (H, W, 3) in the order red, green, blue."""

Rgba: TypeAlias = NDArray[np.uint8]
"""A colour picture with its opacity, (H, W, 4); colours are straight."""

Alpha: TypeAlias = NDArray[np.float32]
"""The share of the foreground in each pixel, (H, W) in [0, 1]."""

Trimap: TypeAlias = NDArray[np.uint8]
"""(H, W): 0 is background, 255 is foreground, 128 is unknown."""

Mask: TypeAlias = NDArray[np.bool_]
"""The pixels that count, (H, W)."""

Colour: TypeAlias = tuple[int, int, int]
"""Red, green and blue, each 0 to 255."""

Size: TypeAlias = tuple[int, int]
"""(height, width) in pixels."""

Box: TypeAlias = tuple[int, int, int, int]
"""(left, top, right, bottom) in pixels, right and bottom exclusive."""
