"""Faces over the frames of a video: what a detector misses in one frame, its neighbours tell.

Sightings of one face are joined in both directions of time. Between two of them the face is covered
where it must have passed; before the first and after the last of them, where it may have been.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from p3m.core.checks import check_range
from p3m.privacy.cover import Cover
from p3m.privacy.lost import LostFaces
from p3m.privacy.sighting import SAME, Sighting, distance, may_be_same, passage, sameness

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from p3m.imaging.types import Size
    from p3m.privacy.contract import Face

_OVER_CUT = 2  # frames: a flash looks like two cuts, and a cut may be seen one frame early


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedFrame:
    """What is hidden in a frame.

    Attributes:
        number: The frame's, from 0.
        covers: The places.
        lost: Tracks that end with this frame though their face cannot have gone.
    """

    number: int
    covers: tuple[Cover, ...]
    lost: tuple[int, ...] = ()


class Tracker:
    """Takes the faces of each frame, and gives what is to be hidden some frames later.

    A face's true box is covered in every frame, whichever frames the detector misses, as long as it
    misses no more than ``gap`` in a row and each edge moves steadily in them: no step of it differs
    from the mean step between the two sightings by more than `DRIFT` of the face's size and
    `SWERVE` of that mean step. What is found elsewhere changes nothing of this.

    Memory is bounded: what lies further back than twice the gap is forgotten.

    Args:
        size: Height and width of the frames.
        gap: The most frames between two sightings that are joined.
        linger: For how many frames a face is covered before its first and after its last sighting.
        fail_secure: Whether a face that was lost is covered until it is found again or the scene
            changes, in a place that grows with each frame. What was seen but once or twice, and not
            clearly, is not lost; nor is a face that moved out of the picture.

    Raises:
        RangeError: If ``gap`` or ``linger`` is less than 1.
    """

    def __init__(self, size: Size, *, gap: int, linger: int, fail_secure: bool = False) -> None:
        check_range("gap", gap, 1, 10_000)
        check_range("linger", linger, 1, 10_000)
        self.gap = gap
        self.linger = linger
        self.fail_secure = fail_secure
        self._size = size
        self._sightings: deque[Sighting] = deque()
        self._scenes: deque[int] = deque()
        self._first_scene_of = 0  # the frame that the first entry of _scenes is of
        self._lost = LostFaces(linger)
        self._taken = 0
        self._given = 0
        self._tracks = 0

    @property
    def delay(self) -> int:
        """How many frames after a frame's faces its covers are known."""
        return max(self.gap + 2, self.linger)

    def push(self, faces: Sequence[Face], *, is_cut: bool = False) -> TrackedFrame | None:
        """Takes the faces of the next frame.

        Args:
            faces: What was found; nothing if it was not searched.
            is_cut: Whether a new scene begins with it.

        Returns:
            What is hidden in an earlier frame, `delay` before; ``None`` while there is none.
        """
        scene = (self._scenes[-1] if self._scenes else 0) + is_cut
        self._scenes.append(scene)
        if is_cut:
            self._end_scene(scene)
        self._give_up(scene)
        found = [Sighting.of(face, self._taken, scene) for face in faces]
        for sighting in found:
            self._join(sighting)
        self._sightings.extend(found)
        self._taken += 1
        return self._give() if self._taken - self._given > self.delay else None

    def finish(self) -> Iterator[TrackedFrame]:
        """What is hidden in the frames that are left, after the last was pushed."""
        for sighting in self._sightings:
            if self.fail_secure and not sighting.is_lost and self._is_missed(sighting):
                self._lost.add(sighting)
        while self._given < self._taken:
            yield self._give()

    def _join(self, new: Sighting) -> None:
        """Joins a sighting to the earlier ones that may be of the same face."""
        same, others = self._earlier(new)
        for old in others:
            new.join(old, is_same=False)
        if same is not None:
            new.join(same, is_same=True)
        nearest = same or min(others, key=lambda old: distance(old.box, new.box), default=None)
        if nearest is None:
            nearest = self._lost.find(new)
        if nearest is None:
            self._tracks += 1
            new.track = self._tracks
        else:
            new.carry_on(nearest)

    def _earlier(self, new: Sighting) -> tuple[Sighting | None, list[Sighting]]:
        """The last sighting that is surely of the same face, and later ones that may be.

        Only those are named that no sure one followed: a face that was not seen since must not be
        given up because another one is near.
        """
        others: list[Sighting] = []
        for frame, group in groupby(reversed(self._sightings), lambda old: old.frame):
            if new.frame - frame > self.gap + 1:
                break
            near = [old for old in group if old.scene == new.scene and may_be_same(old, new)]
            best = max(near, key=lambda old: sameness(old, new), default=None)
            if best is not None and sameness(best, new) >= SAME:
                return best, others
            others += [old for old in near if old.is_open]
        return None, others

    def _end_scene(self, scene: int) -> None:
        """Ends what was lost in the scene before, up to now or without being noticed yet."""
        until = self._taken + _OVER_CUT
        self._lost.end(until)
        for sighting in self._sightings:
            unnoticed = sighting.scene == scene - 1 and not sighting.is_lost
            if self.fail_secure and unnoticed and self._is_missed(sighting):
                self._lost.add(sighting, until)

    def _give_up(self, scene: int) -> None:
        """Notes the faces that no later sighting can be joined to any more."""
        expired = self._taken - self.gap - 2
        for sighting in self._sightings:
            if sighting.frame > expired:
                break
            missed = sighting.frame == expired and sighting.scene == scene
            if missed and self._is_missed(sighting):
                sighting.is_lost = True
                if self.fail_secure:
                    self._lost.add(sighting)

    def _is_missed(self, last: Sighting) -> bool:
        """Whether a face ends within the picture, and surely was one."""
        ahead = last.ahead(self.linger)
        across, down = (ahead[0] + ahead[2]) / 2, (ahead[1] + ahead[3]) / 2
        inside = 0 <= across < self._size[1] and 0 <= down < self._size[0]
        return last.is_last and bool(inside) and last.is_sure

    def _give(self) -> TrackedFrame:
        now = self._given
        covers = tuple(cover for cover in self._covers(now) if _is_visible(cover, self._size))
        ends = tuple(one.track for one in self._sightings if one.frame == now and one.is_lost)
        self._given += 1
        self._forget()
        return TrackedFrame(number=now, covers=covers, lost=ends)

    def _covers(self, now: int) -> Iterator[Cover]:
        for one in self._sightings:
            if one.frame == now:
                yield one.seen()
            elif one.frame < now:
                if one.is_open and self._lingers(one, now):
                    yield one.around(now - one.frame, "after", self.linger)
            else:
                yield from (passage(old, one, now) for old in one.before if old.frame < now)
                if not one.before and self._lingers(one, now):
                    yield one.around(now - one.frame, "before", self.linger)
        yield from self._lost.covers(now)

    def _lingers(self, one: Sighting, frame: int) -> bool:
        """Whether a frame is near enough to a sighting, and of its scene or right beside it."""
        away = abs(frame - one.frame)
        closer = max(0, away - _OVER_CUT) * (1 if frame > one.frame else -1)
        scene = self._scenes[one.frame + closer - self._first_scene_of]
        return away <= self.linger and scene == one.scene

    def _forget(self) -> None:
        """Drops what has no part in any frame to come."""
        oldest = self._given - self.delay
        while self._sightings and self._sightings[0].frame < oldest:
            self._sightings.popleft()
        for one in self._sightings:
            if one.frame > self._given:
                break
            one.before = []
        while self._first_scene_of < oldest:
            self._scenes.popleft()
            self._first_scene_of += 1
        self._lost.forget(self._given)


def _is_visible(cover: Cover, size: Size) -> bool:
    left, top, right, bottom = cover.box
    return left < size[1] and top < size[0] and right > 0 and bottom > 0
