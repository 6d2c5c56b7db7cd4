"""Where a run's faces come from: a detector, a file, masks, or a ledger that was looked through."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from p3m.core.errors import ConfigError, InputError, LedgerError
from p3m.imaging.io import read_alpha
from p3m.imaging.types import Alpha, Image, Size
from p3m.privacy import centerface, yunet
from p3m.privacy.annotated import find_mask, mask_faces, read_boxes
from p3m.privacy.boxes import distinct
from p3m.privacy.centerface import CenterFace
from p3m.privacy.contract import Face, FaceDetector
from p3m.privacy.ledger import FaceRecord, LedgerEntry, read_ledger, sha256_file
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
            InputError: If what it knows was marked in a picture of another size.
        """

    def faces_again(self, entry: LedgerEntry, place: Path) -> tuple[FaceRecord, ...] | None:
        """The faces that it would give again for a picture; ``None`` if it would have to look.

        Args:
            entry: What a ledger says of the picture.
            place: As in `faces`, which says the errors, too.
        """

    def check(self, places: Sequence[Path]) -> None:
        """Checks that what it knows by name belongs to one picture only.

        Args:
            places: Those of the run's pictures.

        Raises:
            ConfigError: If a name stands for several pictures.
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
        found = YuNet(Path(name), threshold=least)
        digest = sha256_file(Path(name))
        return DetectedFaces(found, {"name": kind, "threshold": least, "sha256": digest})
    if threshold is not None:
        raise ConfigError(f"{text!r} has no threshold; leave --threshold out.")
    if kind == "boxes" and name:
        return MarkedFaces.read(Path(name))
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

    def faces_again(self, entry: LedgerEntry, place: Path) -> tuple[FaceRecord, ...] | None:
        """See :class:`FaceSource`."""
        del place
        if entry.detector != self.record:
            return None
        return tuple(replace(face, kept=False) for face in entry.faces)

    def check(self, places: Sequence[Path]) -> None:
        """See :class:`FaceSource`; pictures are looked at, whatever their names."""


@dataclass(frozen=True, slots=True)
class MarkedFaces:
    """Faces in a file of boxes, which may say the sizes of their pictures."""

    boxes: Mapping[str, Sequence[Face]]
    sizes: Mapping[str, Size]
    record: Mapping[str, Any]

    @classmethod
    def read(cls, file: Path) -> "MarkedFaces":
        """The faces of a file; see :func:`p3m.privacy.annotated.read_boxes` for the errors."""
        record = {"name": "boxes", "file": file.name, "sha256": sha256_file(file)}
        return cls(read_boxes(file), _stated_sizes(file), record)

    def faces(self, image: Image, place: Path, sha256: str) -> tuple[FaceRecord, ...]:
        """See :class:`FaceSource`."""
        del sha256
        return self._marked(place, image.shape[:2])

    def faces_again(self, entry: LedgerEntry, place: Path) -> tuple[FaceRecord, ...] | None:
        """See :class:`FaceSource`."""
        return self._marked(place, (entry.height, entry.width))

    def check(self, places: Sequence[Path]) -> None:
        """See :class:`FaceSource`."""
        named = ((self._name(place), place) for place in places)
        _check_unshared(
            (
                (f"{self.record['file']}: {name}", place)
                for name, place in named
                if name is not None
            ),
            "name each with its folder",
        )

    def _marked(self, place: Path, size: Size) -> tuple[FaceRecord, ...]:
        file, name = self.record["file"], self._name(place)
        if name is None:
            raise LedgerError(f"{place}: {file} does not name it; add it, if with no faces: [].")
        if (stated := self.sizes.get(name, size)) != size:
            raise InputError(
                f"{place}: is {_written(size)} upright, {file} says {_written(stated)}; "
                "mark the faces in the upright picture."
            )
        return numbered(self.boxes[name])

    def _name(self, place: Path) -> str | None:
        names = (place.as_posix(), place.name)
        return next((name for name in names if name in self.boxes), None)


@dataclass(frozen=True, slots=True)
class MaskedFaces:
    """Faces in masks, one of a picture's name for each picture."""

    folder: Path

    @property
    def record(self) -> Mapping[str, Any]:
        """See :class:`FaceSource`."""
        return {"name": "masks"}

    def faces(self, image: Image, place: Path, sha256: str) -> tuple[FaceRecord, ...]:
        """See :class:`FaceSource`."""
        del sha256
        return self._marked(place, image.shape[:2])

    def faces_again(self, entry: LedgerEntry, place: Path) -> tuple[FaceRecord, ...] | None:
        """See :class:`FaceSource`."""
        return self._marked(place, (entry.height, entry.width))

    def check(self, places: Sequence[Path]) -> None:
        """See :class:`FaceSource`."""
        check_masks(self.folder, places)

    def _marked(self, place: Path, size: Size) -> tuple[FaceRecord, ...]:
        mask = find_mask(self.folder, place)
        if mask is None:
            raise LedgerError(f"{place}: no mask of that name in {self.folder}; add one.")
        return numbered(mask_faces(read_alpha_of(mask, size)))


