"""Faces that were lost: where they may be until they are found again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from p3m.privacy.sighting import Sighting, are_alike

if TYPE_CHECKING:
    from collections.abc import Iterator

    from p3m.privacy.cover import Cover

_MOST = 32


class LostFaces:
    """The places of lost faces, each larger with every frame.

    There are never more than 32: two of them become one place that holds both.

    Args:
        linger: For how many frames a face is thought to go on at its speed.
    """

    def __init__(self, linger: int) -> None:
        self._linger = linger
        self._lost: list[_Lost] = []

    def add(self, last: Sighting, until: float = np.inf) -> None:
        """Adds a face, from after its last sighting until before a frame."""
        # Else all that came before would be held with it.
        alone = replace(last, before=[], first=None)
        self._lost.append(_Lost(alone, until))
        if len(self._lost) > _MOST:
            first, second, *rest = self._lost
            self._lost = [self._both(first, second), *rest]

    def end(self, frame: int) -> None:
        """Ends all of them before a frame, that of another scene."""
        for lost in self._lost:
            lost.until = min(lost.until, frame)

    def find(self, new: Sighting) -> Sighting | None:
        """The last sighting of a lost face that a new one may be of; it is lost no more."""
        for lost in self._lost:
            if lost.until > new.frame and self._may_be(lost.last, new):
                lost.until = new.frame
                return lost.last
        return None

    def covers(self, frame: int) -> Iterator[Cover]:
        """What is hidden for them in a frame."""
        for lost in self._lost:
            if lost.last.frame < frame < lost.until:
                yield self._place(lost.last, frame)

    def forget(self, frame: int) -> None:
        """Drops those that have no part in a frame or any later one."""
        self._lost = [lost for lost in self._lost if lost.until > frame]

    def _place(self, last: Sighting, frame: int) -> Cover:
        return last.around(frame - last.frame, "lost", self._linger)

    def _may_be(self, last: Sighting, new: Sighting) -> bool:
        left, top, right, bottom = self._place(last, new.frame).box
        across, down = (new.box[:2] + new.box[2:]) / 2
        return bool(left <= across <= right and top <= down <= bottom) and are_alike(last, new)

    def _both(self, first: _Lost, second: _Lost) -> _Lost:
        """Both in one place; the later face gives its name."""
        earlier, later = sorted((first.last, second.last), key=lambda last: last.frame)
        box = np.array(self._place(earlier, later.frame).box)
        box[:2] = np.minimum(box, later.box)[:2]
        box[2:] = np.maximum(box, later.box)[2:]
        last = Sighting(later.frame, later.scene, later.face, box, later.track)
        return _Lost(last, max(first.until, second.until))


@dataclass(slots=True, eq=False)
class _Lost:
    """A lost face's last sighting, and the frame in which it is found or its scene ends."""

    last: Sighting
    until: float
