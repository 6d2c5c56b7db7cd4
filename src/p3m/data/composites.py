"""Training samples: people over other backgrounds, with alpha known by construction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypedDict

import cv2
import numpy as np
from numpy.typing import NDArray

from p3m.core.errors import TrainingError
from p3m.data.clutter import add_lines, add_shapes
from p3m.data.degrade import degrade, match_light, random_blur, random_hue, random_light
from p3m.data.emptiness import empty_part
from p3m.data.foregrounds import ForegroundCache
from p3m.data.kept_pictures import KeptPictures
from p3m.data.placement import random_placement
from p3m.data.portraits import Background, Portrait
from p3m.data.strands import add_strands, random_style
from p3m.data.things import draw_thing
from p3m.imaging.compositing import composite, over
from p3m.imaging.depth import dequantize, quantize
from p3m.imaging.io import read_alpha, read_image
from p3m.imaging.resize import resize
from p3m.imaging.types import Alpha, Image, Mask

Obfuscate = Callable[[Image, Alpha, Mask, np.random.Generator], Image]
"""Hides the faces in a picture: image, alpha, face mask, randomness -> a new image."""

_LEAST = 1e-6
_BACKGROUND_SHARE = 0.2  # of the memory for decoded pictures


class Sample(TypedDict):
    """One training sample; all arrays are uint8 and square.

    Attributes:
        image: What the network sees, (S, S, 3).
        alpha: The true alpha, (S, S).
        foreground: The foreground's colours before the picture was degraded, (S / 2, S / 2, 3).
        background: The background, likewise.
        index: Which sample of the run it is.
        name: Whose portrait.
    """

    image: NDArray[np.uint8]
    alpha: NDArray[np.uint8]
    foreground: NDArray[np.uint8]
    background: NDArray[np.uint8]
    index: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositeSettings:
    """How samples are made; each probability is that of a sample.

    Attributes:
        side_px: Side of a sample.
        natural: A photo with its own background in place of a composite.
        empty: No person at all: alpha is 0.
        company: Somebody else stands behind the person, and counts.
        guest: The person stands before somebody else's photo, and both count.
        matched: The person is lit about as the background is.
        clutter: Shapes of another scene stand behind them, lines, or a drawn thing.
        held: A drawn thing is held before the body, and counts.
        covered: A drawn thing, nearer than what is sharp, hides a part of the body.
        strands: Hair strands are added.
        grey: The whole picture is grey.
        blur: Out of focus, or moved.
        soft: The person alone is out of focus, or moved.
        noise: Grain.
        jpeg: Compressed as JPEG.
        low_resolution: Made small and large again.
        background_blur: The background is out of focus, half of the time without its clutter.
        hue: The background's colours are turned around the colour circle.
        plain: The background is one colour, or passes from one to another.
        beside: A scene is what somebody's photo shows beside them, not one of the backgrounds.
        kept_mb: Megabytes of decoded pictures that each process which makes samples keeps.
    """

    side_px: int = 512
    natural: float = 0.25
    empty: float = 0.01
    company: float = 0.08
    guest: float = 0.12
    matched: float = 0.3
    clutter: float = 0.5
    held: float = 0.06
    covered: float = 0.04
    strands: float = 0.5
    grey: float = 0.3
    blur: float = 0.15
    soft: float = 0.06
    noise: float = 0.3
    jpeg: float = 0.4
    low_resolution: float = 0.1
    background_blur: float = 0.45
    hue: float = 0.2
    plain: float = 0.1
    beside: float = 0.4
    kept_mb: int = 3000


class CompositeDataset:
    """An endless list of samples: number i of a seed is always the same one.

    Args:
        portraits: Whom to show.
        weights: How often each portrait is drawn, up to a factor.
        backgrounds: What to show them before.
        foregrounds: Their colours, prepared.
        settings: How samples are made.
        seed: Decides everything.
        length: How many samples there are.
        obfuscate: Hides faces before anything else is done (privacy-preserving training). None:
            faces stay.

    Raises:
        TrainingError: If there are no portraits or no backgrounds.
    """

    def __init__(
        self,
        portraits: Sequence[Portrait],
        weights: Sequence[float],
        backgrounds: Sequence[Background],
        foregrounds: ForegroundCache,
        settings: CompositeSettings,
        *,
        seed: int,
        length: int,
        obfuscate: Obfuscate | None,
    ) -> None:
        if not portraits or not backgrounds:
            raise TrainingError("Training needs at least one portrait and one background.")
        self._portraits = tuple(portraits)
        self._cumulative = np.cumsum(np.asarray(weights, np.float64) / np.sum(weights))
        self._backgrounds = tuple(backgrounds)
        self._foregrounds = foregrounds
        self._settings = settings
        self._seed = seed
        self._length = length
        self._obfuscate = obfuscate
        kept_bytes = settings.kept_mb * 10**6
        scenes_bytes = int(_BACKGROUND_SHARE * kept_bytes)
        self._sources = KeptPictures(self._read_source, max_bytes=kept_bytes - scenes_bytes)
        self._scenes = KeptPictures(_read_background, max_bytes=scenes_bytes)

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: int) -> Sample:
        """Sample number ``index``; made anew each time, and always the same."""
        rng = np.random.default_rng((self._seed, index))
        settings = self._settings
        portrait = self._draw(rng)
        natural = rng.random() < settings.natural
        foreground, background, alpha = self._layers(portrait, rng, natural=natural)
        image = foreground if natural else composite(foreground, background, dequantize(alpha))
        image, alpha = self._degrade(image, alpha, rng)
        half = (settings.side_px // 2, settings.side_px // 2)
        return Sample(
            image=image,
            alpha=alpha,
            foreground=resize(foreground, half),
            background=resize(background, half),
            index=index,
            name=portrait.name,
        )

    def _layers(
        self, portrait: Portrait, rng: np.random.Generator, *, natural: bool
    ) -> tuple[Image, Image, NDArray[np.uint8]]:
        """Foreground, background and alpha; a natural photo is both foreground and background."""
        settings = self._settings
        foreground, alpha, faces = self._person(portrait, rng, natural=natural)
        if natural:
            return foreground, foreground, alpha
        if rng.random() < settings.empty:
            return foreground, self._background(rng), np.zeros_like(alpha)
        if faces is not None and rng.random() < settings.strands:
            foreground, alpha = _with_strands(foreground, alpha, faces, rng)
        if rng.random() < settings.held:
            foreground, alpha = self._holding(foreground, alpha, faces, rng)
        foreground = random_light(foreground, rng, 0.7)
        if rng.random() < settings.soft:
            foreground, alpha = random_blur(foreground, alpha, rng)
        if rng.random() < settings.guest:
            background, others, _ = self._person(self._draw(rng), rng, natural=True)
            foreground = self._lit_as(background, foreground, alpha, rng)
            foreground, alpha = _joined(foreground, alpha, background, others)
        else:
            background = self._background(rng)
            foreground = self._lit_as(background, foreground, alpha, rng)
            if rng.random() < settings.company:
                foreground, alpha = self._with_company(foreground, alpha, rng)
        if rng.random() < settings.covered:
            background, alpha = self._covered(background, alpha, faces, rng)
        return foreground, background, alpha

    def _lit_as(
        self,
        background: Image,
        foreground: Image,
        alpha: NDArray[np.uint8],
        rng: np.random.Generator,
    ) -> Image:
        """The person, in part of the samples lit about as the background is."""
        if rng.random() >= self._settings.matched:
            return foreground
        return match_light(foreground, alpha, background, rng)

    def _draw(self, rng: np.random.Generator) -> Portrait:
        return self._portraits[int(np.searchsorted(self._cumulative, rng.random()))]

    def _person(
        self, portrait: Portrait, rng: np.random.Generator, *, natural: bool
    ) -> tuple[Image, NDArray[np.uint8], NDArray[np.uint8] | None]:
        """Colours, alpha and faces of somebody, with faces hidden, at a place in the sample."""
        image, colours, alpha, faces = self._sources.get(portrait)
        source = image if natural else colours
        if self._obfuscate is not None and faces is not None:
            source = self._obfuscate(source, alpha, faces, rng)
        place = random_placement(alpha, self._settings.side_px, rng, inside=natural)
        return (
            place.apply(source, repeat_border=True),
            place.apply(np.rint(alpha * 255).astype(np.uint8)),
            None if faces is None else place.apply(faces.astype(np.uint8)),
        )

    def _with_company(
        self, foreground: Image, alpha: NDArray[np.uint8], rng: np.random.Generator
    ) -> tuple[Image, NDArray[np.uint8]]:
        """Colours and alpha of a person and of somebody behind."""
        colours, behind, _ = self._person(self._draw(rng), rng, natural=False)
        return _joined(foreground, alpha, random_light(colours, rng, 0.7), behind)

    def _holding(
        self,
        foreground: Image,
        alpha: NDArray[np.uint8],
        faces: NDArray[np.uint8] | None,
        rng: np.random.Generator,
    ) -> tuple[Image, NDArray[np.uint8]]:
        """Colours and alpha of a person with a thing before the body, below the face."""
        reach = self._settings.side_px * float(rng.uniform(0.04, 0.2))
        rows, columns = np.nonzero(alpha[_below(faces) :])
        if faces is None or not len(rows):
            return foreground, alpha
        chosen = int(rng.integers(len(rows)))
        centre = (float(columns[chosen]), float(rows[chosen] + _below(faces)))
        thing, cover = self._thing(centre, reach, rng)
        if cover[faces > 0].any():
            return foreground, alpha
        return _joined(thing, cover, foreground, alpha)

    def _covered(
        self,
        background: Image,
        alpha: NDArray[np.uint8],
        faces: NDArray[np.uint8] | None,
        rng: np.random.Generator,
    ) -> tuple[Image, NDArray[np.uint8]]:
        """Background and alpha of a person behind a thing that stands at the lower edge.

        The thing joins the background: both hide what alpha no longer shows.
        """
        side = self._settings.side_px
        centre = (float(rng.uniform(0, side)), float(rng.uniform(0.9, 1.2) * side))
        thing, cover = self._thing(centre, float(rng.uniform(0.1, 0.4)) * side, rng)
        if faces is not None and cover[faces > 0].any():
            return background, alpha
        thing, cover = _softened(thing, cover, float(rng.uniform(0.5, 6)))
        background, hidden = _joined(thing, cover, background, 255 - alpha)
        return background, 255 - hidden

    def _thing(
        self, centre: tuple[float, float], reach_px: float, rng: np.random.Generator
    ) -> tuple[Image, NDArray[np.uint8]]:
        """Colours and alpha of a drawn thing, in some light."""
        side = self._settings.side_px
        colours, cover = draw_thing(side, centre, reach_px, self._scene(rng), rng)
        return random_light(colours, rng, 0.5), cover

    def _background(self, rng: np.random.Generator) -> Image:
        side = self._settings.side_px
        if rng.random() < self._settings.plain:
            scene = _plain(side, rng)
        else:
            scene = self._scene(rng)
            if rng.random() < 0.5:
                scene = scene[:, ::-1]
        scene = np.ascontiguousarray(scene)
        if rng.random() < self._settings.hue:
            scene = random_hue(scene, rng)
        steps = [self._cluttered, self._out_of_focus]
        for step in steps if rng.random() < 0.5 else reversed(steps):
            scene = step(scene, rng)
        return random_light(scene, rng)

    def _cluttered(self, scene: Image, rng: np.random.Generator) -> Image:
        """In part of the samples, a scene with more in it."""
        if rng.random() >= self._settings.clutter:
            return scene
        kind = rng.random()
        if kind < 0.3:
            return add_shapes(scene, self._scene(rng), rng)
        if kind < 0.5:
            return add_lines(scene, rng)
        side = self._settings.side_px
        centre = (float(rng.uniform(0, side)), float(rng.uniform(0, side)))
        thing, cover = self._thing(centre, float(rng.uniform(0.04, 0.4)) * side, rng)
        return composite(thing, scene, dequantize(cover))

    def _out_of_focus(self, scene: Image, rng: np.random.Generator) -> Image:
        """In part of the samples, a soft scene."""
        if rng.random() >= self._settings.background_blur:
            return scene
        width_px = int(rng.integers(3, 25))
        for _ in range(2):
            scene = np.asarray(cv2.blur(scene, (width_px, width_px)), np.uint8)
        return scene

    def _scene(self, rng: np.random.Generator) -> Image:
        """A square part of a background, or of somebody's photo where nobody is."""
        size = (self._settings.side_px, self._settings.side_px)
        part = self._beside(rng) if rng.random() < self._settings.beside else None
        if part is None:
            part = self._part_of_background(rng)
        scene: Image = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_LINEAR))
        return scene

    def _part_of_background(self, rng: np.random.Generator) -> Image:
        chosen = self._backgrounds[int(rng.integers(len(self._backgrounds)))]
        (image,) = self._scenes.get(chosen)
        height, width = image.shape[:2]
        crop = int(min(height, width) * rng.uniform(0.4, 1.0))
        top = int(rng.integers(0, height - crop + 1))
        left = int(rng.integers(0, width - crop + 1))
        return image[top : top + crop, left : left + crop]

    def _beside(self, rng: np.random.Generator) -> Image | None:
        """What a photo shows beside people; None if they fill it."""
        image, _, alpha, _ = self._sources.get(self._draw(rng))
        part = empty_part(alpha, rng)
        return None if part is None else image[part]

    def _degrade(
        self, image: Image, alpha: NDArray[np.uint8], rng: np.random.Generator
    ) -> tuple[Image, NDArray[np.uint8]]:
        settings = self._settings
        image = random_light(image, rng, 0.5)
        return degrade(image, alpha, settings, rng)

    def _read_source(self, portrait: Portrait) -> tuple[Image, Image, Alpha, Mask | None]:
        """Picture, foreground colours, alpha and face mask; an empty mask counts as none."""
        image = read_image(portrait.image)
        colours, alpha = self._foregrounds.read(portrait)
        faces = None
        if portrait.face_mask is not None:
            mask = read_alpha(portrait.face_mask) > 0.5
            faces = mask if mask.any() else None
        return image, colours, alpha, faces