@dataclass(frozen=True, slots=True)
class ReplayedFaces:
    """Faces as a ledger has them, those that somebody marked as kept among them."""

    entries: Mapping[str, LedgerEntry]
    file: Path
    sha256: str

    @classmethod
    def read(cls, file: Path) -> "ReplayedFaces":
        """The faces of a ledger; see :func:`p3m.privacy.ledger.read_ledger` for the errors."""
        return cls(read_ledger(file), file, sha256_file(file))

    @property
    def record(self) -> Mapping[str, Any]:
        """See :class:`FaceSource`."""
        return {"name": "ledger", "file": self.file.name, "sha256": self.sha256}

    def faces(self, image: Image, place: Path, sha256: str) -> tuple[FaceRecord, ...]:
        """See :class:`FaceSource`."""
        del image
        if sha256 not in self.entries:
            raise LedgerError(
                f"{place}: {self.file} has no entry for this content; it was made of another file. "
                "Run again without the ledger, or with --dry-run to make a new one."
            )
        return self.entries[sha256].faces

    def faces_again(self, entry: LedgerEntry, place: Path) -> tuple[FaceRecord, ...] | None:
        """See :class:`FaceSource`."""
        del place
        known = self.entries.get(entry.input_sha256)
        return None if known is None else known.faces

    def check(self, places: Sequence[Path]) -> None:
        """See :class:`FaceSource`; pictures are known by their content."""


def check_masks(folder: Path, places: Sequence[Path]) -> None:
    """Checks that each mask or alpha in a folder belongs to one picture only.

    Args:
        folder: Holds them by the pictures' places, or by their names alone.
        places: Those of the run's pictures.

    Raises:
        ConfigError: If one stands for several pictures.
    """
    found = ((find_mask(folder, place), place) for place in places)
    _check_unshared(
        ((str(mask), place) for mask, place in found if mask is not None),
        "put one at each picture's place, or rename a picture",
    )


def read_alpha_of(path: Path, size: Size) -> Alpha:
    """The alpha or mask of a picture.

    Args:
        path: The file.
        size: Of the upright picture.

    Raises:
        InputError: If it cannot be read, or is of another size.
        ImageDecodeError: If it is no grey picture.
    """
    alpha = read_alpha(path)
    if alpha.shape != size:
        raise InputError(
            f"{path}: is {_written(alpha.shape)}, its picture {_written(size)}; "
            "give one of the same size."
        )
    return alpha


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


def _check_unshared(names: Iterable[tuple[str, Path]], cure: str) -> None:
    """Checks that no two pictures are known by one name."""
    known: dict[str, Path] = {}
    for name, place in names:
        if (other := known.setdefault(name, place)) != place:
            raise ConfigError(f"{name} stands for {other} and {place}; {cure}.")


def _stated_sizes(path: Path) -> dict[str, Size]:
    """The sizes that COCO annotations state of their pictures."""
    content = json.loads(path.read_text(encoding="utf-8"))
    if "annotations" not in content or "images" not in content:
        return {}
    return {
        str(image["file_name"]): (image["height"], image["width"])
        for image in content["images"]
        if image.get("height") and image.get("width")
    }


def _written(size: Sequence[int]) -> str:
    return f"{size[1]}x{size[0]}"
