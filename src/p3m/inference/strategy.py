"""How pictures of any size meet a network that likes one size: STRATEGIES, by name."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, cycle, islice
from typing import ClassVar, Protocol, TypeVar

import numpy as np

from p3m.core.catalog import Catalog
from p3m.core.checks import check_range
from p3m.core.errors import RangeError
from p3m.core.threads import thread_map
from p3m.imaging.resize import fit_area, halvings, pad_to_multiple, resize, unpad
from p3m.imaging.types import Alpha, Image, Size
from p3m.inference.coarse import CoarseMaps, Maps
from p3m.inference.contract import Alphas, Backend, Images
from p3m.inference.released import P3MHybrid, P3MResize
from p3m.inference.windows import Window, crop, cut

Item = TypeVar("Item")

_BAND_ROWS = 256


class Strategy(Protocol):
    """A way to run a model on a picture of any size."""

    @property
    def name(self) -> str:
        """Its name in :data:`STRATEGIES`."""

    def check(self, backend: Backend) -> None:
        """Refuses a model or a machine that it cannot work with, before a picture is read."""

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

    def check(self, backend: Backend) -> None:
        """Does nothing: any model will do."""

    def predict(self, backend: Backend, image: Image) -> Alpha:
        """Alpha of the picture's size; see :meth:`Strategy.predict`."""
        size = image.shape[:2]
        small = _working_size(size, self.area_px, backend)
        padded = pad_to_multiple(resize(image, small), backend.spec.stride)
        return resize(unpad(backend.coarse(padded)[0], small), size)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hybrid:
    """Semantics at low resolution, details from the whole picture at once at full resolution.

    The reference for :class:`Tiled`. Its memory grows with the picture: as there, with the
    picture's own pixels in place of a window's.

    References:
        Li et al., "Privacy-Preserving Portrait Matting", ACM MM 2021: the HYBRID test strategy, of
        which :class:`p3m.inference.released.P3MHybrid` is the exact form.

    Attributes:
        area_px: Pixels that the network sees at low resolution; ``None`` takes the number that the
            model likes.
    """

    name: ClassVar[str] = "hybrid"
    area_px: int | None = None

    def __post_init__(self) -> None:
        _check_positive(area_px=self.area_px)

    def check(self, backend: Backend) -> None:
        """Does nothing: any model will do."""

    def predict(self, backend: Backend, image: Image) -> Alpha:
        """Alpha of the picture's size; see :meth:`Strategy.predict`."""
        return _refine_upwards(backend, image, self.area_px, self._refine)

    @staticmethod
    def _refine(backend: Backend, image: Image, coarse: CoarseMaps) -> Alpha:
        whole = pad_to_multiple(image, backend.spec.window_multiple)
        maps = coarse.read((0, 0, whole.shape[1], whole.shape[0]))
        return unpad(backend.refine(whole[None], maps[None])[0], image.shape[:2])


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiled:
    r"""As :class:`Hybrid`, but details only in windows that hold transition; the default.

    Windows overlap by what a refined pixel sees, so their edges leave no trace. A network without a
    detail path sees further than a window; its windows fade into each other.

    Memory is bounded, whatever the picture's size H by W:

    .. math:: M \le M_0 + k \cdot \max(A, w^2, b) + 10 H W

    with M_0 bytes for the process and the weights, k bytes that the network holds for each pixel
    that it sees (4 for every channel at full size that is alive at once: 64 channels are 256), A
    pixels that it sees at low resolution (``area_px``, sides rounded up to the stride), windows of
    side w (``ModelSpec.window_px``: 512 for a network without a detail path) of which b pixels
    (``batch_px``) are refined at once, by all threads together, and 7 bytes a pixel for picture and
    alpha, a third more where a picture is refined from its halvings up (``ModelSpec.from_halves``).

    Attributes:
        area_px: Pixels that the network sees at low resolution; ``None`` takes the number that the
            model likes, but without a detail path no more than a window has.
        core_px: About the side of the part of a window whose result is kept; ``None`` takes the
            model's.
        threshold: A window is refined if a pixel that it has a say in has a higher probability of
            transition; the others take the enlarged low-resolution alpha. Where a model's
            corrections lie within 1, this is the greatest difference to :class:`Hybrid` that
            leaving these out makes, at each of the picture's halvings that is refined.
        settled: Windows in all of which the low-resolution alpha is nearer than this to 0, or to 1,
            are left out, too, where there is a detail path: it is there to sharpen what is soft. 0
            leaves out none for that.
        batch_px: Pixels of windows that are refined at once, by all threads together; one window
            at least. More threads than these are windows find nothing to do.
    """

    name: ClassVar[str] = "tiled"
    area_px: int | None = None
    core_px: int | None = None
    threshold: float = 0.01
    settled: float = 1 / 255
    batch_px: int = 1 << 17

    def __post_init__(self) -> None:
        _check_positive(area_px=self.area_px, core_px=self.core_px, batch_px=self.batch_px)
        check_range("settled", self.settled, 0.0, 0.5)
        check_range("threshold", self.threshold, -1.0, 1.0)

    def check(self, backend: Backend) -> None:
        """Does nothing: any model will do."""

    def predict(self, backend: Backend, image: Image) -> Alpha:
        """Alpha of the picture's size; see :meth:`Strategy.predict`."""
        area_px = self.area_px or backend.spec.bounded_area_px
        return _refine_upwards(backend, image, area_px, self._refine)

    def _refine(self, backend: Backend, image: Image, coarse: CoarseMaps) -> Alpha:
        size = image.shape[:2]
        alpha = _enlarged(coarse, size)
        windows = self._wanted(coarse, alpha, backend)
        first = next(windows, None)
        if first is None:
            return alpha
        left, top, right, bottom = first.outer
        at_once = max(1, self.batch_px // ((right - left) * (bottom - top)))
        workers = min(backend.refiners, at_once)
        count = at_once // workers
        # Room for the batches in hand, used again and again: memory that is new is slow.
        rooms = np.empty(
            (workers + 1, count, len(coarse.maps), bottom - top, right - left), np.float32
        )

        def feeds() -> Iterator[tuple[list[Window], Images, Maps]]:
            rest = chain([first], windows)
            for room in cycle(rooms):
                if not (batch := list(islice(rest, count))):
                    return
                maps = room[: len(batch)]
                for window, part in zip(batch, maps, strict=True):
                    coarse.read(window.outer, out=part)
                yield batch, np.stack([crop(image, window.outer) for window in batch]), maps

        def refined(feed: tuple[list[Window], Images, Maps]) -> tuple[list[Window], Maps, Alphas]:
            batch, images, maps = feed
            return batch, maps[:, 0], backend.refine(images, maps)

        for batch, low, high in thread_map(refined, feeds(), workers=workers):
            for window, before, after in zip(batch, low, high, strict=True):
                _put(alpha, window, before, after)
        return alpha

    def _wanted(self, coarse: CoarseMaps, alpha: Alpha, backend: Backend) -> Iterator[Window]:
        """The windows that are to be refined, all of one size.

        Args:
            coarse: What is known of the picture.
            alpha: The low-resolution alpha at full size; only windows that have been given may have
                been refined in it.
            backend: The model.
        """
        spec = backend.spec
        settled = self.settled if spec.detail else 0.0
        windows = cut(
            (alpha.shape[0], alpha.shape[1]),
            core_px=self.core_px or spec.core_px,
            halo_px=spec.halo_px,
            multiple=spec.window_multiple,
            blend_px=spec.blend_px,
        )
        for window in windows:
            if coarse.transition(window.reach) <= self.threshold:
                continue
            left, top, right, bottom = window.reach
            known = alpha[top:bottom, left:right]
            if not settled or (known.max() >= settled and known.min() <= 1.0 - settled):
                yield window


def _put(alpha: Alpha, window: Window, low: Alpha, high: Alpha) -> None:
    """Writes a refined window into the enlarged low-resolution alpha, or adds its share to it.

    Shares are added to what was there at first, not to what neighbours made of it, so that they
    meet in any order.
    """
    left, top, right, bottom = window.reach
    weights = window.weights()
    if weights is None:
        alpha[top:bottom, left:right] = high[window.inner]
    else:
        alpha[top:bottom, left:right] += weights * (high[window.inner] - low[window.inner])


def _working_size(size: Size, area_px: int | None, backend: Backend) -> Size:
    """The size at which the whole model sees a picture: never larger, its padded area bounded.

    A strip so thin that padding would multiply its area is shortened instead.
    """
    stride = backend.spec.stride
    area_px = area_px or backend.spec.area_px
    longest = max(stride, 4 * area_px // stride)
    height, width = fit_area(size, min(area_px, size[0] * size[1]))
    return min(height, longest), min(width, longest)


Refine = Callable[[Backend, Image, CoarseMaps], Alpha]
"""From a picture and what is known of it at lower resolution to its alpha."""


def _refine_upwards(backend: Backend, image: Image, area_px: int | None, refine: Refine) -> Alpha:
    """The alpha of a picture, refined once, or once for each of its halvings and for itself.

    So a detail path that was taught to enlarge by two at most meets nothing else, however large the
    picture is; the halvings together are a third of its pixels.
    """
    size: Size = (image.shape[0], image.shape[1])
    small = _working_size(size, area_px, backend)
    coarse = _coarse(backend, image, small)
    steps = halvings(max(size[0] / small[0], size[1] / small[1])) if backend.spec.from_halves else 0
    for power in range(steps, 0, -1):
        here = (-(-size[0] >> power), -(-size[1] >> power))
        alpha = refine(backend, resize(image, here), coarse.of(here, instead_of=size))
        coarse = coarse.with_alpha(alpha, size)
    return refine(backend, image, coarse)


def _coarse(backend: Backend, image: Image, small: Size) -> CoarseMaps:
    """What the model makes of the whole picture, to be read at the picture's own pixels."""
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
        coarse.read((0, top, width, bottom), channels=1, out=alpha[None, top:bottom])
    return alpha


def _check_positive(**values: int | None) -> None:
    for name, value in values.items():
        if value is not None and value < 1:
            raise RangeError(f"{name} is {value}; it must be at least 1.")


STRATEGIES: Catalog[Strategy] = Catalog(
    "strategy",
    [
        Tiled(),
        Hybrid(),
        Resize(),
        P3MResize(),
        P3MHybrid(),
        P3MHybrid(name="gfm-hybrid", global_ratio=1 / 3, local_ratio=1 / 2),
        P3MHybrid(name="aim-hybrid", global_ratio=1 / 4, local_ratio=1 / 2),
    ],
)
"""The strategies with their defaults, by name."""
