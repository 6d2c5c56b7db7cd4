"""Hides the faces in files: what is read and written, in what order, with what records."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np

from p3m.core.errors import InputError, OutputError, P3MError
from p3m.core.provenance import provenance
from p3m.imaging.atomic import check_free, write_atomic
from p3m.imaging.compositing import composite
from p3m.imaging.depth import dequantize
from p3m.imaging.encode import format_named
from p3m.imaging.io import write_picture
from p3m.imaging.memory import memory_told
from p3m.imaging.native import NativePicture, encode_native, read_native
from p3m.imaging.types import Alpha, Image
from p3m.inference.predictor import Predictor
from p3m.pipelines.anonymize_plan import AnonymizePlan, AnonymizeResult, PlacedJob, failure
from p3m.pipelines.anonymize_resume import EarlierRun
from p3m.pipelines.anonymize_video import VideoAnonymizer
from p3m.pipelines.faces import (
    DetectedFaces,
    FaceSource,
    ReplayedFaces,
    check_masks,
    face_source,
    joined,
    read_alpha_of,
)
from p3m.pipelines.ledger_file import LedgerFile
from p3m.pipelines.matte import load_predictor
from p3m.privacy.annotated import find_mask
from p3m.privacy.anonymize import Anonymized, hide_faces, hide_in_opacity
from p3m.privacy.boxes import overlap
from p3m.privacy.catalog import EFFECTS, create_effect
from p3m.privacy.keep import Exemptions
from p3m.privacy.ledger import FaceRecord, LedgerEntry, sha256
from p3m.privacy.review import ReviewSheets

_LEAST_COVERED = 0.8
"""A face of which less is covered, because a matte's band crosses it, is a doubt."""


TellFrames = Callable[[str, int, int | None], None]
"""Takes a video's name, how many of its frames are done, and of how many, if that is known."""


def anonymize_files(
    plan: AnonymizePlan, *, tell: TellFrames = lambda *_: None
) -> Iterator[AnonymizeResult]:
    """Carries a plan out, file by file; a bad one fails and the rest go on.

    Args:
        plan: What :func:`plan_anonymize` gives.
        tell: Is told of each frame of a video.

    Yields:
        The result of each input, as soon as it is known.

    Raises:
        P3MError: At once, if the detector, the ledger or the matting model cannot be loaded.
    """
    yield from plan.failed
    if not plan.jobs:
        return
    run = _Run(plan, tell)
    for job in plan.jobs:
        yield run.result_of(job)
    run.finish()


