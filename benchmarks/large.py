"""Hair in pictures of 12 megapixels beside the same pictures at one megapixel.

    python benchmarks/large.py --data ../shared/data --cache runs/cache --sheet large.png

Validation people stand enlarged before blurred validation scenes, with strands of hair drawn at
full size, so that there is something to be seen there and its alpha is exact. The same picture is
made smaller for the other sizes. The transition is what lies within 0.4 % of the picture's longer
side from where the true alpha is neither 0 nor 1; MAD is the mean within it.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from quality import held_back
from result_file import Case, case, write_result

import p3m
from p3m.data.strands import StrandStyle, add_strands
from p3m.imaging.compositing import composite
from p3m.imaging.depth import as_grey, dequantize, quantize
from p3m.imaging.io import read_alpha, read_image, write_picture
from p3m.imaging.resize import resize
from p3m.imaging.trimap import trimap_from_alpha, unknown_region
from p3m.imaging.types import Alpha, Image, Mask
from p3m.metrics.absolute import mad

SEED = 12
LARGE = (4000, 3000)
SIZES = {"12 Mpx": LARGE, "3 Mpx": (2000, 1500), "1 Mpx": (1160, 870)}
BAND = 0.004
CROP_PX = 900


@dataclass(frozen=True)
class Person:
    """A picture of 12 megapixels, its true alpha, and where hair is to be looked at."""

    image: Image
    alpha: Alpha
    corner: tuple[int, int]


def main() -> None:
    """Scores each strategy at each size, writes the result file and the sheet of hair."""
    options = parse()
    people = list(make(options.data, options.cache, options.count))
    predictors = {
        strategy: p3m.load_predictor(options.model, strategy=strategy, threads=options.threads)
        for strategy in ("tiled", "resize")
    }
    cases, shown = (
        [],
        [[crop(person, person.image), crop(person, as_grey(person.alpha))] for person in people],
    )
    for name, size in SIZES.items():
        for strategy, predict in predictors.items():
            alphas = [predict(resize(person.image, size)) for person in people]
            cases.append(score(f"{strategy}, {name}", people, alphas))
            print(f"{cases[-1].name:16} MAD {cases[-1].summary['mean']:.4f}", flush=True)
            if strategy == "tiled" and name != "3 Mpx":
                for row, person, alpha in zip(shown, people, alphas, strict=True):
                    row.append(crop(person, as_grey(resize(alpha, LARGE))))
    settings = {"model": options.model, "seed": SEED, "pictures": len(people)}
    print(write_result("large", cases, settings=settings, machine=options.machine))
    if options.sheet:
        rows = [np.concatenate(row, axis=1) for row in shown]
        write_picture(options.sheet, np.concatenate(rows, axis=0), overwrite=True)


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="the open portrait pack")
    parser.add_argument("--cache", type=Path, default=Path("runs/cache"))
    parser.add_argument("--model", default="p3mnet-lite")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--count", type=int, default=8, help="of people")
    parser.add_argument("--machine", help="what it runs on, for the file's name")
    parser.add_argument("--sheet", type=Path, help="a PNG of hair: picture, truth, 12 and 1 Mpx")
    return parser.parse_args()


def make(data: Path, cache: Path, count: int) -> Iterator[Person]:
    """The people whose licence lets them be shown, each at 12 megapixels."""
    held = held_back(data, cache)
    free = [(p, p.face_mask) for p in held.people if p.licence.startswith("CC0")]
    masked = ((person, mask) for person, mask in free if mask is not None)
    for index, (person, mask) in enumerate(islice(masked, count)):
        rng = np.random.default_rng((SEED, index))
        colours, alpha = held.foregrounds.read(person)
        faces = read_alpha(mask) > 0.5
        scene = held.scenes[int(rng.integers(len(held.scenes)))]
        yield enlarged(colours, alpha, faces, read_image(scene.image), rng)


def enlarged(
    colours: Image, alpha: Alpha, faces: Mask, scene: Image, rng: np.random.Generator
) -> Person:
    """A person at 12 megapixels with strands of two to four pixels."""
    size, large = (LARGE[1], LARGE[0]), resize(quantize(alpha), LARGE)
    left, top, width, height = cv2.boundingRect(
        np.asarray(cv2.resize(faces.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST))
    )
    head = np.zeros(LARGE, np.bool_)
    head[max(0, top - height // 2) : top + height, max(0, left - width) : left + 2 * width] = True
    style = StrandStyle(count=150, length_px=0.25 * height, width_px=3.0, curl=0.6, opacity=0.9)
    large_colours = np.asarray(cv2.resize(colours, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    person, truth = add_strands(large_colours, dequantize(large), head, style, rng)
    behind = np.asarray(cv2.blur(resize(scene, LARGE), (41, 41)), np.uint8)
    corner = (
        int(np.clip(top - CROP_PX // 2, 0, LARGE[0] - CROP_PX)),
        int(np.clip(left + width - CROP_PX // 4, 0, LARGE[1] - CROP_PX)),
    )
    return Person(composite(person, behind, truth), truth, corner)


def score(name: str, people: list[Person], alphas: list[Alpha]) -> Case:
    """MAD within the transition, at the alphas' size."""
    errors = []
    for person, alpha in zip(people, alphas, strict=True):
        truth = resize(person.alpha, (alpha.shape[0], alpha.shape[1]))
        band = unknown_region(trimap_from_alpha(truth, round(BAND * max(truth.shape))))
        errors.append(round(mad(alpha, truth, band), 6))
    return case(name, "MAD", errors)


def crop(person: Person, picture: Image) -> Image:
    """The part of a picture with hair, a third as large."""
    top, left = person.corner
    part = np.ascontiguousarray(picture[top : top + CROP_PX, left : left + CROP_PX])
    return resize(part, (CROP_PX // 3, CROP_PX // 3))


if __name__ == "__main__":
    main()
