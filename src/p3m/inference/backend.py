"""What runs a matting model: the Backend protocol, and ONNX Runtime behind it."""

import base64
import binascii
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from p3m.core.checks import check_shape
from p3m.core.errors import ModelFormatError
from p3m.imaging.types import Alpha, Image
from p3m.inference.coarse import Maps
from p3m.inference.graph import NEEDS, check_detail, check_graph
from p3m.inference.session import open_session
from p3m.inference.spec import ModelSpec, read_spec

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Images = NDArray[np.uint8]
Alphas = NDArray[np.float32]

_BAND_PX = 4


class Backend(Protocol):
    """A matting model in two steps: the whole picture at low resolution, then windows of it.

    Both may be called by several threads at once.
    """

    @property
    def spec(self) -> ModelSpec:
        """How to feed it."""

    def coarse(self, image: Image) -> tuple[Alpha, Maps]:
        """What the model makes of a whole picture.

        Args:
            image: Shape (H, W, 3), H and W multiples of the stride.

        Returns:
            Alpha, shape (H, W); and maps for :meth:`refine`, shape (C, H / n, W / n): alpha, the
            probability of transition, features.
        """

    def refine(self, images: Images, maps: Maps) -> Alphas:
        """Alpha at full resolution, which equals the first map where the second one is 0.

        Args:
            images: Windows of a picture, shape (B, h, w, 3), h and w multiples of the window
                multiple.
            maps: The maps at these windows' pixels, shape (B, C, h, w).

        Returns:
            Shape (B, h, w).
        """


class OnnxBackend:
    """A matting model in an ONNX file, run by ONNX Runtime.

    A file of p3m's own format says in its metadata how to feed it, and carries a small second graph
    that refines windows. Any other file is a plain model: it is fed as ImageNet models are, and
    windows are refined by the same graph, whose answer counts only within the transition that it
    saw at low resolution, widened by 4 pixels there.

    Args:
        source: The file, or its bytes.
        threads: Threads within one operation; ``None`` takes every processor that this process may
            use.
        provider: ``"cpu"`` (the same as ``None``), ``"cuda"``, ``"coreml"`` …, or ONNX Runtime's
            full name.

    Raises:
        WeightsError: If the file is missing or cannot be read.
        ModelFormatError: If it is not ONNX, or no matting model; the text says what it has and what
            it needs.
        ProviderError: If the provider is not available, or could not be started.
    """

    def __init__(
        self,
        source: str | Path | bytes,
        *,
        threads: int | None = None,
        provider: str | None = None,
    ) -> None:
        name = "The model" if isinstance(source, bytes) else str(source)
        file = source if isinstance(source, bytes) else Path(source)
        self._base = open_session(file, name=name, threads=threads, provider=provider)
        check_graph(self._base, name)
        metadata = self._base.get_modelmeta().custom_metadata_map
        self._spec = read_spec(name, metadata)
        self._detail: InferenceSession | None = None
        if "p3m.detail" in metadata:
            self._detail = open_session(
                _decoded(metadata["p3m.detail"], name),
                name=f"{name}'s detail graph",
                threads=threads,
                provider=provider,
            )
            check_detail(self._base, self._detail, name)

    @property
    def spec(self) -> ModelSpec:
        """How to feed the model."""
        return self._spec

    def coarse(self, image: Image) -> tuple[Alpha, Maps]:
        """What the model makes of a whole picture; see :meth:`Backend.coarse`.

        Raises:
            ShapeError: If ``image`` is not (H, W, 3).
            ModelFormatError: If the model's answer is not an alpha of the picture's size.
        """
        check_shape("image", image, "H W 3")
        alphas, *others = self._run_base(self._normalised(image[None]))
        alpha: Alpha = alphas[0]
        if self._detail is not None:
            return alpha, others[0][0]
        return alpha, np.stack((alpha, _band(alpha)))

    def refine(self, images: Images, maps: Maps) -> Alphas:
        """Alpha at full resolution; see :meth:`Backend.refine`.

        Raises:
            ShapeError: If the shapes do not fit each other.
        """
        check_shape("images", images, "B h w 3")
        check_shape("maps", maps, f"{len(images)} C {images.shape[1]} {images.shape[2]}")
        normalised = self._normalised(images)
        if self._detail is not None:
            (alphas,) = self._detail.run(["alpha"], {"image": normalised, "coarse": maps})
            refined: Alphas = alphas[:, 0]
            return refined
        again: Alphas = self._run_base(normalised)[0]
        low, transition = maps[:, 0], maps[:, 1]
        return low + transition * (again - low)

    def _normalised(self, images: Images) -> Maps:
        """(B, h, w, 3) of 0 to 255 as (B, 3, h, w), less the mean, over the standard deviation."""
        result = np.empty((len(images), 3, *images.shape[1:3]), dtype=np.float32)
        for channel, (mean, std) in enumerate(zip(self._spec.mean, self._spec.std, strict=True)):
            np.multiply(images[..., channel], np.float32(1 / (255 * std)), out=result[:, channel])
            result[:, channel] -= np.float32(mean / std)
        return result

    def _run_base(self, images: Maps) -> list[Any]:
        """The whole model's alphas (B, H, W), and its coarse maps if it has a detail graph."""
        inputs, outputs = self._base.get_inputs(), self._base.get_outputs()
        names = [outputs[0].name, "coarse"] if self._detail is not None else [outputs[0].name]
        if inputs[0].shape[0] == 1 and len(images) > 1:
            one_by_one = [self._base.run(names, {inputs[0].name: image[None]}) for image in images]
            results = [np.concatenate(arrays) for arrays in zip(*one_by_one, strict=True)]
        else:
            results = self._base.run(names, {inputs[0].name: images})
        if results[0].shape != (len(images), 1, *images.shape[2:]):
            raise ModelFormatError(
                f"{self._spec.name} made {results[0].shape} of an input {images.shape}; {NEEDS}."
            )
        return [results[0][:, 0], *results[1:]]


def _band(alpha: Alpha) -> Alpha:
    """1 where a plain model's alpha is neither 0 nor 1, widened by a few pixels; else 0."""
    between = ((alpha > 0.01) & (alpha < 0.99)).astype(np.uint8)
    side = 2 * _BAND_PX + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return cv2.dilate(between, kernel).astype(np.float32)


def _decoded(text: str, name: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ModelFormatError(f"{name}: its detail graph is damaged; export it again.") from error