class _Run:
    """What all files of a run share."""

    def __init__(self, plan: AnonymizePlan, tell: TellFrames) -> None:
        settings = plan.settings
        self._plan = plan
        self._tell = tell
        self._settings = settings
        self._source: FaceSource = (
            face_source(settings.detector, threshold=settings.threshold, threads=settings.threads)
            if settings.replay is None
            else ReplayedFaces.read(settings.replay)
        )
        self._effect = create_effect(settings.effect, settings.strength)
        strength = settings.strength or EFFECTS[settings.effect].default
        self._effect_record = {"name": settings.effect, "strength": strength}
        self._exempt = Exemptions.parse(settings.keep, [job.place for job in plan.jobs])
        self._check_places()
        ledger = settings.ledger or (plan.out / "ledger.jsonl" if settings.dry_run else None)
        self._ledger = None if ledger is None else LedgerFile(ledger)
        self._earlier = EarlierRun(
            self._ledger.done(plan.out) if self._ledger and settings.resume else {},
            plan,
            effect_record=self._effect_record,
            source=self._source,
            exempt=self._exempt,
            videos=lambda: self._videos,
        )
        self._sheets = ReviewSheets(self._write_sheet)
        self._version = provenance()["version"]

    def _check_places(self) -> None:
        """Checks that what is known by the names of pictures belongs to one of them only."""
        places = [job.place for job in self._plan.jobs if not job.is_video]
        self._source.check(places)
        if self._settings.alpha is not None:
            check_masks(self._settings.alpha, places)

    @cached_property
    def _predictor(self) -> Predictor:
        return load_predictor(threads=self._settings.threads)

    @cached_property
    def _videos(self) -> VideoAnonymizer:
        return VideoAnonymizer(
            self._settings,
            self._effect,
            self._effect_record,
            exempt=self._exempt,
            sheets=self._sheets,
        )

    def result_of(self, job: PlacedJob) -> AnonymizeResult:
        """Hides the faces in one file, if an earlier run did not."""
        try:
            if (known := self._earlier.result_of(job)) is not None:
                return known
            with memory_told(str(job.source)):
                return self._anonymize_video(job) if job.is_video else self._anonymize(job)
        except P3MError as error:
            return failure(str(job.source), error)

    def finish(self) -> None:
        """Writes what is made of the last pictures together."""
        self._sheets.finish()

    def _write_sheet(self, name: str, sheet: Image) -> None:
        write_picture(self._plan.out / name, sheet, overwrite=True)

    def _anonymize(self, job: PlacedJob) -> AnonymizeResult:
        settings = self._settings
        if not settings.dry_run:
            for path in filter(None, (job.target, job.mask)):
                check_free(path, overwrite=settings.overwrite)
        content = _read(job.source)
        picture = read_native(
            content,
            str(job.source),
            keep=settings.keep_metadata,
            max_pixels=settings.max_pixels,
        )
        _check_name(job, picture)
        found = self._faces(picture, job.place, sha256(content))
        faces = [replace(face, kept=self._exempt.has(face, job.place)) for face in found]
        alpha = self._alpha(job, picture)
        hidden = hide_faces(
            picture.image,
            [face.face() for face in faces if not face.kept],
            effect=self._effect,
            margin=settings.margin,
            alpha=alpha,
        )
        records = _with_coverage(faces, hidden)
        doubts = _doubts(records, picture)
        if doubts and settings.fail_on_doubt:
            raise OutputError(f"{job.source}: {'; '.join(doubts)}. Nothing was written.")
        written = None if settings.dry_run else self._encode(picture, hidden)
        entry = self._entry(job, picture, hidden, records, (content, written))
        entry = replace(entry, doubts=doubts)
        if written is None:
            self._sheets.add(job.place, picture.image, records, settings.margin)
        else:
            self._write(job, written, hidden)
        self._note(entry)
        return AnonymizeResult(
            input=str(job.source),
            output=None if written is None else str(job.target),
            status=entry.status,
            hidden=len(hidden.faces),
            kept=len(records) - len(hidden.faces),
            doubts=doubts,
            metadata_removed=entry.metadata_removed,
        )

    def _anonymize_video(self, job: PlacedJob) -> AnonymizeResult:
        name = str(job.source)
        entry = self._videos.run(job, lambda done, total: self._tell(name, done, total))
        entry = replace(entry, output=entry.output and self._plan.output_of(job))
        self._note(entry)
        return AnonymizeResult(
            input=name,
            output=None if entry.output is None else str(job.target),
            status=entry.status,
            hidden=0 if entry.video is None else len(entry.video.tracks),
            doubts=entry.doubts,
            metadata_removed=entry.metadata_removed,
        )

    def _faces(self, picture: NativePicture, place: Path, sha256: str) -> tuple[FaceRecord, ...]:
        """The faces in all that can be seen of a picture: its colours, and these over white."""
        found = self._source.faces(picture.image, place, sha256)
        if picture.opacity is None or not isinstance(self._source, DetectedFaces):
            return found
        over_white = composite(picture.image, (255, 255, 255), dequantize(picture.opacity))
        return joined(found, self._source.faces(over_white, place, sha256))

    def _encode(self, picture: NativePicture, hidden: Anonymized) -> bytes:
        if picture.opacity is not None:
            opacity = hide_in_opacity(picture.opacity, hidden.mask, effect=self._effect)
            picture = replace(picture, opacity=opacity)
        return encode_native(picture, hidden.image)

    def _alpha(self, job: PlacedJob, picture: NativePicture) -> Alpha | None:
        settings = self._settings
        if settings.matte:
            return self._predictor(picture.image)
        if settings.alpha is None:
            return None
        path = find_mask(settings.alpha, job.place)
        if path is None:
            raise InputError(f"{job.source}: no alpha of that name in {settings.alpha}; add one.")
        return read_alpha_of(path, picture.image.shape[:2])

    def _entry(
        self,
        job: PlacedJob,
        picture: NativePicture,
        hidden: Anonymized,
        records: tuple[FaceRecord, ...],
        files: tuple[bytes, bytes | None],
    ) -> LedgerEntry:
        before, after = files
        settings = self._settings
        height, width = picture.image.shape[:2]
        kept = {"icc"} if picture.profile is not None else set()
        kept |= {"date"} if picture.date is not None else set()
        return LedgerEntry(
            input=job.place.as_posix(),
            input_sha256=sha256(before),
            output=None if after is None else self._plan.output_of(job),
            output_sha256=None if after is None else sha256(after),
            status="planned" if after is None else "anonymized" if records else "no-face",
            width=width,
            height=height,
            faces=records,
            effect=self._effect_record,
            margin=settings.margin,
            covered_px=int(hidden.mask.sum()),
            detector=self._source.record,
            matte=settings.matte or settings.alpha is not None,
            metadata_removed=tuple(g for g in picture.metadata if g not in kept),
            metadata_kept=tuple(sorted(kept)),
            doubts=(),
            version=self._version,
        )

    def _write(self, job: PlacedJob, content: bytes, hidden: Anonymized) -> None:
        settings = self._settings
        if job.mask is not None:
            write_picture(job.mask, hidden.mask.astype(np.float32), overwrite=settings.overwrite)
        write_atomic(job.target, content, overwrite=settings.overwrite)

    def _note(self, entry: LedgerEntry) -> None:
        if self._ledger is not None:
            self._ledger.add(entry)


def _with_coverage(faces: Sequence[FaceRecord], hidden: Anonymized) -> tuple[FaceRecord, ...]:
    shares = iter(hidden.covered)
    return tuple(
        face if face.kept else replace(face, covered=round(next(shares), 4)) for face in faces
    )


def _doubts(faces: Sequence[FaceRecord], picture: NativePicture) -> tuple[str, ...]:
    """What a person should look at."""
    height, width = picture.image.shape[:2]
    outside = [face.id for face in faces if not overlap(face.box, (0, 0, width, height))]
    return (
        *(() if faces else ("no face was found",)),
        *(f"face {number} lies outside of the picture" for number in outside),
        *(
            f"face {face.id} is covered to {face.covered:.0%} only"
            for face in faces
            if not face.kept and face.covered < _LEAST_COVERED
        ),
        *_left_out(picture),
    )


def _left_out(picture: NativePicture) -> Iterator[str]:
    if picture.pictures > 1:
        parts = "pages" if picture.kind == "tiff" else "frames"
        yield f"only the first of {picture.pictures} {parts} is taken"


def _check_name(job: PlacedJob, picture: NativePicture) -> None:
    """Checks that a file that is named anew is named as what it will be."""
    renamed = job.target.suffix.lower() != job.source.suffix.lower()
    if renamed and format_named(job.target.suffix) != picture.kind:
        raise OutputError(
            f"{job.target}: {job.source} is written as {picture.kind}; "
            f"name it {job.target.with_suffix('.' + picture.kind)}."
        )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error}).") from error
