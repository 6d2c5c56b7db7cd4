"""The ledger of a run: one line of JSON for each file, enough to audit it and to run it again."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from p3m.core.errors import InputError, LedgerError
from p3m.privacy.contract import Face

Status = Literal["anonymized", "no-face", "planned"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceRecord:
    """A face as a ledger has it.

    Attributes:
        id: Its number in the file, from 1.
        box: Left, top, right and bottom in pixels of the upright picture.
        landmarks: As :class:`~p3m.privacy.contract.Face` has them.
        score: How sure the finder was.
        kept: Whether it was left as it is.
        covered: The share of it that was covered, in [0, 1].
    """

    id: int
    box: tuple[float, float, float, float]
    landmarks: tuple[tuple[float, float], ...] | None = None
    score: float = 1.0
    kept: bool = False
    covered: float = 0.0

    def face(self) -> Face:
        """The face itself."""
        landmarks: Any = self.landmarks
        return Face(box=self.box, score=self.score, landmarks=landmarks)


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """What was done to one file.

    Attributes:
        input: The file's place below the folder it was found in.
        input_sha256: Hash of its content.
        output: What was written, at its place below the output folder; ``None`` in a dry run.
        output_sha256: Hash of that.
        status: What became of it.
        width: Of the upright picture, in pixels.
        height: Likewise.
        faces: All that were found, those too that were kept.
        effect: Name and strength of the effect.
        margin: How much further out than the faces it reached.
        covered_px: Pixels that were covered.
        detector: What found the faces, and its settings.
        matte: Whether an alpha's transition band was spared.
        metadata_removed: Groups of metadata that are not in the output.
        metadata_kept: Groups that are.
        doubts: What a person should look at.
        version: Of p3m.
    """

    input: str
    input_sha256: str
    output: str | None
    output_sha256: str | None
    status: Status
    width: int
    height: int
    faces: tuple[FaceRecord, ...]
    effect: Mapping[str, Any]
    margin: float
    covered_px: int
    detector: Mapping[str, Any]
    matte: bool
    metadata_removed: tuple[str, ...]
    metadata_kept: tuple[str, ...]
    doubts: tuple[str, ...]
    version: str

    def line(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)


def sha256(content: bytes) -> str:
    """The hash by which a ledger knows a file."""
    return hashlib.sha256(content).hexdigest()


def read_ledger(path: Path) -> dict[str, LedgerEntry]:
    """The entries of a ledger by the hash of their input; a later line replaces an earlier one.

    Args:
        path: A file of JSON lines, perhaps edited by hand.

    Raises:
        InputError: If it cannot be read.
        LedgerError: If a line is no entry; the text names the line.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as a ledger ({error}).") from error
    entries = {}
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                entry = _entry(json.loads(line))
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                raise LedgerError(
                    f"{path}, line {number}: not an entry of a ledger ({error}); "
                    "mend the line, or take it out."
                ) from error
            entries[entry.input_sha256] = entry
    return entries


def _entry(values: dict[str, Any]) -> LedgerEntry:
    faces = tuple(_face(face) for face in values["faces"])
    texts: dict[str, Iterable[str]] = {
        name: tuple(values[name]) for name in ("metadata_removed", "metadata_kept", "doubts")
    }
    return LedgerEntry(**{**values, **texts, "faces": faces})


def _face(values: dict[str, Any]) -> FaceRecord:
    box = tuple(float(v) for v in values["box"])
    if len(box) != 4 or box[0] >= box[2] or box[1] >= box[3]:
        raise ValueError(f"box {list(box)} is not left, top, right, bottom")
    landmarks = values.get("landmarks")
    points = None if landmarks is None else tuple((float(x), float(y)) for x, y in landmarks)
    return FaceRecord(**{**values, "box": box, "landmarks": points})
