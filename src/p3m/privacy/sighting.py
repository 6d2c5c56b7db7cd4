"""One face in one frame, and what it says of the frames before and after."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from p3m.privacy.boxes import Rectangle, overlap
from p3m.privacy.contract import Face
from p3m.privacy.cover import Cover, Reason

DRIFT = 0.02
"""How far each edge of a face may stray in a frame from the path that is known, in face sizes."""

SWERVE = 0.25
"""The same for a face that moves, as a share of its speed."""

SAME = 0.3
"""The least overlap of two boxes that are taken for the same face without a doubt."""

_SOON = 4  # frames over which a speed tells where a face will be
_NEWS = 1 / 3  # how much one step says of the speed: detectors' boxes tremble
_EARLY = 8  # frames from which the speed before the first sighting is told
_REACH, _REACH_MORE, _REACH_MOST = 0.6, 0.2, 4.0  # face sizes: at once, more each frame, at most
_ALIKE = 2.0  # how many times larger one sighting of a face may be than another
_SURE_SIGHTINGS, _SURE_SCORE = 3, 0.5


@dataclass(slots=True, eq=False)
class Sighting:
    """A face in a frame, and its neighbours in time.

    Attributes:
        frame: Number of the frame.
        scene: Number of the scene.
        face: What the detector says.
        box: Its box, as an array of four.
        track: Number of the face in its video.
        speed: Of the four edges, in pixels a frame; ``None`` where it is not known.
        before: Earlier sightings that it is joined to.
        is_open: Whether no later one is surely the same face.
        is_last: Whether there is no later one at all.
        is_lost: Whether it is the last of a face that cannot have gone.
        first: The first of its track, as long as that one's speed is still learnt.
        count: How many sightings its track has up to this one.
        best: The greatest score among them.
    """

    frame: int
    scene: int
    face: Face
    box: NDArray[np.float64]
    track: int = 0
    speed: NDArray[np.float64] | None = None
    before: list[Sighting] = field(default_factory=list)
    is_open: bool = True
    is_last: bool = True
    is_lost: bool = False
    first: Sighting | None = None
    count: int = 1
    best: float = 0.0

    @classmethod
    def of(cls, face: Face, frame: int, scene: int) -> Sighting:
        """A sighting that is joined to none."""
        return cls(frame, scene, face, np.array(face.box, np.float64), best=face.score)

    @property
    def is_sure(self) -> bool:
        """Whether it is a face for certain: seen often enough, or clearly once."""
        return self.count >= _SURE_SIGHTINGS or self.best >= _SURE_SCORE

    @property
    def size(self) -> float:
        """The longer side of the box, in pixels."""
        return float(max(self.box[2] - self.box[0], self.box[3] - self.box[1]))

    def ahead(self, frames: int) -> NDArray[np.float64]:
        """The box so many frames later, or earlier if negative, at the same speed."""
        return self.box if self.speed is None else self.box + self.speed * frames

    def around(self, frames: int, reason: Reason, most: int) -> Cover:
        """Where the face may be so many frames later, or earlier if negative.

        It may have stayed or gone on, and strays a little further with each frame.

        Args:
            frames: How much later.
            reason: Why it is covered.
            most: The most frames for which it may have gone on at the same speed.
        """
        moving = max(-most, min(most, frames))
        gone, stray = self.ahead(moving), abs(frames) * _stray(self.size, self.speed)
        low, high = np.minimum(self.box, gone) - stray, np.maximum(self.box, gone) + stray
        return _cover(np.concatenate([low[:2], high[2:]]), self.box, self.track, reason)

    def seen(self) -> Cover:
        """The face in its own frame."""
        return _cover(self.box, self.box, self.track, "seen", self.face)

    def join(self, old: Sighting, *, is_same: bool) -> None:
        """Takes an earlier sighting as one of the same face.

        Args:
            old: The earlier one.
            is_same: Whether it is so without a doubt; its track and speed are taken on then.
        """
        old.is_last = False
        old.is_open &= not _closes(old, self)
        self.before.append(old)
        if is_same:
            step = (self.box - old.box) / (self.frame - old.frame)
            self.speed = step if old.speed is None else old.speed + _NEWS * (step - old.speed)
            first = old if old.speed is None else old.first
            if first is not None and self.frame - first.frame <= _EARLY:
                first.speed = (self.box - first.box) / (self.frame - first.frame)
                self.first = first

    def carry_on(self, old: Sighting) -> None:
        """Takes an earlier sighting's track."""
        self.track = old.track
        self.count = old.count + 1
        self.best = max(old.best, self.best)


def may_be_same(old: Sighting, new: Sighting) -> bool:
    """Whether a face can have got from one sighting to the other."""
    frames = new.frame - old.frame
    reach = min(_REACH + _REACH_MORE * frames, _REACH_MOST) * (old.size + new.size) / 2
    far = min(distance(old.box, new.box), distance(old.ahead(frames), new.box))
    return far <= reach and are_alike(old, new)


def sameness(old: Sighting, new: Sighting) -> float:
    """The overlap with where the face was, or would be by now."""
    there = overlap(_rectangle(old.box), new.face.box)
    return max(there, overlap(_rectangle(old.ahead(new.frame - old.frame)), new.face.box))


def passage(old: Sighting, new: Sighting, frame: int) -> Cover:
    """Where a face was on its way from one sighting to another.

    Args:
        old: The earlier one.
        new: The later one.
        frame: A frame between theirs.
    """
    frames = new.frame - old.frame
    share = (frame - old.frame) / frames
    box = old.box * (1 - share) + new.box * share
    size = float(max(box[2] - box[0], box[3] - box[1]))
    stray = min(frame - old.frame, new.frame - frame) * _stray(size, (new.box - old.box) / frames)
    grown = box + np.array([-stray, -stray, stray, stray])
    return _cover(grown, box, new.track, "between")


def _closes(old: Sighting, new: Sighting) -> bool:
    """Whether a later sighting is so surely of the same face that no other need be joined."""
    if new.frame - old.frame <= _SOON:
        return sameness(old, new) >= SAME
    return overlap(_rectangle(old.box), new.face.box) >= SAME


def _stray(size: float, speed: NDArray[np.float64] | None) -> float:
    """How far an edge may get off the known path within a frame, in pixels."""
    return DRIFT * size + (0.0 if speed is None else SWERVE * float(np.abs(speed).max()))


def _cover(
    place: NDArray[np.float64],
    box: NDArray[np.float64],
    track: int,
    reason: Reason,
    face: Face | None = None,
) -> Cover:
    size = float(box[3] - box[1]), float(box[2] - box[0])
    return Cover(track=track, reason=reason, box=_rectangle(place), size=size, face=face)


def _rectangle(box: NDArray[np.float64]) -> Rectangle:
    left, top, right, bottom = (float(edge) for edge in box)
    return left, top, right, bottom


def distance(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """From one box's middle to another's."""
    return float(np.hypot(*((first[:2] + first[2:]) - (second[:2] + second[2:])))) / 2


def are_alike(first: Sighting, second: Sighting) -> bool:
    """Whether two sightings are near enough in size to be of one face."""
    return max(first.size, second.size) <= _ALIKE * min(first.size, second.size)
