"""What an anonymized picture still gives away: faces that can be seen, and metadata."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np

from p3m.imaging.types import Image
from p3m.privacy.boxes import Rectangle, overlap
from p3m.privacy.contract import Face, FaceDetector
from p3m.privacy.similarity import (
    detail,
    face_patch,
    pattern_correlation,
    structural_similarity,
)

Verdict = Literal["clean", "doubtful", "identifiable"]
"""Of a face or a file, the better before the worse."""

SURE_SCORE = 0.5
"""From this score on, what a detector finds is a face: the usual threshold of CenterFace."""

VISIBLE_DETAIL = 1.75
"""A face of at least so much detail can be seen: of 141 portraits the least had 2.2, and blurred or
in one colour the most had 1.3."""

ALIKE = 0.5
"""Structural similarity to the original from which a face that has detail is still that face."""

SAME_PATTERN = 0.8
"""Correlation of coarse patterns from which a face that has detail may be the original's, changed:
in 19 pictures mosaics of 12 cells, negatives and mirrored faces had 0.9 and more; p3m's effects,
drawn faces and other people's had 0.75 at most."""

SAME_PERSON = 0.4
"""Cosine of two embeddings from which they are taken for one person's."""

_SAME_FACE = 0.3
_ORDER: tuple[Verdict, ...] = ("clean", "doubtful", "identifiable")

_DOUBTFUL_GROUPS = frozenset({"date", "icc"})
"""A date is kept on request; a profile, too, and its text may name a screen and whose it is."""

_SAME_SCENE = 10.0
_AROUND = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditedFace:
    """What is left of a face.

    Attributes:
        box: Left, top, right, bottom in pixels.
        score: How sure the second search is that there is a face; 0 where it found none.
        detail: Grey levels a pixel; see :func:`~p3m.privacy.similarity.detail`.
        detail_before: Of the original; ``None`` without one.
        similarity: SSIM to the original; ``None`` without one.
        cosine: Of the embeddings of this face and of the original; ``None`` without a model.
        recognised: Whether the embedding is most like its own original of all in the folder.
        verdict: Whether it can be identified.
    """

    box: tuple[float, float, float, float]
    score: float
    detail: float
    detail_before: float | None = None
    similarity: float | None = None
    cosine: float | None = None
    recognised: bool | None = None
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditedFile:
    """What a file gives away.

    Attributes:
        name: Its place below the folder.
        verdict: The worst of its faces and its metadata.
        faces: Those found, and those that the original has.
        metadata: The groups it holds.
        reasons: Why the verdict is not ``clean``, in words.
        unread: Whether it is a picture or a folder that could not be looked at.
    """

    name: str
    verdict: Verdict
    faces: tuple[AuditedFace, ...] = ()
    metadata: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    unread: bool = False


def audit_faces(
    image: Image, detector: FaceDetector, *, original: Image | None = None
) -> list[tuple[Face, AuditedFace]]:
    """Measures the faces of a picture: those found again, and those that its original has.

    A face that is found again and has no detail is hidden: a head is easily found by its hair. One
    that was not found again, but is in the original and looks the same, is not. One with detail
    that looks otherwise, but has the coarse pattern of the original, is doubtful.

    Args:
        image: What was anonymized, shape (H, W, 3).
        detector: Searches with a lower threshold and at other sizes than the run that hid them.
        original: The picture before, of the same size.

    Returns:
        Each face, from the original where it is known, with what is left of it.
    """
    found = detector(image)
    if original is None:
        return [(face, _audited(image, face, face.score)) for face in found]
    before = [face for face in detector(original) if face.score >= SURE_SCORE]
    known = [
        (face, _audited(image, face, _score_near(face, found), original=original))
        for face in before
    ]
    others = [f for f in found if all(overlap(f.box, b.box) < _SAME_FACE for b in before)]
    return known + [(f, _audited(image, f, f.score, original=original)) for f in others]


