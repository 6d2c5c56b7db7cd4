"""What cameras, light and files do to a picture; alpha follows where sharpness changes."""

from typing import Protocol

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from p3m.imaging.types import Image

_FILTERED = 0.6  # of grey pictures
_EYE = (0.299, 0.587, 0.114)  # ITU-R BT.601
_SHARES = (0.6, 0.6, 0.6)  # of red, green and blue: a Dirichlet distribution's, one often prevails


class Degradations(Protocol):
    """How often each degradation happens, in [0, 1]."""

    @property
    def grey(self) -> float: ...  # noqa: D102
    @property
    def blur(self) -> float: ...  # noqa: D102
    @property
    def low_resolution(self) -> float: ...  # noqa: D102
    @property
    def noise(self) -> float: ...  # noqa: D102
    @property
    def jpeg(self) -> float: ...  # noqa: D102


def degrade(
    image: Image, alpha: NDArray[np.uint8], shares: Degradations, rng: np.random.Generator
) -> tuple[Image, NDArray[np.uint8]]:
    """What cameras and files do to a picture, each thing with its own chance.

    Args:
        image: Shape (H, W, 3).
        alpha: Its alpha, from 0 to 255, shape (H, W): a blur changes it, too.
        shares: How often each thing happens.
        rng: Source of randomness.
    """
    if rng.random() < shares.grey:
        image = to_grey(image, rng)
    if rng.random() < shares.blur:
        image, alpha = random_blur(image, alpha, rng)
    if rng.random() < shares.low_resolution:
        image = random_low_resolution(image, rng)
    if rng.random() < shares.noise:
        image = random_noise(image, rng)
    if rng.random() < shares.jpeg:
        image = random_jpeg(image, rng)
    return image, alpha


def random_light(image: Image, rng: np.random.Generator, strength: float = 1.0) -> Image:
    """The picture in other light: exposure, contrast, gamma, colour cast and saturation.

    Args:
        image: Shape (H, W, 3).
        rng: Source of randomness.
        strength: 0 changes nothing, 1 much.
    """
    gamma = np.exp(rng.normal(0, 0.3) * strength)
    gain = np.exp(rng.normal(0, 0.18, 3) * strength * rng.random() + rng.normal(0, 0.15) * strength)
    ramp = np.linspace(0, 1, 256, dtype=np.float32)[:, None] ** np.float32(gamma)
    contrast = 1 + rng.normal(0, 0.15) * strength
    table = np.clip((ramp * gain - 0.5) * contrast + 0.5, 0, 1)
    lit = _same_type(cv2.LUT(image, np.rint(table * 255).astype(np.uint8).reshape(256, 1, 3)))
    if rng.random() < 0.5 * strength:
        lit = _saturate(lit, float(rng.uniform(0.0, 1.6)))
    return lit


def random_hue(image: Image, rng: np.random.Generator) -> Image:
    """The picture with all its colours turned around the colour circle by one angle.

    Args:
        image: Shape (H, W, 3).
        rng: Source of randomness.
    """
    angle = rng.uniform(0, 2 * np.pi)
    grey = np.full((3, 1), 1 / np.sqrt(3))
    turn, _ = cv2.Rodrigues(angle * grey)
    return _same_type(cv2.transform(image, turn))


def match_light(
    foreground: Image, alpha: NDArray[np.uint8], background: Image, rng: np.random.Generator
) -> Image:
    """A person in about the light of the background: mean and spread of each colour move there.

    Args:
        foreground: The person's colours, shape (H, W, 3).
        alpha: From 0 to 255, shape (H, W).
        background: Shape (H, W, 3).
        rng: Says how far, at most nine tenths of the way.

    References:
        Reinhard et al., "Color Transfer between Images", CG&A 2001; here in RGB.
    """
    own = np.asarray(cv2.meanStdDev(foreground, mask=alpha)).reshape(2, 3)
    wanted = np.asarray(cv2.meanStdDev(background)).reshape(2, 3)
    share = rng.uniform(0.2, 0.9)
    mean, spread = own + share * (wanted - own)
    factor = np.clip(spread / np.maximum(own[1], 1.0), 0.5, 2.0)
    ramp = np.arange(256, dtype=np.float64)[:, None]
    table = np.clip((ramp - own[0]) * factor + mean, 0, 255)
    return _same_type(cv2.LUT(foreground, np.rint(table).astype(np.uint8).reshape(256, 1, 3)))


