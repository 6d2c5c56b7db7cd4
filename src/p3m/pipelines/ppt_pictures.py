"""The pictures of a PPT study: the same people with blurred and with normal faces, as files.

Whoever has these files can test any matting code with `p3m evaluate`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from p3m.data.foregrounds import ForegroundCache
from p3m.data.placement import random_placement
from p3m.data.portraits import Background, Portrait
from p3m.evaluation.pairs import Pair
from p3m.imaging.compositing import composite
from p3m.imaging.depth import dequantize, quantize
from p3m.imaging.io import read_alpha, read_image, write_picture
from p3m.imaging.resize import resize
from p3m.imaging.trimap import trimap_from_alpha
from p3m.imaging.types import Alpha, Image
from p3m.pipelines.obfuscate import obfuscate_like_p3m

Table = Literal["composites", "photos"]
"""``composites`` have an exact alpha; that of ``photos`` was made by another network."""

Faces = Literal["B", "N"]
"""Faces are blurred, or normal."""

PICTURES_VERSION = 1
"""Counts up when pictures of the same pack come out otherwise; part of their folder's name."""

SEED = 2026
SIDE_PX = 640
TRIMAP_RADIUS_PX = 12

_FOLDERS: dict[Faces, str] = {"B": "blurred", "N": "normal"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitter:
    """Somebody who is shown.

    Attributes:
        number: The place among all people of the split; decides the composite, so that it stays
            the same whoever else is shown.
        portrait: The portrait; it has a face mask.
    """

    number: int
    portrait: Portrait


PicturePairs = dict[Table, dict[Faces, tuple[Pair, ...]]]
"""The pictures of each table, by how their faces are; both have the same names."""


def make_pictures(
    sitters: Sequence[Sitter],
    scenes: Sequence[Background],
    foregrounds: ForegroundCache,
    out: Path,
    *,
    tell: Callable[[int, int], None] = lambda *_: None,
) -> PicturePairs:
    """Makes the pictures that are not there yet.

    A composite shows a person's estimated colours at a random place and size before a random scene;
    the alpha that they are composed with is the truth. A face is blurred before the person is
    placed, within its mask and clear of the transition, as in P3M-10k.

    Args:
        sitters: Who is shown.
        scenes: Before what; at least one.
        foregrounds: Where estimated colours are kept; what is not there is estimated.
        out: Takes ``composites`` and ``photos``, each with ``blurred``, ``normal``, ``alpha`` and
            ``trimap``; normal photos and their alphas stay in the pack.
        tell: Told how many people are done, and of how many.
    """
    made: PicturePairs = {t: {"B": (), "N": ()} for t in ("composites", "photos")}
    for done, sitter in enumerate(sitters, start=1):
        pairs = {
            "composites": _composites(sitter, scenes, foregrounds, out / "composites"),
            "photos": _photos(sitter.portrait, out / "photos"),
        }
        for table, columns in made.items():
            for faces in columns:
                columns[faces] += (pairs[table][faces],)
        tell(done, len(sitters))
    return made


def _composites(
    sitter: Sitter, scenes: Sequence[Background], foregrounds: ForegroundCache, out: Path
) -> dict[Faces, Pair]:
    portrait = sitter.portrait
    alpha_file = out / "alpha" / f"{portrait.name}.png"
    pairs = _pairs(portrait, out, alpha=alpha_file)
    if _are_there(pairs):
        return pairs
    foregrounds.prepare([portrait])
    colours, alpha = foregrounds.read(portrait)
    rng = np.random.default_rng((SEED, sitter.number))
    place = random_placement(alpha, SIDE_PX, rng)
    scene = _square(read_image(scenes[int(rng.integers(len(scenes)))].image))
    truth = dequantize(place.apply(quantize(alpha)))
    shown: dict[Faces, Image] = {"B": _blurred(colours, alpha, portrait), "N": colours}
    for faces, person in shown.items():
        image = composite(place.apply(person, repeat_border=True), scene, truth)
        _write(pairs[faces].image, image)
    _write(alpha_file, truth)
    _write_trimap(pairs["N"].trimap, truth)
    return pairs


def _photos(portrait: Portrait, out: Path) -> dict[Faces, Pair]:
    pairs = _pairs(portrait, out, alpha=portrait.alpha, normal=portrait.image)
    if _are_there(pairs):
        return pairs
    alpha = read_alpha(portrait.alpha)
    _write(pairs["B"].image, _blurred(read_image(portrait.image), alpha, portrait))
    _write_trimap(pairs["B"].trimap, alpha)
    return pairs


def _pairs(
    portrait: Portrait, out: Path, *, alpha: Path, normal: Path | None = None
) -> dict[Faces, Pair]:
    """Where the files of a picture lie, or will lie."""
    file = f"{portrait.name}.png"
    images = {faces: out / folder / file for faces, folder in _FOLDERS.items()}
    if normal is not None:
        images["N"] = normal
    return {
        faces: Pair(name=portrait.name, alpha=alpha, trimap=out / "trimap" / file, image=image)
        for faces, image in images.items()
    }


def _are_there(pairs: dict[Faces, Pair]) -> bool:
    files = {path for pair in pairs.values() for path in (pair.image, pair.alpha, pair.trimap)}
    return all(path is not None and path.is_file() for path in files)


def _blurred(image: Image, alpha: Alpha, portrait: Portrait) -> Image:
    if portrait.face_mask is None:
        return image
    return obfuscate_like_p3m(image, alpha, read_alpha(portrait.face_mask) > 0.5)


def _square(image: Image) -> Image:
    """The middle of a scene, of the composites' size."""
    side = min(image.shape[:2])
    top, left = ((length - side) // 2 for length in image.shape[:2])
    return resize(image[top : top + side, left : left + side], (SIDE_PX, SIDE_PX))


def _write_trimap(path: Path | None, alpha: Alpha) -> None:
    _write(path, dequantize(trimap_from_alpha(alpha, TRIMAP_RADIUS_PX)))


def _write(path: Path | None, pixels: Image | Alpha) -> None:
    if path is not None:
        write_picture(path, pixels, overwrite=True)
