"""Faces that are to stay, as a person named them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from p3m.core.errors import ConfigError
from p3m.privacy.boxes import Rectangle
from p3m.privacy.ledger import FaceRecord

_NUMBERED = re.compile(r"(?P<name>.*)#(?P<number>\d+)")


@dataclass(frozen=True, slots=True)
class Exemptions:
    """Which faces stay.

    Attributes:
        numbered: Place of a file (or nothing for any file) and number of a face.
        regions: Boxes; a face whose middle lies in one stays.
    """

    numbered: frozenset[tuple[str, int]] = frozenset()
    regions: tuple[Rectangle, ...] = ()

    @classmethod
    def parse(cls, texts: Iterable[str], places: Sequence[PurePath]) -> "Exemptions":
        """Reads ``NAME#NUMBER``, ``#NUMBER`` and ``LEFT,TOP,RIGHT,BOTTOM``.

        Args:
            texts: What a person wrote.
            places: The files of the run. A name is a file's place among them, or its file name or
                stem where no other file has it.

        Raises:
            ConfigError: If a text is none of these, or a name stands for several files.

        Example:
            >>> Exemptions.parse(["group#2", "0,0,100,80"], [PurePath("group.jpg")])
            Exemptions(numbered=frozenset({('group.jpg', 2)}), regions=((0.0, 0.0, 100.0, 80.0),))
        """
        numbered, regions = set(), []
        for text in texts:
            if match := _NUMBERED.fullmatch(text):
                numbered.add((_place(match["name"], places), int(match["number"])))
            else:
                regions.append(_rectangle(text))
        return cls(frozenset(numbered), tuple(regions))

    def names(self, place: PurePath) -> bool:
        """Whether a face of a file is named by its number."""
        return any(name in ("", place.as_posix()) for name, _ in self.numbered)

    def has(self, face: FaceRecord, place: PurePath) -> bool:
        """Whether a face stays: because it is named, lies in a region, or was marked already."""
        left, top, right, bottom = face.box
        across, down = (left + right) / 2, (top + bottom) / 2
        return (
            face.kept
            or any((name, face.id) in self.numbered for name in ("", place.as_posix()))
            or any(r[0] <= across < r[2] and r[1] <= down < r[3] for r in self.regions)
        )


def _place(name: str, places: Sequence[PurePath]) -> str:
    """The place that a name stands for; the name itself where it stands for none."""
    if any(name == place.as_posix() for place in places):
        return name
    meant = [place.as_posix() for place in places if name in (place.name, place.stem)]
    if len(meant) > 1:
        raise ConfigError(
            f"{name!r} stands for {meant[0]} and {meant[1]}; write {meant[0]}#NUMBER."
        )
    return meant[0] if meant else name


def _rectangle(text: str) -> Rectangle:
    try:
        left, top, right, bottom = (float(number) for number in text.split(","))
    except ValueError:
        raise ConfigError(
            f"{text!r} names no face; use NAME#NUMBER, #NUMBER or LEFT,TOP,RIGHT,BOTTOM."
        ) from None
    return left, top, right, bottom
