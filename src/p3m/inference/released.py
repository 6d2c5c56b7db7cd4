"""The test strategies of the code that was released with the papers, as it computes them.

They are here so that published figures can be measured again. For pictures of your own the other
strategies are better: they keep the aspect ratio, take any size, and need less memory.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from p3m.core.errors import ModelFormatError, RangeError
from p3m.core.extras import require_extra
from p3m.imaging.types import Alpha, Image, Size
from p3m.inference.contract import Backend, Classes, Parts

Border = Literal["constant", "reflect"]

MULTIPLE = 32
MAX_SIDE_PX = 1600

_VALUES = np.array([0, 128, 255], dtype=np.uint8)
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Resampling:
    """How scikit-image resizes, by its defaults: linearly, pixel centres at halves.

    The released code leaves the defaults to the package, and they changed with scikit-image 0.15.
    Both repositories pin 0.14.5, so its defaults are the defaults here. Those of later versions are
    ``Resampling(anti_aliasing=True, border="reflect")``.

    Attributes:
        anti_aliasing: Whether a Gaussian of deviation (s - 1) / 2 precedes shrinking by a factor s.
            Without it, shrinking skips pixels.
        border: What lies beyond the picture where enlarging looks there: nothing (``"constant"``:
            the outermost rows and columns lose up to half of their value), or the picture again
            (``"reflect"``).
    """

    anti_aliasing: bool = False
    border: Border = "constant"

    def __call__(self, array: NDArray[Any], size: Size) -> NDArray[np.floating]:
        """The array at another size, its aspect ratio free.

        Args:
            array: Shape (H, W) or (H, W, C), ``uint8`` or floating point.
            size: The wanted height and width.

        Returns:
            ``float64`` in [0, 1] for ``uint8``; the type and range of the array otherwise.
        """
        from skimage.transform import resize  # noqa: PLC0415 - an extra

        resized: NDArray[np.floating] = resize(  # type: ignore[no-untyped-call]
            array, size, order=1, mode=self.border, anti_aliasing=self.anti_aliasing
        )
        return resized


@dataclass(frozen=True, slots=True, kw_only=True)
class P3MResize:
    """RESIZE: the whole picture at a fraction of its size, and its alpha enlarged.

    References:
        Li et al., "Privacy-Preserving Portrait Matting", ACM MM 2021: 1/2, of which the paper's
        figures are. Li et al., "Deep Automatic Natural Image Matting", IJCAI 2021: 1/4.

    Attributes:
        ratio: Scaled sides over the picture's; see :func:`scaled_size`.
        resampling: The defaults of a version of scikit-image.
    """

    name: str = "p3m-resize"
    ratio: float = 1 / 2
    resampling: Resampling = Resampling()

    def __post_init__(self) -> None:
        _check_ratio(ratio=self.ratio)

    def check(self, backend: Backend) -> None:
        """Refuses what it cannot work with, before any picture is read.

        Raises:
            MissingExtraError: If scikit-image is not installed.
            ModelFormatError: If the model's stride does not divide 32.
        """
        _check_tools(self.name, backend)

    def predict(self, backend: Backend, image: Image) -> Alpha:
        """Alpha of the picture's size.

        Raises:
            RangeError: If a scaled side would be 0.
        """
        self.check(backend)
        parts = _seen(backend, image, self.ratio, self.resampling, self.name)
        return self.resampling(parts.alpha, image.shape[:2]).astype(np.float32, copy=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class P3MHybrid:
    """HYBRID: the classes from one fraction of the picture's size, the local alpha from another.

    The likeliest classes, as 0, 128 and 255, are enlarged linearly. What is then neither 0 nor 255
    takes the local alpha: so the enlarging widens the transition.

    Note:
        Interpolating equal values may round to something just beside them. A value within 1e-9 of
        255 counts as 255 here, as it does with the pinned scikit-image 0.14.5. With later
        versions the released code hands single pixels of the foreground to the local alpha.

    References:
        Li et al., "Privacy-Preserving Portrait Matting", ACM MM 2021: 1/2 and 1. Li et al.,
        "Bridging Composite and Real", IJCV 2022: 1/3 and 1/2. Li et al., "Deep Automatic Natural
        Image Matting", IJCAI 2021: 1/4 and 1/2.

    Attributes:
        global_ratio: Scaled sides over the picture's, for the classes; see :func:`scaled_size`.
        local_ratio: The same for the local alpha.
        resampling: The defaults of a version of scikit-image.
    """

    name: str = "p3m-hybrid"
    global_ratio: float = 1 / 2
    local_ratio: float = 1.0
    resampling: Resampling = Resampling()

    def __post_init__(self) -> None:
        _check_ratio(global_ratio=self.global_ratio, local_ratio=self.local_ratio)

    def check(self, backend: Backend) -> None:
        """Refuses what it cannot work with, before any picture is read.

        Raises:
            MissingExtraError: If scikit-image is not installed.
            ModelFormatError: If the model gives only its fused alpha, or its stride does not divide
                32.
        """
        _check_tools(self.name, backend)
        if not backend.gives_parts:
            raise ModelFormatError(
                f"Strategy {self.name!r} needs the outputs 'local_alpha' and 'global_logits', and "
                f"{backend.spec.name} gives only alpha: take the strategy 'tiled', 'hybrid', "
                "'resize' or 'p3m-resize', or a model such as 'p3mnet-r34'."
            )

    def predict(self, backend: Backend, image: Image) -> Alpha:
        """Alpha of the picture's size.

        Raises:
            ModelFormatError: If the model gives only its fused alpha.
            RangeError: If a scaled side would be 0.
        """
        self.check(backend)
        size = image.shape[:2]
        classes = _seen(backend, image, self.global_ratio, self.resampling, self.name).classes
        local = _seen(backend, image, self.local_ratio, self.resampling, self.name).local_alpha
        if classes is None or local is None:
            raise TypeError("a backend that gives parts gives both of them")
        return fuse(classes, self.resampling(local, size), self.resampling)


def scaled_size(size: Size, ratio: float) -> Size:
    """A picture's size scaled as the released code does it, side by side.

    Each side is the scaled one, rounded down, then down to a multiple of 32, and 1600 at most. The
    aspect ratio is not kept.

    Args:
        size: Height and width.
        ratio: What the sides are multiplied by.

    Returns:
        Height and width; 0 where the scaled side is under 32.

    Example:
        >>> scaled_size((1080, 1620), 1 / 2)
        (512, 800)
        >>> scaled_size((1080, 1620), 1.0)
        (1056, 1600)
    """
    height, width = (
        min(MAX_SIDE_PX, int(side * ratio) - int(side * ratio) % MULTIPLE) for side in size
    )
    return height, width


def fuse(classes: Classes, local: NDArray[np.floating], resampling: Resampling) -> Alpha:
    """Alpha of the classes at a lower resolution and the local alpha at the full one.

    Args:
        classes: 0, 1 or 2, shape (h, w).
        local: Shape (H, W).
        resampling: How the classes are enlarged.

    Returns:
        Shape (H, W): 0 or 1 where the enlarged classes are background or foreground, the local
        alpha elsewhere.
    """
    trimap = resampling(_VALUES[classes], local.shape[:2]) * 255.0
    certain = (trimap == 0.0) | (np.abs(trimap - 255.0) < _ROUNDING)
    return np.where(certain, np.rint(trimap / 255.0), local).astype(np.float32)


def _seen(
    backend: Backend, image: Image, ratio: float, resampling: Resampling, strategy: str
) -> Parts:
    """What the network makes of the picture at a fraction of its size."""
    scaled = scaled_size(image.shape[:2], ratio)
    if 0 in scaled:
        raise RangeError(
            f"Strategy {strategy!r} would scale {image.shape[0]}x{image.shape[1]} to "
            f"{scaled[0]}x{scaled[1]} (sides times {ratio:.3g}, down to multiples of {MULTIPLE}): "
            "use the strategy 'tiled', which takes any size."
        )
    resized = resampling(image, scaled) * 255.0
    return backend.parts(resized.astype(np.float32))


def _check_tools(strategy: str, backend: Backend) -> None:
    require_extra("train", f"Strategy {strategy!r}", "skimage")
    if MULTIPLE % backend.spec.stride:
        raise ModelFormatError(
            f"Strategy {strategy!r} makes sides multiples of {MULTIPLE}, and {backend.spec.name} "
            f"needs multiples of {backend.spec.stride}: use the strategy 'tiled'."
        )


def _check_ratio(**ratios: float) -> None:
    for name, ratio in ratios.items():
        if not ratio > 0.0:
            raise RangeError(f"{name} is {ratio}; it must be above 0.")
