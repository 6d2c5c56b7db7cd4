"""What is counted while the frames of a video go by."""

from collections.abc import Iterator

from p3m.imaging.video import Frame, VideoInfo
from p3m.pipelines.anonymize_plan import AnonymizeSettings
from p3m.privacy.ledger_video import TrackRecord, VideoRecord
from p3m.privacy.tracking import TrackedFrame, Tracker

_MOST_NAMED = 5


class VideoTally:
    """Counts frames, faces, and what a person should look at.

    Args:
        info: Of the video.
        tracker: Follows the faces.
        settings: How they are hidden.

    Attributes:
        frames: How many frames went by.
        covered_px: Pixels that were covered, in all frames together.
        kept: Findings that were to stay.
        tracks: The faces that were followed, by their numbers.
    """

    def __init__(self, info: VideoInfo, tracker: Tracker, settings: AnonymizeSettings) -> None:
        self._info = info
        self._tracker = tracker
        self._settings = settings
        self.frames = 0
        self.covered_px = 0
        self.kept = 0
        self.tracks: dict[int, TrackRecord] = {}
        self._covered = 0
        self._end_s = 0.0
        self._lost: list[str] = []
        self._lost_count = 0

    def add(self, frame: Frame, tracked: TrackedFrame) -> None:
        """Counts a frame."""
        self.frames += 1
        self._covered += bool(tracked.covers)
        self._end_s = frame.time_s
        for cover in tracked.covers:
            known = self.tracks.get(cover.track)
            self.tracks[cover.track] = TrackRecord.of(cover, tracked.number, known)
        self._lost_count += len(tracked.lost)
        if len(self._lost) < _MOST_NAMED:
            self._lost += [f"face {n} was lost at {clock(frame.time_s)}" for n in tracked.lost]

    @property
    def doubts(self) -> tuple[str, ...]:
        """What a person should look at."""
        return tuple(self._doubts())

    def record(self) -> VideoRecord:
        """What a ledger says of it."""
        settings = self._settings
        return VideoRecord(
            frames=self.frames,
            frames_covered=self._covered,
            seconds=round(self._end_s, 3),
            audio=bool(self._info.audio and settings.audio),
            detect_every=settings.detect_every,
            gap=self._tracker.gap,
            linger=self._tracker.linger,
            fail_secure=settings.fail_secure,
            sightings_kept=self.kept,
            tracks=tuple(self.tracks.values()),
        )

    def _doubts(self) -> Iterator[str]:
        if not self.tracks:
            yield "no face was found"
        length_s = self._info.seconds
        if length_s is not None and self._end_s < 0.95 * length_s - 1:
            yield f"ends at {clock(self._end_s)} of {clock(length_s)}; it may be cut off"
        if not self._settings.fail_secure:  # else what is lost stays covered
            yield from self._lost
            if self._lost_count > len(self._lost):
                yield f"{self._lost_count - len(self._lost)} more faces were lost"


def clock(time_s: float) -> str:
    """A time as people read it.

    Example:
        >>> clock(83.25)
        '1:23.2'
    """
    minutes, seconds = divmod(round(time_s * 10), 600)
    return f"{minutes}:{seconds / 10:04.1f}"
