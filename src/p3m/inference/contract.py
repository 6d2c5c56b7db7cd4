"""What the strategies ask of a model: the Backend protocol."""

from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from p3m.imaging.types import Alpha, Image
from p3m.inference.coarse import Maps
from p3m.inference.spec import ModelSpec

Images: TypeAlias = NDArray[np.uint8]
"""Windows of a picture, shape (B, h, w, 3)."""

Alphas: TypeAlias = NDArray[np.float32]
"""Their alphas, shape (B, h, w)."""

Pixels: TypeAlias = NDArray[np.uint8] | NDArray[np.float32]
"""A picture, shape (H, W, 3), from 0 to 255; floating point where it was resampled unrounded."""

Classes: TypeAlias = NDArray[np.uint8]
"""The likeliest class of each pixel: 0 background, 1 transition, 2 foreground."""

BACKGROUND, TRANSITION, FOREGROUND = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Parts:
    """What a network makes of one picture, its two decoders apart.

    Attributes:
        alpha: What it makes of both, shape (H, W).
        local_alpha: Alpha that is meant for the transition only, shape (H, W); ``None`` where the
            model does not give its parts.
        classes: The likeliest class of each pixel, shape (H, W); ``None`` likewise.
    """

    alpha: Alpha
    local_alpha: Alpha | None = None
    classes: Classes | None = None


class Backend(Protocol):
    """A matting model in two steps: the whole picture at low resolution, then windows of it.

    All may be called by several threads at once.
    """

    @property
    def spec(self) -> ModelSpec:
        """How to feed it."""

    @property
    def gives_parts(self) -> bool:
        """Whether :meth:`parts` has more than alpha."""

    @property
    def refiners(self) -> int:
        """How many threads may well call :meth:`refine` at once; 1 where one fills the machine."""

    def parts(self, image: Pixels) -> Parts:
        """What the network makes of a picture, as it comes, without any help of p3m's.

        Args:
            image: Shape (H, W, 3), H and W multiples of the stride.
        """

    def coarse(self, image: Image) -> tuple[Alpha, Maps]:
        """What the model makes of a whole picture.

        Args:
            image: Shape (H, W, 3), H and W multiples of the stride.

        Returns:
            Alpha, shape (H, W); and maps for :meth:`refine`, shape (C, H / n, W / n): alpha, the
            probability of transition, features.
        """

    def refine(self, images: Images, maps: Maps) -> Alphas:
        """Alpha at full resolution, which equals the first map where the second one is 0.

        Args:
            images: Windows of a picture, shape (B, h, w, 3), h and w multiples of the window
                multiple.
            maps: The maps at these windows' pixels, shape (B, C, h, w). The next windows' may be
                written over them: a backend copies what it keeps.

        Returns:
            Shape (B, h, w).
        """
