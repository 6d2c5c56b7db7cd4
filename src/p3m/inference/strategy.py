"""How pictures of any size meet a network that likes one size: STRATEGIES, by name."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar, Protocol, TypeVar

import numpy as np

from p3m.core.catalog import Catalog
from p3m.core.errors import RangeError
from p3m.imaging.resize import fit_area, pad_to_multiple, resize, unpad
from p3m.imaging.types import Alpha, Image, Size
from p3m.inference.backend import Backend
from p3m.inference.coarse import CoarseMaps
from p3m.inference.windows import Window, crop, cut

Item = TypeVar("Item")

_BAND_ROWS = 256


class Strategy(Protocol):
    """A way to run a model on a picture of any size."""

    @property
    def name(self) -> str:
        """Its name in :data:`STRATEGIES`."""

    def predict(self, backend: Backend, image: Image) -> Alpha:
        """Alpha of the picture's size.

        Args:
            backend: The model.
            image: Shape (H, W, 3), of any size from 1 by 1.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Resize:
    """The whole picture at low resolution, and its alpha enlarged: fast, and soft at hair.

    The picture's aspect ratio is kept; it is padded to the network's stride, never squeezed, and
    never enlarged.

    Attributes:
        area_px: Pixels that the network sees, about; ``None`` takes the number that the model
            likes.
    """

    name: ClassVar[str] = "resize"
    area_px: int | None = None

    def __post_init__(self) -> None:
        _check_positive(area_px=self.area_px)

    def predict(self, backend: Backend, image: Image) -> Alpha:
        """Alpha of the picture's size; see :meth:`Strategy.predict`."""
        size = image.shape[:2]
        small = _working_size(size, self.area_px, backend)
        padded = pad_to_multiple(resize(image, small), backend.spec.stride)
        return resize(unpad(backend.coarse(padded)[0], small), size)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hybrid:
    """Semantics at low resolution, details from the whole picture at once at full resolution.

    The reference for :class:`Tiled`. Its memory grows with the picture, by hundreds of bytes a
    pixel.

    References:
        Li et al., "Privacy-Preserving Portrait Matting", ACM MM 2021: the HYBRID test strategy.

    Attributes:
        area_px: Pixels that the network sees at low resolution; ``None`` takes the number that the
            model likes.
    """

    name: ClassVar[str] = "hybrid"
    area_px: int | None = None

    def __post_init__(self) -> None:
        _check_positive(area_px=self.area_px)

    def predict(self, backend: Backend, image: Image) -> Alpha:
        """Alpha of the picture's size; see :meth:`Strategy.predict`."""
        size = image.shape[:2]
        coarse = _coarse(backend, image, self.area_px)
        whole = pad_to_multiple(image, backend.spec.window_multiple)
        maps = coarse.read((0, 0, whole.shape[1], whole.shape[0]))
        return unpad(backend.refine(whole[None], maps[None])[0], size)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiled:
    """As :class:`Hybrid`, but details only in windows that hold transition; the default.

    Windows overlap by what a refined pixel sees, so their edges leave no trace. Beside the picture
    and its alpha, memory is bounded by one batch of windows, whatever the picture's size.

    Attributes:
        area_px: Pixels that the network sees at low resolution; ``None`` takes the number that the
            model likes.
        core_px: About the side of the part of a window whose result is kept.
        threshold: A window is refined if a pixel in its core has a higher probability of
            transition; the others take the enlarged low-resolution alpha. Where a model's
            corrections lie within 1, this is the greatest difference to :class:`Hybrid`.
        batch_px: Pixels of windows that are refined at once, about.
    """

    name: ClassVar[str] = "tiled"
    area_px: int | None = None
    core_px: int = 128
    threshold: float = 0.01
    batch_px: int = 1 << 17

    def __post_init__(self) -> None:
        _check_positive(area_px=self.area_px, core_px=self.core_px, batch_px=self.batch_px)

    def predict(self, backend: Backend, image: Image) -> Alpha:
        """Alpha of the picture's size; see :meth:`Strategy.predict`."""
        size = image.shape[:2]
        coarse = _coarse(backend, image, self.area_px)
        alpha = _enlarged(coarse, size)
        for batch in self._batches(coarse, size, backend):
            refined = backend.refine(
                np.stack([crop(image, window.outer) for window in batch]),
                np.stack([coarse.read(window.outer) for window in batch]),
            )
            for window, result in zip(batch, refined, strict=True):
                left, top, right, bottom = window.core
                alpha[top:bottom, left:right] = result[window.inner]
        return alpha

    def _batches(
        self, coarse: CoarseMaps, size: Size, backend: Backend
    ) -> Iterator[Sequence[Window]]:
        """The windows that hold transition, as many at once as the bound on pixels allows."""
        wanted = (
            window
            for window in cut(
                size,
                core_px=self.core_px,
                halo_px=backend.spec.halo_px,
                multiple=backend.spec.window_multiple,
            )
            if coarse.transition(window.core) > self.threshold
        )
        for first in wanted:
            left, top, right, bottom = first.outer
            count = max(1, self.batch_px // ((right - left) * (bottom - top)))
            yield [first, *islice(wanted, count - 1)]


def _working_size(size: Size, area_px: int | None, backend: Backend) -> Size:
    """The size at which the whole model sees a picture: never larger, its padded area bounded.

    A strip so thin that padding would multiply its area is shortened instead.
    """
    stride = backend.spec.stride
    area_px = area_px or backend.spec.area_px
    longest = max(stride, 4 * area_px // stride)
    height, width = fit_area(size, min(area_px, size[0] * size[1]))
    return min(height, longest), min(width, longest)


def _coarse(backend: Backend, image: Image, area_px: int | None) -> CoarseMaps:
    """What the model makes of the whole picture, to be read at the picture's own pixels."""
    small = _working_size(image.shape[:2], area_px, backend)
    padded = pad_to_multiple(resize(image, small), backend.spec.stride)
    _, maps = backend.coarse(padded)
    step = (
        small[0] / image.shape[0] * maps.shape[1] / padded.shape[0],
        small[1] / image.shape[1] * maps.shape[2] / padded.shape[1],
    )
    return CoarseMaps(maps, step)


def _enlarged(coarse: CoarseMaps, size: Size) -> Alpha:
    """The low-resolution alpha at full size, made a few rows at a time."""
    height, width = size
    alpha = np.empty(size, dtype=np.float32)
    for top in range(0, height, _BAND_ROWS):
        bottom = min(top + _BAND_ROWS, height)
        alpha[top:bottom] = coarse.read((0, top, width, bottom), channels=1)[0]
    return alpha


def _check_positive(**values: int | None) -> None:
    for name, value in values.items():
        if value is not None and value < 1:
            raise RangeError(f"{name} is {value}; it must be at least 1.")


STRATEGIES: Catalog[Strategy] = Catalog("strategy", [Tiled(), Hybrid(), Resize()])
"""The strategies with their defaults, by name."""