def to_grey(image: Image, rng: np.random.Generator) -> Image:
    """The picture in greys, now and then with a tint.

    Four times in ten colours are as bright as to the eye; else red, green and blue have shares at
    random, as films and filters give them: skin, leaves and sky may each be the brightest.
    """
    shares = rng.dirichlet(_SHARES) if rng.random() < _FILTERED else _EYE
    grey = luminance(image, shares)
    if rng.random() < 0.3:
        tint = rng.uniform(0.85, 1.0, 3)
        return np.rint(grey * tint).astype(np.uint8)
    return grey


def luminance(image: Image, shares: ArrayLike = _EYE) -> Image:
    """The picture in greys.

    Args:
        image: Shape (H, W, 3).
        shares: Of red, green and blue; as bright as to the eye unless told.
    """
    grey = cv2.transform(image, np.asarray(shares, np.float64)[None])
    return _same_type(grey)[..., None].repeat(3, axis=2)


def random_blur(
    image: Image, alpha: NDArray[np.uint8], rng: np.random.Generator
) -> tuple[Image, NDArray[np.uint8]]:
    """Picture and alpha out of focus, or moved during the exposure, by the same kernel."""
    if rng.random() < 0.6:
        sigma = float(rng.uniform(0.4, 1.8))
        return _same_type(cv2.GaussianBlur(image, (0, 0), sigma)), _same_type(
            cv2.GaussianBlur(alpha, (0, 0), sigma)
        )
    length = int(rng.integers(3, 12))
    angle = float(rng.uniform(0, 180))
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2] = 1
    turn = cv2.getRotationMatrix2D(((length - 1) / 2, (length - 1) / 2), angle, 1)
    kernel = cv2.warpAffine(kernel, turn, (length, length)).astype(np.float32)
    kernel /= kernel.sum()
    return _same_type(cv2.filter2D(image, -1, kernel)), _same_type(cv2.filter2D(alpha, -1, kernel))


def random_noise(image: Image, rng: np.random.Generator) -> Image:
    """The picture with grain, in colour or in grey, fine or coarse."""
    height, width = image.shape[:2]
    coarse = int(rng.integers(1, 3))
    channels = 3 if rng.random() < 0.6 else 1
    shape = (-(-height // coarse), -(-width // coarse), channels)
    grain = np.empty(shape, np.int16)
    seed = int(rng.integers(0, 2**31 - 1))
    cv2.setRNGSeed(seed)
    deviation = np.full((4, 1), rng.uniform(2, 16))
    cv2.randn(grain, np.zeros((4, 1)), deviation)
    large = np.asarray(cv2.resize(grain, (width, height), interpolation=cv2.INTER_NEAREST))
    noisy = image + large.reshape(height, width, channels)
    return _same_type(np.clip(noisy, 0, 255))


def random_jpeg(image: Image, rng: np.random.Generator) -> Image:
    """The picture as it comes back from a JPEG file of a quality between 25 and 95."""
    quality = int(rng.integers(25, 96))
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return _same_type(cv2.imdecode(data, cv2.IMREAD_COLOR))


def random_low_resolution(image: Image, rng: np.random.Generator) -> Image:
    """The picture made small and large again, as thumbnails are."""
    height, width = image.shape[:2]
    scale = float(rng.uniform(0.3, 0.8))
    small = cv2.resize(
        image,
        (max(1, int(width * scale)), max(1, int(height * scale))),
        interpolation=cv2.INTER_AREA,
    )
    return _same_type(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR))


def _saturate(image: Image, factor: float) -> Image:
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return _same_type(
        cv2.addWeighted(image, factor, cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), 1 - factor, 0)
    )


def _same_type(array: object) -> NDArray[np.uint8]:
    return np.asarray(array, np.uint8)
