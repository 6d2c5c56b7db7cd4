"""Hides the faces in one video: found, followed, covered, written anew."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path, PurePath
from typing import Any

from p3m.core.errors import ConfigError, OutputError
from p3m.core.provenance import provenance
from p3m.imaging.atomic import check_free
from p3m.imaging.types import Image
from p3m.imaging.video import Frame, FrameSource, VideoInfo, frame_source
from p3m.imaging.video_sink import FrameSink, check_video_target, frame_sink
from p3m.pipelines.anonymize_plan import AnonymizeSettings, PlacedJob
from p3m.pipelines.faces import DEFAULT_DETECTOR, DetectedFaces, face_source
from p3m.pipelines.video_tally import VideoTally, clock
from p3m.privacy import centerface
from p3m.privacy.centerface import CenterFace
from p3m.privacy.contract import Effect, Face, FaceDetector
from p3m.privacy.cover import covers_region
from p3m.privacy.keep import Exemptions
from p3m.privacy.ledger import FaceRecord, LedgerEntry, Status, sha256_file
from p3m.privacy.review import ReviewSheets
from p3m.privacy.scenes import SceneChanges
from p3m.privacy.tracking import TrackedFrame, Tracker

DETECTION_PX = 640
"""The longer side at which frames are searched: the next frame has another look."""

SIDES_PX = (256, 640)
"""Of CenterFace in videos; the small one finds faces that fill the frame."""

GAP_S = 1.0
"""How long a face may be missed and still be followed, at most `MOST_GAP` frames."""

MOVING_MARGIN = 0.1
"""How much further out than in a picture an outline runs: faces move while a frame is taken, and
findings tremble from frame to frame."""

MOST_GAP = 24
"""That many frames wait in memory, whatever the frame rate."""

LINGER_S = 0.5
"""How long a face is covered before it is first and after it was last seen."""

Tell = Callable[[int, int | None], None]
"""Takes the number of frames that are done, and of how many; ``None`` where nobody knows."""

_SAMPLES = 8
_SAMPLE_EVERY = 250


class VideoAnonymizer:
    """Hides faces in videos, one after the other, by the same settings.

    Args:
        settings: How faces are hidden.
        effect: Replaces the pixels.
        effect_record: What a ledger says of it.
        exempt: Faces that stay; in videos only those in a region can.
        sheets: Takes sample frames in a dry run.
        detector: Finds the faces; ``None`` takes the one that the settings name.
    """

    def __init__(
        self,
        settings: AnonymizeSettings,
        effect: Effect,
        effect_record: Mapping[str, Any],
        *,
        exempt: Exemptions,
        sheets: ReviewSheets,
        detector: FaceDetector | None = None,
    ) -> None:
        self._settings = settings
        self._effect = effect
        self._effect_record = effect_record
        self._exempt = exempt
        self._sheets = sheets
        self._detector = detector
        self._version = provenance()["version"]

    def run(self, job: PlacedJob, tell: Tell) -> LedgerEntry:
        """Hides the faces in one video; in a dry run nothing but samples come of it.

        Args:
            job: What is read and written.
            tell: Is told of each frame.

        Raises:
            ConfigError: If a setting is for pictures only.
            InputError: If the file cannot be read.
            VideoDecodeError: If it is no video, or damaged.
            OutputError: If the output cannot be written, or is in doubt and may not be.
            MissingExtraError: If the extra ``video`` or ``privacy`` is not installed.
        """
        settings = self._settings
        _check_settings(settings, self._exempt, job.place)
        if not settings.dry_run:
            check_video_target(job.target)
            check_free(job.target, overwrite=settings.overwrite)
        before = sha256_file(job.source)
        with frame_source(job.source, max_pixels=settings.max_pixels) as source:
            if settings.dry_run:
                return self._entry(job, source.info, self._hide(source, None, job, tell), before)
            with frame_sink(
                job.target,
                source,
                audio=settings.audio,
                crf=settings.crf,
                recorded_at=self._recorded_at(source.info),
                overwrite=settings.overwrite,
            ) as sink:
                tally = self._hide(source, sink, job, tell)
                if settings.fail_on_doubt and tally.doubts:
                    doubts = "; ".join(tally.doubts)
                    raise OutputError(f"{job.source}: {doubts}. Nothing was written.")
        return self._entry(job, source.info, tally, before)

    def has_made(self, entry: LedgerEntry, place: Path) -> bool:
        """Whether an entry tells of a video that a run would make in the same way now.

        A ledger does not say which regions stayed as they are, so a video of which one did, or is
        to, never counts. Neither does one that has the sound where that is to be left out.

        Args:
            entry: With the effect of this run.
            place: The video's place below the folder it was found in.

        Raises:
            ConfigError: If a setting is for pictures only.
            MissingExtraError: If the extra ``privacy`` is not installed.
        """
        settings, video = self._settings, entry.video
        _check_settings(settings, self._exempt, place)
        return (
            video is not None
            and entry.margin == settings.margin + MOVING_MARGIN
            and entry.detector == self._source.record
            and video.detect_every == settings.detect_every
            and video.fail_secure == settings.fail_secure
            and (settings.audio or not video.audio)
            and not (self._exempt.regions or video.sightings_kept)
        )

    def _recorded_at(self, info: VideoInfo) -> str | None:
        return info.recorded_at if "date" in self._settings.keep_metadata else None

    @cached_property
    def _source(self) -> DetectedFaces:
        settings = self._settings
        if self._detector is not None:
            return DetectedFaces(self._detector, {"name": self._detector.name})
        if settings.detector == DEFAULT_DETECTOR:
            least = centerface.THRESHOLD if settings.threshold is None else settings.threshold
            finder = CenterFace(threshold=least, sides_px=SIDES_PX, threads=settings.threads)
            return DetectedFaces(finder, {"name": finder.name, "threshold": least})
        source = face_source(
            settings.detector, threshold=settings.threshold, threads=settings.threads
        )
        if not isinstance(source, DetectedFaces):
            raise ConfigError(
                f"{settings.detector} is for pictures; videos need centerface or yunet:FILE."
            )
        return source

    def _hide(
        self, source: FrameSource, sink: FrameSink | None, job: PlacedJob, tell: Tell
    ) -> VideoTally:
        """Goes through the video once."""
        settings, info = self._settings, source.info
        look = _Look(self._source, self._exempt, job.place, info.size)
        tracker = create_tracker(info, settings)
        tally = VideoTally(info, tracker, settings)
        sample_every = max(1, info.frames // _SAMPLES) if info.frames else _SAMPLE_EVERY
        for frame, tracked in follow_faces(source, look.faces, tracker, settings.detect_every):
            if sink is not None:
                sink.write(frame, self._hidden(frame, tracked, tally))
            elif tracked.number % sample_every == 0:
                self._sample(frame, tracked, job.place)
            tally.add(frame, tracked)
            tell(tally.frames, info.frames)
        tally.kept = look.kept
        return tally

    def _hidden(self, frame: Frame, tracked: TrackedFrame, tally: VideoTally) -> Image | None:
        """The frame's pixels with the effect over all places; ``None`` where there are none."""
        if not tracked.covers:
            return None
        image = frame.image()
        margin = self._settings.margin + MOVING_MARGIN
        region = covers_region(tracked.covers, image.shape[:2], margin=margin)
        tally.covered_px += int(region.sum())
        return self._effect(image, region)

    def _entry(
        self, job: PlacedJob, info: VideoInfo, tally: VideoTally, before: str
    ) -> LedgerEntry:
        settings = self._settings
        written = not settings.dry_run
        kept = ("date",) if self._recorded_at(info) is not None else ()
        height, width = info.size
        found: Status = "anonymized" if tally.tracks else "no-face"
        return LedgerEntry(
            input=job.place.as_posix(),
            input_sha256=before,
            output=job.target.name if written else None,
            output_sha256=sha256_file(job.target) if written else None,
            status=found if written else "planned",
            width=width,
            height=height,
            faces=(),
            effect=self._effect_record,
            margin=settings.margin + MOVING_MARGIN,
            covered_px=tally.covered_px,
            detector=self._source.record,
            matte=False,
            metadata_removed=tuple(group for group in info.metadata if group not in kept),
            metadata_kept=kept,
            doubts=tally.doubts,
            version=self._version,
            video=tally.record(),
        )

    def _sample(self, frame: Frame, tracked: TrackedFrame, place: Path) -> None:
        faces = [FaceRecord(id=cover.track, box=cover.box) for cover in tracked.covers]
        name = PurePath(f"{place} {clock(frame.time_s)}")
        self._sheets.add(name, frame.image(), faces, self._settings.margin + MOVING_MARGIN)


