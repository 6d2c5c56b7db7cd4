"""Training samples: people over other backgrounds, with alpha known by construction."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

import cv2
import numpy as np
from numpy.typing import NDArray

from p3m.core.errors import TrainingError
from p3m.data.composite_settings import CompositeSettings
from p3m.data.cut_things import CutThings
from p3m.data.degrade import degrade, match_light, random_blur, random_light
from p3m.data.dress import redress
from p3m.data.foregrounds import ForegroundCache
from p3m.data.portraits import Background, Portrait
from p3m.data.scenes import Scenes
from p3m.data.sitters import Obfuscate, Sitters
from p3m.data.strands import add_strands, random_style
from p3m.imaging.compositing import composite, over, straight_colours
from p3m.imaging.depth import dequantize, quantize
from p3m.imaging.resize import resize
from p3m.imaging.types import Image, Mask

_HALF = 127  # the alpha above which a pixel shows more of the person
_PATTERNED = 0.4  # of the clothes that change
_BACKGROUND_SHARE, _THINGS_SHARE = 0.2, 0.05  # of the memory for decoded pictures


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
        things: Pictures of cut-out things, for beside people, in their hands and before them.

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
        things: Sequence[Path] = (),
    ) -> None:
        if not portraits or not backgrounds:
            raise TrainingError("Training needs at least one portrait and one background.")
        kept_bytes = settings.kept_mb * 10**6
        scenes_bytes = int(_BACKGROUND_SHARE * kept_bytes)
        things_bytes = int(_THINGS_SHARE * kept_bytes) if things else 0
        self._sitters = Sitters(
            portraits,
            weights,
            foregrounds,
            side_px=settings.side_px,
            turned=settings.turned,
            bent=settings.bent,
            obfuscate=obfuscate,
            max_bytes=kept_bytes - scenes_bytes - things_bytes,
        )
        self._scenes = Scenes(
            backgrounds,
            self._sitters.beside,
            CutThings(things, side_px=settings.side_px, max_bytes=things_bytes),
            settings,
            max_bytes=scenes_bytes,
        )
        self._settings = settings
        self._seed = seed
        self._length = length

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: int) -> Sample:
        """Sample number ``index``; made anew each time, and always the same."""
        rng = np.random.default_rng((self._seed, index))
        settings = self._settings
        portrait = self._sitters.draw(rng)
        natural = rng.random() < settings.natural
        foreground, background, alpha = self._layers(portrait, rng, natural=natural)
        image = foreground if natural else composite(foreground, background, dequantize(alpha))
        image, alpha = degrade(random_light(image, rng, 0.5), alpha, settings, rng)
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
        foreground, alpha, faces = self._sitters.show(portrait, rng, natural=natural)
        if rng.random() < settings.dressed:
            apart = rng.spawn(1)[0]
            pattern = self._scenes.part(apart) if apart.random() < _PATTERNED else None
            dressed = redress(foreground, alpha, faces, pattern, apart)
            foreground = composite(dressed, foreground, dequantize(alpha)) if natural else dressed
        if natural:
            return foreground, foreground, alpha
        if rng.random() < settings.empty:
            return foreground, self._scenes.draw(rng), np.zeros_like(alpha)
        if faces is not None and rng.random() < settings.strands:
            foreground, alpha = _with_strands(foreground, alpha, faces, rng)
        if rng.random() < settings.held:
            foreground, alpha = self._holding(foreground, alpha, faces, rng)
        foreground = random_light(foreground, rng, 0.7)
        if rng.random() < settings.soft:
            foreground, alpha = random_blur(foreground, alpha, rng.spawn(1)[0])
        if rng.random() < settings.guest:
            background, others, more = self._sitters.show(
                self._sitters.draw(rng), rng, natural=True
            )
            foreground = self._lit_as(background, foreground, alpha, rng)
            foreground, alpha = _joined(foreground, alpha, background, others)
            faces = _either(faces, more)
        else:
            background = self._scenes.draw(rng)
            foreground = self._lit_as(background, foreground, alpha, rng)
            if rng.random() < settings.company:
                foreground, alpha = self._with_company(foreground, alpha, rng)
        background = self._touched(background, alpha, rng)
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

    def _with_company(
        self, foreground: Image, alpha: NDArray[np.uint8], rng: np.random.Generator
    ) -> tuple[Image, NDArray[np.uint8]]:
        """Colours and alpha of a person and of somebody behind."""
        colours, behind, _ = self._sitters.show(self._sitters.draw(rng), rng, natural=False)
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
        if faces is None:
            return foreground, alpha
        below = _below(faces)
        place = _random_place(alpha[below:], rng)
        if place is None:
            return foreground, alpha
        thing, cover = self._scenes.thing((place[0], place[1] + below), reach, rng)
        if cover[faces > 0].any():
            return foreground, alpha
        return _joined(thing, cover, foreground, alpha)

    def _touched(
        self, background: Image, alpha: NDArray[np.uint8], rng: np.random.Generator
    ) -> Image:
        """In part of the samples, a thing about a place of the outline, as a flower at a collar.

        Where networks take a thing for a part of somebody, it touches them.
        """
        if rng.random() >= self._settings.touched:
            return background
        inside = (alpha > _HALF).astype(np.uint8)
        outline = cv2.morphologyEx(inside, cv2.MORPH_GRADIENT, np.ones((3, 3)))
        place = _random_place(np.asarray(outline, np.uint8), rng)
        if place is None:
            return background
        reach = self._settings.side_px * float(rng.uniform(0.04, 0.25))
        thing, cover = self._scenes.thing(place, reach, rng)
        return composite(thing, background, dequantize(cover))

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
        thing, cover = self._scenes.thing(centre, float(rng.uniform(0.1, 0.4)) * side, rng)
        thing, cover = _softened(thing, cover, float(rng.uniform(0.5, 6)))
        if faces is not None and cover[faces > 0].any():
            return background, alpha
        background, hidden = _joined(thing, cover, background, 255 - alpha)
        return background, 255 - hidden


def _random_place(where: NDArray[np.uint8], rng: np.random.Generator) -> tuple[float, float] | None:
    """A pixel that is not 0, as (x, y); None if all are."""
    rows, columns = np.nonzero(where)
    if not len(rows):
        return None
    chosen = int(rng.integers(len(rows)))
    return float(columns[chosen]), float(rows[chosen])


def _joined(
    colours: Image, alpha: NDArray[np.uint8], others: Image, behind: NDArray[np.uint8]
) -> tuple[Image, NDArray[np.uint8]]:
    """Colours and alpha of somebody or something, and of what is behind."""
    joined, both = over(colours, dequantize(alpha), others, dequantize(behind))
    return joined, quantize(both)


def _softened(
    colours: Image, alpha: NDArray[np.uint8], sigma: float
) -> tuple[Image, NDArray[np.uint8]]:
    """Colours and alpha of a thing out of focus; what lies beyond it lends it no colour."""
    share = dequantize(alpha)
    soft = np.asarray(cv2.GaussianBlur(share, (0, 0), sigma), np.float32)
    spread = np.asarray(cv2.GaussianBlur(colours * share[..., None], (0, 0), sigma), np.float32)
    return straight_colours(spread, soft), quantize(soft.clip(0, 1))


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


def _below(faces: NDArray[np.uint8]) -> int:
    """The first row below all faces."""
    rows = np.flatnonzero(faces.any(axis=1))
    return int(rows[-1]) + 1 if len(rows) else 0


def _either(
    faces: NDArray[np.uint8] | None, others: NDArray[np.uint8] | None
) -> NDArray[np.uint8] | None:
    if faces is None or others is None:
        return others if faces is None else faces
    return np.maximum(faces, others)