def same_scene(image: Image, original: Image, boxes: Iterable[Rectangle]) -> bool:
    """Whether two pictures are one, but for the faces: an original of another name proves nothing.

    Args:
        image: What was anonymized, shape (H, W, 3).
        original: The picture that it may be made of, of the same size.
        boxes: Where faces are; they and what is around them do not count.

    Returns:
        Whether the mean difference of the rest is at most ten grey levels; where faces fill the
        picture, that of the mean colours, which effects keep.
    """
    rest = np.ones(image.shape[:2], np.bool_)
    for left, top, right, bottom in boxes:
        across, down = _AROUND * (right - left), _AROUND * (bottom - top)
        rows = slice(max(0, int(top - down)), max(0, int(bottom + down) + 1))
        rest[rows, max(0, int(left - across)) : max(0, int(right + across) + 1)] = False
    difference = (
        cv2.absdiff(image, original)[rest]
        if rest.any()
        else np.abs(image.mean(axis=(0, 1)) - original.mean(axis=(0, 1)))
    )
    return float(difference.mean()) <= _SAME_SCENE


def audited_file(
    name: str, faces: Sequence[AuditedFace], metadata: Sequence[str], doubts: Sequence[str] = ()
) -> AuditedFile:
    """The verdict over a file.

    Args:
        name: Its place below the folder.
        faces: What is left of them.
        metadata: The groups it holds; see :func:`p3m.imaging.metadata.find_metadata`.
        doubts: Why it could not be audited as it should.
    """
    verdicts: list[Verdict] = [face.verdict for face in faces] + ["doubtful"] * bool(doubts)
    reasons = [
        f"a face at {_place(face)} can be {'seen' if face.verdict == 'identifiable' else 'guessed'}"
        for face in faces
        if face.verdict != "clean"
    ]
    reasons.extend(doubts)
    for group in metadata:
        verdicts.append("doubtful" if group in _DOUBTFUL_GROUPS else "identifiable")
        reasons.append(f"{group} is in the file")
    return AuditedFile(
        name=name,
        verdict=max(verdicts, key=_ORDER.index, default="clean"),
        faces=tuple(faces),
        metadata=tuple(metadata),
        reasons=tuple(reasons),
    )


def recognised(face: AuditedFace, *, cosine: float, first: bool) -> AuditedFace:
    """The face with what an embedding says of it.

    Args:
        face: What is left of it.
        cosine: Of the embeddings of this face and of the original.
        first: Whether it is most like its own original.
    """
    verdict: Verdict = "identifiable" if first and cosine >= SAME_PERSON else face.verdict
    return replace(face, cosine=cosine, recognised=first, verdict=verdict)


def _audited(
    image: Image, face: Face, score: float, *, original: Image | None = None
) -> AuditedFace:
    patch = face_patch(image, face.box)
    left = detail(patch)
    before = None if original is None else face_patch(original, face.box)
    alike = None if before is None else structural_similarity(before, patch)
    shared = None if before is None else pattern_correlation(before, patch)
    return AuditedFace(
        box=face.box,
        score=score,
        detail=left,
        detail_before=None if before is None else detail(before),
        similarity=alike,
        verdict=_verdict(max(score, 0.0 if original is None else face.score), left, alike, shared),
    )


def _verdict(score: float, left: float, alike: float | None, shared: float | None) -> Verdict:
    if left < VISIBLE_DETAIL:
        return "clean"
    if alike is not None and alike < ALIKE:
        return "doubtful" if shared is not None and shared >= SAME_PATTERN else "clean"
    return "identifiable" if score >= SURE_SCORE else "doubtful"


def _score_near(face: Face, found: Sequence[Face]) -> float:
    near = (other.score for other in found if overlap(face.box, other.box) >= _SAME_FACE)
    return max(near, default=0.0)


def _place(face: AuditedFace) -> str:
    left, top, right, bottom = (round(side) for side in face.box)
    return f"{left},{top},{right},{bottom}"
