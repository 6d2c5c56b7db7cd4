"""EFFECTS: the ways to hide a face, by name."""

from collections.abc import Callable
from dataclasses import dataclass

from p3m.core.catalog import Catalog
from p3m.core.errors import ConfigError
from p3m.privacy.contract import Effect
from p3m.privacy.effects import GaussianBlur, Mosaic, Solid


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectEntry:
    """An effect as the catalogue knows it.

    Attributes:
        name: Permanent name in kebab-case.
        summary: One sentence.
        strength: What a number says about it, and from where to where it may go; ``None`` for an
            effect without one.
        default: The strength where none is given.
        reversible: Whether the face could be had back from what is left.
        build: Makes the effect from a strength.
    """

    name: str
    summary: str
    strength: str | None
    default: float | None
    reversible: bool
    build: Callable[[float], Effect]


EFFECTS: Catalog[EffectEntry] = Catalog(
    "effect",
    [
        EffectEntry(
            name="blur",
            summary="A Gaussian blur of the region's own colours, as wide as a share of the face.",
            strength="standard deviation as a share of the face's longer side, 0.1 to 1",
            default=GaussianBlur().strength,
            reversible=False,
            build=lambda strength: GaussianBlur(strength=strength),
        ),
        EffectEntry(
            name="mosaic",
            summary="A fixed grid of mean colours over each face.",
            strength="cells along either side of the face, 1 to 8",
            default=Mosaic().cells,
            reversible=False,
            build=lambda strength: Mosaic(cells=round(strength)),
        ),
        EffectEntry(
            name="solid",
            summary="The mean colour of each face, all over it.",
            strength=None,
            default=None,
            reversible=False,
            build=lambda _: Solid(),
        ),
    ],
)


def create_effect(name: str, strength: float | None = None) -> Effect:
    """The effect of that name.

    Args:
        name: A name in `EFFECTS`.
        strength: See the entry's ``strength``; ``None`` takes its default.

    Raises:
        UnknownNameError: If no effect has that name.
        ConfigError: If the effect has no strength and one is given.
        RangeError: If the strength is out of its range.

    Example:
        >>> create_effect("mosaic", 3)
        Mosaic(cells=3)
    """
    entry = EFFECTS[name]
    if entry.strength is None and strength is not None:
        raise ConfigError(f"Effect {name!r} has no strength; leave it out.")
    chosen = entry.default if strength is None else strength
    return entry.build(0.0 if chosen is None else chosen)
