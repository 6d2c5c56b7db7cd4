"""Where a run's faces come from: a detector, a file, masks, or a ledger that was looked through."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from p3m.core.errors import ConfigError, InputError, LedgerError
from p3m.imaging.types import Image
from p3m.privacy import centerface, yunet
from p3m.privacy.annotated import find_mask, read_boxes, read_mask_faces
from p3m.privacy.boxes import distinct
from p3m.privacy.centerface import CenterFace
from p3m.privacy.contract import Face, FaceDetector
from p3m.privacy.ledger import FaceRecord, LedgerEntry, read_ledger
from p3m.privacy.yunet import YuNet

DEFAULT_DETECTOR = "centerface"


class FaceSource(Protocol):
    """Gives the faces of a picture file."""

    @property
    def record(self) -> Mapping[str, Any]:
        """What a ledger says of it."""

    def faces(self, image: Image, place: Path, sha256: str) -> tuple[FaceRecord, ...]:
        """The faces in a picture, numbered from the left.

        Args:
            image: Upright, shape (H, W, 3).
            place: The file's place below the folder it was found in.
            sha256: Hash of the file.

        Raises:
            LedgerError: If the source does not know the picture.
        """


def face_source(
    text: str, *, threshold: float | None = None, threads: int | None = None
) -> FaceSource:
    """The source of faces that a text means.

    Args:
        text: ``centerface``, ``yunet:FILE.onnx``, ``boxes:FILE.json`` or ``masks:FOLDER``.
        threshold: The least score of a face; ``None`` takes the detector's own.
        threads: Threads of a detector's network.

    Raises:
        ConfigError: If it means none of these.
        InputError: If a file or folder is missing.
        MissingExtraError: If CenterFace is wanted and the extra ``privacy`` is not installed.
    """
    kind, _, name = text.partition(":")
    if text == DEFAULT_DETECTOR:
        least = centerface.THRESHOLD if threshold is None else threshold
        detector: FaceDetector = CenterFace(threshold=least, threads=threads)
        return DetectedFaces(detector, {"name": text, "threshold": least})
    if kind == "yunet" and name:
        least = yunet.THRESHOLD if threshold is None else threshold
        return DetectedFaces(YuNet(Path(name), threshold=least), {"name": kind, "threshold": least})
    if threshold is not None:
        raise ConfigError(f"{text!r} has no threshold; leave --threshold out.")
    if kind == "boxes" and name:
        return MarkedFaces(read_boxes(Path(name)), Path(name).name)
    if kind == "masks" and name:
        if not Path(name).is_dir():
            raise InputError(f"{name}: no such folder of masks.")
        return MaskedFaces(Path(name))
    raise ConfigError(
        f"{text!r} finds no faces; "
        "use centerface, yunet:FILE.onnx, boxes:FILE.json or masks:FOLDER."
    )


@dataclass(frozen=True, slots=True)
class DetectedFaces:
    """Faces that a network finds."""

    detector: FaceDetector
    record: Mapping[str, Any]

    def faces(self, image: Image, place: Path, sha256: str) -> tuple[FaceRecord, ...]:
        """See :class:`FaceSource`."""
        del place, sha256
        return numbered(self.detector(image))


@dataclass(frozen=True, slots=True)
class MarkedFaces:
    """Faces in a file of boxes."""

    boxes: Mapping[str, Sequence[Face]]
    file: str

    @property
    def record(self) -> Mapping[str, Any]:
        """See :class:`FaceSource`."""
        return {"name": "boxes", "file": self.file}

    def faces(self, image: Image, place: Path, sha256: str) -> tuple[FaceRecord, ...]:
        """See :class:`FaceSource`."""
        del image, sha256
        for name in (place.as_posix(), place.name):
            if name in self.boxes:
                return numbered(self.boxes[name])
        raise LedgerError(f"{place}: {self.file} does not name it; add it, if with no faces: [].")


@dataclass(frozen=True, slots=True)
class MaskedFaces:
    """Faces in masks, one of a picture's name for each picture."""

    folder: Path
    record: Mapping[str, Any] = field(default_factory=lambda: {"name": "masks"})

    def faces(self, image: Image, place: Path, sha256: str) -> tuple[FaceRecord, ...]:
        """See :class:`FaceSource`."""
        del image, sha256
        mask = find_mask(self.folder, place)
        if mask is None:
            raise LedgerError(f"{place}: no mask of that name in {self.folder}; add one.")
        return numbered(read_mask_faces(mask))


@dataclass(frozen=True, slots=True)
class ReplayedFaces:
    """Faces as a ledger has them, those that somebody marked as kept among them."""

    entries: Mapping[str, LedgerEntry]
    file: Path

    @classmethod
    def read(cls, file: Path) -> "ReplayedFaces":
        """The faces of a ledger; see :func:`p3m.privacy.ledger.read_ledger` for the errors."""
        return cls(read_ledger(file), file)

    @property
    def record(self) -> Mapping[str, Any]:
        """See :class:`FaceSource`."""
        return {"name": "ledger", "file": self.file.name}

    def faces(self, image: Image, place: Path, sha256: str) -> tuple[FaceRecord, ...]:
        """See :class:`FaceSource`."""
        del image
        if sha256 not in self.entries:
            raise LedgerError(
                f"{place}: {self.file} has no entry for this content; it was made of another file. "
                "Run again without the ledger, or with --dry-run to make a new one."
            )
        return self.entries[sha256].faces


def numbered(faces: Sequence[Face]) -> tuple[FaceRecord, ...]:
    """Faces as records, numbered from 1 and from the left."""
    ordered = sorted(faces, key=lambda face: face.box)
    return tuple(
        FaceRecord(
            id=number,
            box=_rounded(face.box),
            landmarks=face.landmarks and tuple(_rounded(point) for point in face.landmarks),
            score=round(face.score, 4),
        )
        for number, face in enumerate(ordered, start=1)
    )


def joined(*findings: Sequence[FaceRecord]) -> tuple[FaceRecord, ...]:
    """The faces of several looks at one picture, each once."""
    return numbered(distinct([face.face() for faces in findings for face in faces]))


def _rounded(numbers: Sequence[float]) -> Any:
    return tuple(round(float(number), 2) for number in numbers)
