"""What every matting network returns, and the record by which it is known."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:  # so that the catalogue is read without loading torch
    from pathlib import Path

    from torch import Tensor, nn

BACKGROUND, TRANSITION, FOREGROUND = 0, 1, 2
"""The classes of the semantic decoder, in the order of its logits."""

CLASSES = 3
"""How many those are."""


class MattingOutput(NamedTuple):
    """What a matting network says about a batch of B pictures of H by W pixels.

    Attributes:
        global_logits: Scores of background, transition and foreground, shape (B, 3, H, W).
        local_alpha: Alpha in [0, 1] that is meant for the transition only, shape (B, 1, H, W).
        alpha: The fused alpha in [0, 1], shape (B, 1, H, W).
        side_logits: Scores of the side heads, deepest first, each (B, 3, H, W).
        coarse: Maps for a detail path at half size, shape (B, C, H / 2, W / 2): alpha, the
            probability of transition, features. None for a network without such a path.
    """

    global_logits: "Tensor"
    local_alpha: "Tensor"
    alpha: "Tensor"
    side_logits: "tuple[Tensor, ...]"
    coarse: "Tensor | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PackagedInitial:
    """Weights that an encoder may start its training from, and that an installed package carries.

    Attributes:
        summary: What they are, in a sentence.
        load: Loads them into the encoder.
    """

    summary: str
    load: "Callable[[nn.Module], None]"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserInitial:
    """Weights that an encoder may start its training from, in a file that the user brings.

    Attributes:
        summary: What they are and who publishes them, in a sentence.
        load: Loads the file into the encoder.
    """

    summary: str
    load: "Callable[[nn.Module, Path], None]"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEntry:
    """A network as the catalogue knows it.

    Attributes:
        name: Permanent name in kebab-case.
        summary: One sentence.
        paper: The work that it follows.
        section: Where in that work it is described.
        build: Makes the network with fresh weights.
        parameters: How many parameters it has, its encoder's unused classifier included.
        encoder: The encoder's place in the network, as ``get_submodule`` takes it.
        stride: Input sides must be multiples of this many pixels.
        min_side_px: Input sides must be at least this many pixels.
        area_px: The number of input pixels at which it is meant to work.
        mean: Mean of the input's normalisation, RGB in [0, 1].
        std: Standard deviation of the input's normalisation, RGB in [0, 1].
        initials: What its encoder may start from, besides fresh weights, by name.
    """

    name: str
    summary: str
    paper: str
    section: str
    build: "Callable[[], nn.Module]"
    parameters: int
    encoder: str
    stride: int
    min_side_px: int
    area_px: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    initials: Mapping[str, PackagedInitial | UserInitial] = field(default_factory=dict)