def _joined(
    colours: Image, alpha: NDArray[np.uint8], others: Image, behind: NDArray[np.uint8]
) -> tuple[Image, NDArray[np.uint8]]:
    """Colours and alpha of people, and of others behind them."""
    joined, both = over(colours, dequantize(alpha), others, dequantize(behind))
    return joined, quantize(both)


def _softened(
    colours: Image, alpha: NDArray[np.uint8], sigma: float
) -> tuple[Image, NDArray[np.uint8]]:
    """Colours and alpha of a thing out of focus; what lies beyond it lends it no colour."""
    share = dequantize(alpha)
    soft = np.asarray(cv2.GaussianBlur(share, (0, 0), sigma), np.float32)
    spread = np.asarray(cv2.GaussianBlur(colours * share[..., None], (0, 0), sigma))
    straight = spread / np.maximum(soft, _LEAST)[..., None]
    return np.rint(straight.clip(0, 255)).astype(np.uint8), quantize(soft.clip(0, 1))


def _read_background(background: Background) -> tuple[Image]:
    return (read_image(background.image),)


def _with_strands(
    foreground: Image, alpha: NDArray[np.uint8], faces: NDArray[np.uint8], rng: np.random.Generator
) -> tuple[Image, NDArray[np.uint8]]:
    """Colours and alpha with strands of hair around the head, where there is one."""
    head = _around(faces)
    if not head.any():
        return foreground, alpha
    style = random_style(rng, float(np.sqrt(head.sum())))
    grown, combined = add_strands(foreground, dequantize(alpha), head, style, rng)
    return grown, quantize(combined)


def _around(faces: NDArray[np.uint8]) -> Mask:
    """The head around the faces: their box, wider and higher by three quarters."""
    height, width = faces.shape
    left, top, box_width, box_height = cv2.boundingRect(faces)
    region = np.zeros(faces.shape, np.bool_)
    if box_width and box_height:
        across, along = int(0.75 * box_width), int(0.75 * box_height)
        region[
            max(0, top - along) : min(height, top + box_height),
            max(0, left - across) : min(width, left + box_width + across),
        ] = True
    return region


def _below(faces: NDArray[np.uint8] | None) -> int:
    """The first row below all faces."""
    if faces is None or not faces.any():
        return 0
    return int(np.flatnonzero(faces.any(axis=1))[-1]) + 1


def _plain(side: int, rng: np.random.Generator) -> Image:
    """One colour, or a passage between two along some direction."""
    first, second = rng.uniform(0, 255, (2, 3))
    if rng.random() < 0.4:
        second = first
    angle = rng.uniform(0, 2 * np.pi)
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    share = np.clip((x * np.cos(angle) + y * np.sin(angle)) / 2.8 + 0.5, 0, 1)[..., None]
    colours: Image = np.rint(first + share * (second - first)).astype(np.uint8)
    return colours
