"""YuNet, a face detector in OpenCV, from a model file of the user's."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from p3m.core.checks import check_range, check_shape
from p3m.core.errors import InputError, ModelFormatError
from p3m.imaging.types import Image
from p3m.privacy.contract import Face

THRESHOLD = 0.3
"""The least score of a face, by default."""

_OVERLAP = 0.3
_MOST = 5000


class YuNet:
    """Finds faces with OpenCV's own detector; its weights are not part of any package.

    Args:
        path: The ONNX file, such as ``face_detection_yunet_2023mar.onnx`` of OpenCV's model zoo.
        threshold: The least score of a face, in [0, 1].
        side_px: The longer side at which a picture is searched; larger ones are shrunk.

    Raises:
        InputError: If there is no such file.
        ModelFormatError: If OpenCV cannot use it.
        RangeError: If ``threshold`` is outside of [0, 1].

    References:
        Wu et al., "YuNet: A Tiny Millisecond-level Face Detector", Machine Intelligence Research
        2023.
    """

    name = "yunet"

    def __init__(self, path: Path, *, threshold: float = THRESHOLD, side_px: int = 960) -> None:
        check_range("threshold", threshold, 0.0, 1.0)
        if not path.is_file():
            raise InputError(f"{path}: no such file; give YuNet's ONNX file.")
        self.threshold = threshold
        self.side_px = side_px
        try:
            self._network = cv2.FaceDetectorYN.create(
                str(path), "", (320, 320), threshold, _OVERLAP, _MOST
            )
        except cv2.error as error:
            raise ModelFormatError(
                f"{path}: OpenCV cannot use it as YuNet ({error.err})."
            ) from error

    def __call__(self, image: Image) -> tuple[Face, ...]:
        """The faces in a picture; see ``privacy.contract.FaceDetector``."""
        check_shape("image", image, "H W 3")
        height, width = image.shape[:2]
        shrink = min(1.0, self.side_px / max(height, width))
        size = max(1, round(width * shrink)), max(1, round(height * shrink))
        small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        self._network.setInputSize(size)
        rows: Any = self._network.detect(np.ascontiguousarray(small[..., ::-1]))[1]  # perhaps None
        scale = np.array([width / size[0], height / size[1]])
        faces = [_face(row, scale) for row in (() if rows is None else rows)]
        return tuple(sorted(faces, key=lambda face: -face.score))


def _face(row: NDArray[np.float32], scale: NDArray[np.float64]) -> Face:
    """A face of OpenCV's 15 numbers: box, five landmarks from the picture's left, score."""
    places = row[:14].reshape(7, 2) * scale  # corner, size, landmarks
    (left, top), (width, height), *points = ((float(x), float(y)) for x, y in places)
    one, two, three, four, five = points
    return Face(
        box=(left, top, left + width, top + height),
        score=float(row[14]),
        landmarks=(one, two, three, four, five),
    )
