"""What every metric takes, and how it is called."""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from p3m.imaging.types import Mask

AnyAlpha: TypeAlias = NDArray[np.floating[Any]]
"""An alpha of either precision, (H, W) in [0, 1].

Steps of 1/255 are told apart from a threshold as the released codes do only in ``float64``: 153/255
lies below their sixth threshold there, and above it in ``float32``.
"""

Metric: TypeAlias = Callable[[AnyAlpha, AnyAlpha, Mask | None], float]
"""From a predicted alpha, the true one and the region that counts (all, if ``None``) to a score."""
