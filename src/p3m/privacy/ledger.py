"""The ledger of a run: one line of JSON for each file, enough to audit it and to run it again."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from p3m.core.errors import InputError, LedgerError
from p3m.privacy.contract import Face
from p3m.privacy.ledger_video import VideoRecord

_FARTHEST_PX = 1e6

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
        video: What was done to the frames, where the file is a video; ``faces`` is empty then, and
            ``covered_px`` counts the pixels of all frames.
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
    video: VideoRecord | None = None

    def line(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)


def sha256(content: bytes) -> str:
    """The hash by which a ledger knows a file."""
    return hashlib.sha256(content).hexdigest()


def sha256_file(path: Path) -> str:
    """The same of a file that may be larger than memory.

    Raises:
        InputError: If it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error}).") from error


def read_ledger(path: Path) -> dict[str, LedgerEntry]:
    """The entries of a ledger by the hash of their input; a later line replaces an earlier one.

    Args:
        path: A file of JSON lines, perhaps edited by hand.

    Raises:
        InputError: If it cannot be read.
        LedgerError: If a line is no entry; the text names the line.
    """
    return {entry.input_sha256: entry for entry in read_entries(path)}


def read_entries(path: Path) -> Iterator[LedgerEntry]:
    """The entries of a ledger, line by line; for the errors see :func:`read_ledger`."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as a ledger ({error}).") from error
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                entry = _entry(json.loads(line))
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                raise LedgerError(
                    f"{path}, line {number}: not an entry of a ledger ({error}); "
                    "mend the line, or take it out."
                ) from error
            yield entry


def _entry(values: dict[str, Any]) -> LedgerEntry:
    faces = tuple(_face(face) for face in values["faces"])
    numbers = [face.id for face in faces]
    if len(set(numbers)) < len(numbers):
        raise ValueError(f"faces have the ids {numbers}; each needs its own")
    texts: dict[str, Iterable[str]] = {
        name: tuple(values[name]) for name in ("metadata_removed", "metadata_kept", "doubts")
    }
    video = values.get("video")
    frames = None if video is None else VideoRecord.read(video)
    return LedgerEntry(**{**values, **texts, "faces": faces, "video": frames})


def _face(values: dict[str, Any]) -> FaceRecord:
    number, kept = values["id"], values.get("kept", False)
    if type(number) is not int:
        raise ValueError(f"id {number!r} is not a whole number")
    if type(kept) is not bool:  # "false" in quotes would leave a face to be seen
        raise ValueError(f"kept is {kept!r}; it must be true or false")
    box = tuple(_place(v) for v in values["box"])
    if len(box) != 4 or box[0] >= box[2] or box[1] >= box[3]:
        raise ValueError(f"box {list(box)} is not left, top, right, bottom")
    landmarks = values.get("landmarks")
    points = None if landmarks is None else tuple((_place(x), _place(y)) for x, y in landmarks)
    if points is not None and len(points) != 5:
        raise ValueError(f"{len(points)} landmarks; there must be 5, or null")
    score = float(values.get("score", 1.0))
    return FaceRecord(**{**values, "box": box, "landmarks": points, "score": score})


def _place(number: Any) -> float:
    """A number of pixels; a vast one would not fit into the picture's own arithmetic."""
    place = float(number)
    if not abs(place) <= _FARTHEST_PX:
        raise ValueError(f"{number} is no place in a picture")
    return place
