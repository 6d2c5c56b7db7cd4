"""The façade's core: a picture in, a person with soft edges out."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from p3m.core.extras import require_extra
from p3m.core.locks import ForkSafeLock
from p3m.imaging.compositing import ForegroundMethod, composite, cutout, estimate_foreground
from p3m.imaging.io import MAX_PIXELS, Picture, write_picture
from p3m.imaging.types import Alpha, Image, Rgba
from p3m.inference.backend import OnnxBackend
from p3m.inference.contract import Backend
from p3m.inference.predictor import Predictor
from p3m.inference.strategy import STRATEGIES, Strategy
from p3m.pipelines.background import BackgroundLike, fit_background, resolve_background
from p3m.pipelines.pictures import PictureLike, picture_from
from p3m.weights.store import find_weights

DEFAULT_MODEL = "p3mnet-lite"

TORCH_SUFFIXES = (".safetensors", ".pt", ".pth", ".pth.tar")
"""The files of weights that PyTorch runs; all others are ONNX files."""

_LOADING = ForkSafeLock()


@dataclass(frozen=True, eq=False)
class Matte:
    """A picture and how much of each pixel is person.

    Attributes:
        image: The picture that was matted, upright, shape (H, W, 3), ``uint8`` RGB; over white
            where it was transparent.
        alpha: The share of the person in each pixel, shape (H, W), ``float32`` in [0, 1].
        own: The picture as it was read, if it has an opacity of its own; alpha is within it.
    """

    image: Image
    alpha: Alpha
    own: Picture | None = None

    def foreground(self, *, method: ForegroundMethod = "blurred-fusion") -> Image:
        """The person's own colours, opaque, shape (H, W, 3).

        See :func:`p3m.imaging.compositing.estimate_foreground`.
        """
        if self.own is None or self.own.alpha is None:
            return estimate_foreground(self.image, self.alpha, method=method)
        opacity = self.own.alpha
        share = np.divide(self.alpha, opacity, out=np.zeros_like(opacity), where=opacity > 0)
        return estimate_foreground(self.own.rgb, share, method=method)

    def cutout(self, *, method: ForegroundMethod = "blurred-fusion") -> Rgba:
        """The person alone: estimated colours and opacity, shape (H, W, 4), straight alpha."""
        return cutout(self.foreground(method=method), self.alpha)

    def over(
        self, background: BackgroundLike, *, method: ForegroundMethod = "blurred-fusion"
    ) -> Image:
        """The person over another background, shape (H, W, 3).

        Args:
            background: A colour (``"teal"``, ``"#336699"``, ``(0, 128, 128)``), a picture or its
                file, or ``"blur"`` for the old background out of focus. A picture of another size
                is cut to the aspect ratio about its middle.
            method: How the person's colours are estimated.

        Raises:
            ConfigError: If text is neither a colour nor the name of a file.
            P3MError: If the background cannot be read; see :func:`p3m.read_image`.
        """
        behind = fit_background(resolve_background(background), self.image, self.alpha)
        return composite(self.foreground(method=method), behind, self.alpha)

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Writes the cutout as PNG, WebP or TIFF, by the file's suffix.

        Raises:
            OutputError: If the file exists and ``overwrite`` is false, or cannot be written.
            ConfigError: If the format is unknown or has no transparency.
        """
        write_picture(path, self.cutout(), overwrite=overwrite)


def matte(
    image: PictureLike,
    *,
    model: str | Path = DEFAULT_MODEL,
    strategy: str | Strategy = "tiled",
    threads: int | None = None,
    provider: str | None = None,
    max_pixels: int = MAX_PIXELS,
) -> Matte:
    """The person in a picture.

    The model stays loaded for the next picture. An opacity that the picture has itself is the most
    that the result has.

    Args:
        image: A file's name or its bytes, a Pillow image, or an array: ``uint8``, grey (H, W), RGB
            (H, W, 3) or straight RGBA (H, W, 4). Files and Pillow images are turned upright as
            their EXIF data say, and brought to sRGB.
        model: A name, ``name@tag``, an ONNX file, or a file of weights for PyTorch.
        strategy: ``"tiled"`` (details where they are needed), ``"hybrid"`` (details everywhere),
            ``"resize"`` (no details), another name in
            :data:`p3m.inference.strategy.STRATEGIES`, or an object.
        threads: Threads of the network; ``None`` takes all that the process may use.
        provider: An ONNX Runtime provider such as ``"cuda"``; ``None`` is the processor.
        max_pixels: Files with more pixels are refused before they are decoded.

    Raises:
        P3MError: As reading (:func:`p3m.read_image`) and loading (:func:`p3m.load_predictor`) do.
        ShapeError: If an array has another shape.
        RangeError: If an array is not ``uint8``.
    """
    picture = picture_from(image, max_pixels=max_pixels)
    predictor = load_predictor(model, strategy=strategy, threads=threads, provider=provider)
    return matte_picture(picture, predictor)


def matte_picture(picture: Picture, predictor: Predictor) -> Matte:
    """The person in a picture that has been read, by a predictor that has been loaded."""
    image = picture.image
    alpha = predictor(image)
    if picture.alpha is None:
        return Matte(image, alpha)
    # Over white the network sees a soft edge that is there already; it must not count twice.
    return Matte(image, np.minimum(alpha, picture.alpha), picture)


def load_predictor(
    model: str | Path = DEFAULT_MODEL,
    *,
    strategy: str | Strategy = "tiled",
    threads: int | None = None,
    provider: str | None = None,
) -> Predictor:
    """A predictor, whose model is kept in memory while it is among the last two used.

    Args:
        model: A name, ``name@tag``, or an ONNX file; or weights of a network in p3m's catalogue, in
            a file that ends as :data:`TORCH_SUFFIXES` say. A file that has changed is read again.
        strategy: A name in :data:`p3m.inference.strategy.STRATEGIES`, or an object.
        threads: Threads of the network; ``None`` takes all that the process may use. For PyTorch
            it is a setting of the whole process.
        provider: An ONNX Runtime provider such as ``"cuda"``; ``None`` is the processor. PyTorch
            has ``"cpu"``, ``"cuda"`` and ``"mps"``.

    Raises:
        UnknownNameError: If the model or the strategy is unknown.
        WeightsError: If the weights are missing, damaged, or fit no network.
        ModelFormatError: If the file is no matting model, or none that the strategy can use.
        ProviderError: If the provider is not available.
        MissingExtraError: If the file, or the strategy, needs what is not installed.
    """
    chosen = STRATEGIES[strategy] if isinstance(strategy, str) else strategy
    with _LOADING:
        return Predictor(_load_backend(model, _stamp(model), threads, provider), chosen)


@lru_cache(maxsize=2)
def _load_backend(
    model: str | Path,
    stamp: tuple[int, int] | None,  # noqa: ARG001 - a key: another stamp is another file
    threads: int | None,
    provider: str | None,
) -> Backend:
    if not str(model).lower().endswith(TORCH_SUFFIXES):
        return OnnxBackend(find_weights(model), threads=threads, provider=provider)
    require_extra("train", f"{model}, a file of weights for PyTorch,", "torch", "safetensors")
    from p3m.pipelines.checkpoints import load_torch_backend  # noqa: PLC0415 - brings torch

    return load_torch_backend(Path(model), threads=threads, provider=provider)


def _stamp(model: str | Path) -> tuple[int, int] | None:
    """What changes when a model's file is written again; ``None`` for a name."""
    try:
        status = Path(model).stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
