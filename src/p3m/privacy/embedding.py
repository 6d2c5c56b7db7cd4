"""Face embeddings by a model of the user's: would a machine still know who it is?"""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from p3m.core.checks import check_shape
from p3m.core.errors import ModelFormatError
from p3m.imaging.types import Image
from p3m.privacy.contract import Face
from p3m.weights.session import open_session

Embedding = NDArray[np.float32]

_TEMPLATE = np.array(
    [
        [38.2946, 51.6963],
        [73.5318, 51.5014],
        [56.0252, 71.7366],
        [41.5493, 92.3655],
        [70.7299, 92.2041],
    ],
    np.float32,
)
_SIDE_PX = 112


class FaceEmbedder:
    """Turns faces into unit vectors whose scalar product says how alike they are.

    Args:
        path: An ONNX model of the ArcFace kind: one input (B, 3, 112, 112), RGB, less 127.5 and
            over 127.5; one output (B, N). p3m brings none: weights that know people are the user's
            to choose.
        threads: Threads within one operation; ``None`` takes every processor of this process.

    Raises:
        WeightsError: If there is no such file.
        ModelFormatError: If it is no such model.

    References:
        Deng et al., "ArcFace: Additive Angular Margin Loss for Deep Face Recognition", CVPR 2019:
        the five places to which eyes, nose and mouth are brought.
    """

    def __init__(self, path: Path, *, threads: int | None = None) -> None:
        self._session = open_session(path, name=str(path), threads=threads)
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        if len(inputs) != 1 or list(inputs[0].shape[1:]) != [3, _SIDE_PX, _SIDE_PX]:
            shapes = ", ".join(str(value.shape) for value in inputs)
            raise ModelFormatError(
                f"{path}: its inputs are {shapes}; a face embedding takes one of "
                f"(B, 3, {_SIDE_PX}, {_SIDE_PX})."
            )
        self._names = inputs[0].name, outputs[0].name

    def __call__(self, image: Image, face: Face) -> Embedding | None:
        """The face's unit vector; ``None`` where its landmarks are not known.

        Args:
            image: RGB, shape (H, W, 3).
            face: Where it is.
        """
        check_shape("image", image, "H W 3")
        if face.landmarks is None:
            return None
        places = np.array(face.landmarks, np.float32)
        transform = cv2.estimateAffinePartial2D(places, _TEMPLATE, method=cv2.LMEDS)[0]
        aligned = cv2.warpAffine(image, transform, (_SIDE_PX, _SIDE_PX))
        planes = (aligned.transpose(2, 0, 1)[None].astype(np.float32) - 127.5) / 127.5
        (vectors,) = self._session.run([self._names[1]], {self._names[0]: planes})
        vector: Embedding = vectors[0] / max(float(np.linalg.norm(vectors[0])), 1e-9)
        return vector


def identified(probes: Sequence[Embedding], gallery: Sequence[Embedding]) -> list[bool]:
    """Whether each probe is most like its own entry of a gallery (rank-1 re-identification).

    Args:
        probes: Unit vectors of hidden faces.
        gallery: Those of the same faces in the originals, in the same order.

    Example:
        >>> one, two = np.eye(2, dtype=np.float32)
        >>> identified([one, one], [one, two])
        [True, False]
    """
    if not probes:
        return []
    likeness = np.stack(probes) @ np.stack(gallery).T
    return [bool(best == own) for own, best in enumerate(likeness.argmax(axis=1))]
