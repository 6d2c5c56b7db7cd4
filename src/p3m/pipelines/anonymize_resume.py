"""What an earlier run that hid faces has done, and this one need not do again."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from p3m.core.paths import is_file
from p3m.imaging.native import Kept
from p3m.pipelines.anonymize_plan import AnonymizePlan, AnonymizeResult, PlacedJob
from p3m.pipelines.anonymize_video import VideoAnonymizer
from p3m.pipelines.faces import FaceSource
from p3m.privacy.keep import Exemptions
from p3m.privacy.ledger import FaceRecord, LedgerEntry, sha256_file

Done = Mapping[tuple[str, str, str], LedgerEntry]
"""Entries as :meth:`p3m.pipelines.ledger_file.LedgerFile.done` gives them."""


class EarlierRun:
    """The pictures and videos that this run would make in the same way.

    Args:
        done: What the ledger has as written, and is there unchanged.
        plan: What this run reads and writes.
        effect_record: What a ledger says of its effect.
        source: Where the faces of its pictures come from.
        exempt: Faces that stay.
        videos: Gives what hides faces in its videos, when there is one.
    """

    def __init__(
        self,
        done: Done,
        plan: AnonymizePlan,
        *,
        effect_record: Mapping[str, Any],
        source: FaceSource,
        exempt: Exemptions,
        videos: Callable[[], VideoAnonymizer],
    ) -> None:
        self._done = done
        self._plan = plan
        self._settings = plan.settings
        self._effect_record = effect_record
        self._source = source
        self._exempt = exempt
        self._videos = videos

    def result_of(self, job: PlacedJob) -> AnonymizeResult | None:
        """What became of a file, if nothing about it is to be done.

        Raises:
            P3MError: If the file cannot be read, or this run could not hide its faces.
        """
        if not self._done or (job.mask is not None and not is_file(job.mask)):
            return None
        key = job.place.as_posix(), sha256_file(job.source), self._plan.output_of(job)
        entry = self._done.get(key)
        if entry is None or not self._is_as_wanted(entry, job):
            return None
        return AnonymizeResult(
            input=str(job.source),
            output=str(job.target),
            status="resumed",
            hidden=sum(not face.kept for face in entry.faces),
            kept=sum(face.kept for face in entry.faces),
            doubts=entry.doubts,
            metadata_removed=entry.metadata_removed,
        )

    def _is_as_wanted(self, entry: LedgerEntry, job: PlacedJob) -> bool:
        settings = self._settings
        if settings.fail_on_doubt and entry.doubts:
            return False
        if entry.effect != self._effect_record or not _metadata_fits(entry, settings.keep_metadata):
            return False
        if job.is_video:
            return self._videos().has_made(entry, job.place)
        return (
            entry.margin == settings.margin
            and entry.matte == (settings.matte or settings.alpha is not None)
            and self._hides_the_same(entry, job)
        )

    def _hides_the_same(self, entry: LedgerEntry, job: PlacedJob) -> bool:
        """Whether the same faces would be found in a picture, and the same of them stay."""
        found = self._source.faces_again(entry, job.place)
        return found is not None and _uncounted(entry.faces) == _uncounted(
            replace(face, kept=self._exempt.has(face, job.place)) for face in found
        )


def _uncounted(faces: Iterable[FaceRecord]) -> list[FaceRecord]:
    """Faces without what is only known when they are hidden."""
    return [replace(face, covered=0.0) for face in faces]


def _metadata_fits(entry: LedgerEntry, wanted: frozenset[Kept]) -> bool:
    """Whether a file has the groups of metadata that are wanted, as far as there were any."""
    return wanted.issuperset(entry.metadata_kept) and wanted.isdisjoint(entry.metadata_removed)