def create_tracker(info: VideoInfo, settings: AnonymizeSettings) -> Tracker:
    """A tracker for a video's size and frame rate."""
    every = settings.detect_every
    gap = min(MOST_GAP, max(2, round(GAP_S * info.rate)))
    linger = min(MOST_GAP // 2, max(1, round(LINGER_S * info.rate)))
    return Tracker(
        info.size,
        gap=max(gap, 2 * every),
        linger=max(linger, every),
        fail_secure=settings.fail_secure,
    )


def follow_faces(
    frames: Iterable[Frame],
    find: Callable[[Image], Sequence[Face]],
    tracker: Tracker,
    every: int = 1,
) -> Iterator[tuple[Frame, TrackedFrame]]:
    """Each frame with what is to be hidden in it; frames wait until that is known.

    Args:
        frames: In the order in which they are shown.
        find: Gives the faces in a copy whose longer side is at most `DETECTION_PX`, in pixels of
            the frame itself.
        tracker: Follows them.
        every: Each how many frames faces are searched; the first frame of a scene always is.

    Yields:
        A frame, and the places to hide.
    """
    waiting: deque[Frame] = deque()
    scenes = SceneChanges()
    for number, frame in enumerate(frames):
        small = frame.image(DETECTION_PX)
        is_cut = scenes.is_first(small)
        faces = find(small) if is_cut or number % every == 0 else ()
        waiting.append(frame)
        tracked = tracker.push(faces, is_cut=is_cut)
        if tracked is not None:
            yield waiting.popleft(), tracked
    for tracked in tracker.finish():
        yield waiting.popleft(), tracked


class _Look:
    """Finds faces in small copies of frames, but for those that stay.

    Attributes:
        kept: How many sightings were left out.
    """

    def __init__(
        self, source: DetectedFaces, exempt: Exemptions, place: Path, size: tuple[int, int]
    ) -> None:
        self._source = source
        self._exempt = exempt
        self._place = place
        self._size = size
        self.kept = 0

    def faces(self, small: Image) -> list[Face]:
        """The faces, in pixels of the frame itself."""
        scale = self._size[1] / small.shape[1], self._size[0] / small.shape[0]
        faces = [_scaled(face, scale) for face in self._source.detector(small)]
        hidden = [
            face
            for face in faces
            if not self._exempt.has(FaceRecord(id=0, box=face.box), self._place)
        ]
        self.kept += len(faces) - len(hidden)
        return hidden


def _check_settings(settings: AnonymizeSettings, exempt: Exemptions, place: Path) -> None:
    unsuited = {
        "--alpha": settings.alpha is not None,
        "--matte": settings.matte,
        "--facemask": settings.facemask is not None,
        "--replay": settings.replay is not None,
    }
    if options := ", ".join(name for name, given in unsuited.items() if given):
        raise ConfigError(f"{options} is for pictures; run again without it for this video.")
    if exempt.names(place):
        raise ConfigError(
            "Faces of a video have no numbers before it is read through; "
            "keep those in a region, --keep LEFT,TOP,RIGHT,BOTTOM."
        )


def _scaled(face: Face, scale: tuple[float, float]) -> Face:
    across, down = scale
    left, top, right, bottom = face.box
    landmarks: Any = face.landmarks and tuple((x * across, y * down) for x, y in face.landmarks)
    return replace(
        face, box=(left * across, top * down, right * across, bottom * down), landmarks=landmarks
    )
