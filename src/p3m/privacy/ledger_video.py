"""What a ledger says of a video: its frames, and the faces that were followed in them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from p3m.privacy.boxes import Rectangle, hull

if TYPE_CHECKING:
    from p3m.privacy.cover import Cover


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackRecord:
    """A face that was followed.

    Attributes:
        id: Its number in the video, from 1.
        first: The first frame in which it is covered, from 0.
        last: The last.
        sightings: In how many frames it was found; in the others its neighbours tell.
        score: The greatest score among them.
        box: Holds all places that were covered for it: left, top, right and bottom in pixels.
    """

    id: int
    first: int
    last: int
    sightings: int
    score: float
    box: Rectangle

    @classmethod
    def of(cls, cover: Cover, frame: int, known: TrackRecord | None) -> TrackRecord:
        """The record after one more frame.

        Args:
            cover: What is hidden in the frame.
            frame: Its number.
            known: The record before; ``None`` for the first.
        """
        box = tuple(round(edge, 1) for edge in cover.box)
        left, top, right, bottom = box
        score = 0.0 if cover.face is None else round(cover.face.score, 4)
        seen = cover.face is not None
        if known is None:
            return cls(
                id=cover.track,
                first=frame,
                last=frame,
                sightings=int(seen),
                score=score,
                box=(left, top, right, bottom),
            )
        return replace(
            known,
            last=frame,
            sightings=known.sightings + seen,
            score=max(known.score, score),
            box=hull([known.box, (left, top, right, bottom)]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoRecord:
    """What was done to the frames of a video.

    Attributes:
        frames: How many there are.
        frames_covered: In how many something is hidden.
        seconds: When the last one begins.
        audio: Whether sound was copied.
        detect_every: Each how many frames faces were searched.
        gap: The most frames between two sightings that were joined.
        linger: For how many frames faces were covered before the first and after the last sighting.
        fail_secure: Whether lost faces were covered until they were found again.
        sightings_kept: Findings in regions that were to stay.
        tracks: The faces.
    """

    frames: int
    frames_covered: int
    seconds: float
    audio: bool
    detect_every: int
    gap: int
    linger: int
    fail_secure: bool
    sightings_kept: int
    tracks: tuple[TrackRecord, ...]

    @classmethod
    def read(cls, values: dict[str, Any]) -> VideoRecord:
        """A record as JSON has it.

        Raises:
            TypeError: If it is none.
        """
        tracks = tuple(
            TrackRecord(**{**track, "box": tuple(map(float, track["box"]))})
            for track in values["tracks"]
        )
        return cls(**{**values, "tracks": tracks})
