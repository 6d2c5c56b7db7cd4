"""What a model says about itself: the numbers by which a picture is prepared for it."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from p3m.core import imagenet
from p3m.core.errors import ModelFormatError

FORMAT = "1"

_DETAIL_CORE_PX = 128

Value = TypeVar("Value")
Colour = tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """How to feed a matting model; the defaults are for files that say nothing of themselves.

    Attributes:
        name: The model's name, or its file's.
        stride: Sides of the picture that the whole model sees are multiples of it.
        area_px: About how many pixels it was trained to see at once.
        mean: Subtracted from red, green and blue in [0, 1]; ImageNet's by default.
        std: What the difference is divided by; ImageNet's by default.
        window_multiple: Sides of a window that is refined are multiples of it.
        halo_px: How far a refined pixel looks; nearer than that to a window's edge no result is
            trusted.
        core_px: About the side of the part of a window whose result counts.
        blend_px: Over so many pixels neighbouring windows fade into each other; 0 where the halo
            holds all that a refined pixel sees, so that they agree anyway.
        detail: Whether a detail path refines windows, and not the network itself.
        from_halves: Whether it enlarges by two at most: then a picture is refined from its halvings
            up, the alpha of each being what the next one begins with.
    """

    name: str
    stride: int = 32
    area_px: int = 512 * 512
    mean: Colour = imagenet.MEAN
    std: Colour = imagenet.STD
    window_multiple: int = 32
    halo_px: int = 64
    core_px: int = 384
    blend_px: int = 64
    detail: bool = False
    from_halves: bool = False

    @property
    def window_px(self) -> int:
        """The greatest side of a window."""
        core, halo = (
            -(-side // self.window_multiple) * self.window_multiple
            for side in (self.core_px, self.halo_px)
        )
        return core + 2 * halo

    @property
    def bounded_area_px(self) -> int:
        """About how many pixels the network may see at once if windows are to bound its memory."""
        return self.area_px if self.detail else min(self.area_px, self.window_px**2)

    def with_detail(self, *, multiple: int, halo_px: int, from_halves: bool = False) -> "ModelSpec":
        """The same with a detail path, which sees a few pixels around each and no more.

        Args:
            multiple: Sides of its windows are multiples of it.
            halo_px: How far it looks.
            from_halves: Whether it enlarges by two at most.
        """
        return replace(
            self,
            window_multiple=multiple,
            halo_px=halo_px,
            core_px=_DETAIL_CORE_PX,
            blend_px=0,
            detail=True,
            from_halves=from_halves,
        )


def read_spec(name: str, metadata: Mapping[str, str]) -> ModelSpec:
    """The specification in an ONNX file's metadata; what the file does not say has its default.

    Args:
        name: The file's name, for errors and for files that do not say their own.
        metadata: The file's ``metadata_props``; those of p3m begin with ``p3m.``.

    Raises:
        ModelFormatError: If the file is of another format of p3m's, or a value cannot be used.

    Example:
        >>> read_spec("a.onnx", {"p3m.format": "1", "p3m.stride": "16"}).stride
        16
    """
    default = ModelSpec(name=name)
    version = metadata.get("p3m.format")
    if version is None:
        return default
    if version != FORMAT:
        raise ModelFormatError(
            f"{name} is of p3m's model format {version!r}; this version reads format {FORMAT!r}. "
            "Install the version of p3m that wrote it, or export the model again."
        )

    def read(key: str, parse: Callable[[str], Value], otherwise: Value) -> Value:
        text = metadata.get(key)
        if text is None:
            return otherwise
        try:
            return parse(text)
        except ValueError as error:
            raise ModelFormatError(f"{name}: its metadata {key} is {text!r}; {error}.") from error

    stride = read("p3m.stride", _at_least_1, default.stride)
    spec = ModelSpec(
        name=metadata.get("p3m.name", name),
        stride=stride,
        area_px=read("p3m.area_px", _at_least_1, default.area_px),
        mean=read("p3m.mean", _three_numbers, default.mean),
        std=read("p3m.std", _three_above_0, default.std),
        window_multiple=stride,
    )
    if "p3m.detail" not in metadata:
        return spec
    return spec.with_detail(
        multiple=read("p3m.detail_multiple", _at_least_1, stride),
        halo_px=read("p3m.detail_halo_px", _at_least_0, spec.halo_px),
        from_halves=read("p3m.detail_from_halves", _at_least_0, 0) > 0,
    )


def _at_least_0(text: str) -> int:
    if not text.isdecimal():
        raise ValueError("it must be a whole number, at least 0")
    return int(text)


def _at_least_1(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ValueError("it must be a whole number, at least 1")
    return int(text)


def _three_numbers(text: str) -> Colour:
    wanted = "it must be three numbers separated by commas"
    try:
        red, green, blue = (float(part) for part in text.split(","))
    except ValueError as error:
        raise ValueError(wanted) from error
    if not all(map(math.isfinite, (red, green, blue))):
        raise ValueError(wanted)
    return red, green, blue


def _three_above_0(text: str) -> Colour:
    colour = _three_numbers(text)
    if min(colour) <= 0.0:
        raise ValueError("each of its three numbers must be above 0")
    return colour
