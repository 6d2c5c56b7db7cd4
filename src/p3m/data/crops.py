"""Training samples: crops of portraits before their own backgrounds, as P3M-Net is trained on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NotRequired, TypedDict

import numpy as np
from numpy.typing import NDArray

from p3m.core.errors import ConfigError, TrainingError
from p3m.data.degrade import (
    degrade,
    random_light,
)
from p3m.data.foregrounds import ForegroundCache, given_layers
from p3m.data.kept_pictures import KeptPictures
from p3m.data.portraits import Portrait
from p3m.data.sitters import Obfuscate
from p3m.data.transforms import Crop, Resampling, ellipse_trimap, random_crop
from p3m.imaging.depth import dequantize, quantize
from p3m.imaging.io import read_alpha, read_image
from p3m.imaging.types import Image

Bytes = NDArray[np.uint8]
_Source = tuple[Bytes, Bytes, Bytes | None, Bytes | None, Bytes | None]


class CropSample(TypedDict):
    """One training sample; all arrays are uint8 and square.

    Attributes:
        image: What the network sees, (S, S, 3).
        alpha: The true alpha, (S, S).
        trimap: 0, 128 and 255, and what resampling put between them, (S, S).
        faces: 255 where faces are and the alpha is 1, (S, S): all 0 where nobody knows.
        foreground: The foreground's colours, (S, S, 3); there where the composition counts.
        background: The background's, likewise.
        index: Which sample of the run it is.
        name: Whose portrait.
    """

    image: Bytes
    alpha: Bytes
    trimap: Bytes
    faces: Bytes
    foreground: NotRequired[Bytes]
    background: NotRequired[Bytes]
    index: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CropSettings:
    """How samples are made; each probability is that of a sample. The defaults are the paper's.

    Attributes:
        crop_sides_px: Sides of crops, drawn at random; see `p3m.data.transforms.random_crop`.
        side_px: Side of a sample, a multiple of the network's stride.
        trimap_kernel_px: The least and the greatest width of the ellipse that makes the trimap, in
            pixels of the source.
        at_transition: The crop's corner is a pixel of the transition.
        flip: Left and right are exchanged.
        resampling: ``linear`` as the paper, or ``area``, which draws no jagged edges where a crop
            becomes smaller.
        light: Another exposure, contrast, gamma, colour cast or saturation.
        grey: The whole picture is grey.
        blur: Out of focus, or moved.
        noise: Grain.
        jpeg: Compressed as JPEG.
        low_resolution: Made small and large again.
        kept_mb: Megabytes of decoded pictures that each process which makes samples keeps.

    Raises:
        ConfigError: If sizes are impossible.
    """

    crop_sides_px: tuple[int, ...] = (512, 768, 1024)
    side_px: int = 512
    trimap_kernel_px: tuple[int, int] = (15, 30)
    at_transition: float = 0.5
    flip: float = 0.5
    resampling: Resampling = "linear"
    light: float = 0.0
    grey: float = 0.0
    blur: float = 0.0
    noise: float = 0.0
    jpeg: float = 0.0
    low_resolution: float = 0.0
    kept_mb: int = 500

    def __post_init__(self) -> None:
        least, greatest = self.trimap_kernel_px
        if not self.crop_sides_px or min(*self.crop_sides_px, self.side_px, least) < 1:
            raise ConfigError("crop_sides_px, side_px and trimap_kernel_px must be at least 1.")
        if least > greatest:
            raise ConfigError(f"trimap_kernel_px goes from {least} to {greatest}: turn it round.")

    @property
    def degrades(self) -> bool:
        """Whether a picture may be changed beyond being cut out."""
        chances = (self.light, self.grey, self.blur, self.noise, self.jpeg, self.low_resolution)
        return any(chance > 0 for chance in chances)


class CropDataset:
    """An endless list of samples: number i of a seed is always the same one.

    Every portrait is seen once in each epoch, in an order drawn for it; with weights, portraits are
    drawn by them instead.

    Args:
        portraits: Whom to show.
        settings: How samples are made.
        seed: Decides everything.
        length: How many samples there are.
        layers: Colours of both layers of portraits that came without, prepared. None: samples are
            without layers.
        weights: How often each portrait is drawn, up to a factor. None: all alike.
        obfuscate: Hides faces before anything else is done (privacy-preserving training). None:
            faces stay as they are.

    Raises:
        TrainingError: If there are no portraits.
    """

    def __init__(
        self,
        portraits: Sequence[Portrait],
        settings: CropSettings,
        *,
        seed: int,
        length: int,
        layers: ForegroundCache | None = None,
        weights: Sequence[float] | None = None,
        obfuscate: Obfuscate | None = None,
    ) -> None:
        if not portraits:
            raise TrainingError("Training needs at least one portrait.")
        self._portraits = tuple(portraits)
        self._settings = settings
        self._seed = seed
        self._length = length
        self._layers = layers
        self._shares = None if weights is None else np.asarray(weights, float) / np.sum(weights)
        self._obfuscate = obfuscate
        self._sources = KeptPictures(self._read, max_bytes=settings.kept_mb * 10**6)
        self._orders = KeptPictures(self._draw_order, max_bytes=2 * 8 * len(self._portraits))

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: int) -> CropSample:
        """Sample number ``index``; made anew each time, and always the same."""
        settings, rng = self._settings, np.random.default_rng((self._seed, index))
        portrait = self._portraits[self._whose(index, rng)]
        image, alpha, faces, foreground, background = self._hidden(portrait, rng)
        least, greatest = settings.trimap_kernel_px
        trimap = ellipse_trimap(alpha, int(rng.integers(least, greatest + 1)))
        crop = self._crop(trimap, rng)
        sample = CropSample(
            image=crop.apply(image),
            alpha=crop.apply(alpha),
            trimap=crop.apply(trimap),
            faces=_within(crop, faces, alpha),
            index=index,
            name=portrait.name,
        )
        if foreground is not None and background is not None:
            sample["foreground"] = crop.apply(foreground)
            sample["background"] = crop.apply(background)
        return self._degrade(sample, rng)

    def _whose(self, index: int, rng: np.random.Generator) -> int:
        """The number of the portrait of a sample."""
        if self._shares is not None:
            return int(rng.choice(len(self._portraits), p=self._shares))
        epoch, place = divmod(index, len(self._portraits))
        (order,) = self._orders.get(epoch)
        return int(order[place])

    def _draw_order(self, epoch: int) -> tuple[NDArray[np.int64]]:
        # Three numbers, so that it is no sample's generator.
        draw = np.random.default_rng((self._seed, epoch, len(self._portraits)))
        return (draw.permutation(len(self._portraits)),)

    def _crop(self, trimap: Bytes, rng: np.random.Generator) -> Crop:
        settings = self._settings
        return random_crop(
            trimap,
            rng,
            crop_sides_px=settings.crop_sides_px,
            side_px=settings.side_px,
            at_transition=settings.at_transition,
            flip=settings.flip,
            resampling=settings.resampling,
        )

    def _hidden(self, portrait: Portrait, rng: np.random.Generator) -> _Source:
        """The portrait as it may be seen; what is hidden is the foreground's colour there, too."""
        image, alpha, faces, foreground, background = self._sources.get(portrait)
        if self._obfuscate is None or faces is None:
            return image, alpha, faces, foreground, background
        hidden = self._obfuscate(image, dequantize(alpha), faces > 0, rng)
        if foreground is not None:
            changed = (hidden != image).any(axis=2, keepdims=True)
            foreground = np.where(changed, hidden, foreground)
        return hidden, alpha, faces, foreground, background

    def _degrade(self, sample: CropSample, rng: np.random.Generator) -> CropSample:
        """What cameras and files do to the picture; the layers stay as they were."""
        settings = self._settings
        image, alpha = sample["image"], sample["alpha"]
        if rng.random() < settings.light:
            image = random_light(image, rng)
        image, alpha = degrade(image, alpha, settings, rng)
        sample["image"], sample["alpha"] = image, alpha
        return sample

    def _read(self, portrait: Portrait) -> _Source:
        """Picture, alpha, face mask and layers; an empty mask counts as none."""
        image = read_image(portrait.image)
        alpha = quantize(read_alpha(portrait.alpha))
        faces = None
        if portrait.face_mask is not None:
            mask = (read_alpha(portrait.face_mask) > 0.5).astype(np.uint8) * 255
            faces = mask if mask.any() else None
        foreground, background = self._read_layers(portrait)
        return image, alpha, faces, foreground, background

    def _read_layers(self, portrait: Portrait) -> tuple[Image | None, Image | None]:
        if self._layers is None:
            return None, None
        if given := given_layers(portrait):
            return read_image(given[0]), read_image(given[1])
        return self._layers.read_layers(portrait)


def _within(crop: Crop, faces: Bytes | None, alpha: Bytes) -> Bytes:
    """The crop's faces as far as they are opaque, so that no edge of the matte lies in them."""
    if faces is None:
        return np.zeros((crop.side_px, crop.side_px), np.uint8)
    opaque = crop.apply(np.where(alpha == 255, faces, 0).astype(np.uint8))
    return np.where(opaque == 255, 255, 0).astype(np.uint8)
