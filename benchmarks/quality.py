"""How well a model mattes people it was never trained on, faces hidden or not.

    python benchmarks/quality.py --data ../shared/data --cache runs/cache --sheet worst.png

Composites: every validation portrait over a validation scene, at a seeded place and size; their
alpha is known as far as the foreground is clean. Photos keep their own background and are compared
with the pack's pseudo-mattes: that says how far a model agrees with another one, not how good it
is. Hidden faces are blurred as in P3M-10k. Each picture is matted as `p3m matte` would.

`--people known` shows as many people that the network was trained on, before the same new scenes:
what it has learned by heart.

`--alphas` takes other mattes of the same photos for the truth, such as `p3m data refine` makes of
them: without the halo that a network's mattes have around hair. What it has none of keeps its own.

`--beside` takes the result file of another model and tells how far apart the two are, picture by
picture, with a 95 % interval: means alone are made by few pictures. The embedded model's result
file is `quality--…`, another model's has its name in it, `quality-NAME--…`; so have other people
and other mattes.

`slices.csv` tells by eye what each of the people's pictures shows, known by the first twelve digits
of its file's SHA-256: no name stands beside a colour of skin. SAD-T counts the transition, ten
pixels around it included.
"""

import argparse
import csv
import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
from result_file import Case, case, read_result, write_result
from rich.progress import track

import p3m
from p3m.config.load import load_settings, preset
from p3m.data.degrade import luminance
from p3m.data.foregrounds import ForegroundCache
from p3m.data.placement import random_placement
from p3m.data.portraits import Background, Portrait, pictures_by_stem
from p3m.evaluation.gallery import error_map
from p3m.evaluation.statistics import summarize
from p3m.imaging.compositing import composite
from p3m.imaging.depth import as_grey, quantize
from p3m.imaging.io import read_alpha, read_image, write_picture
from p3m.imaging.resize import resize
from p3m.imaging.trimap import trimap_from_alpha, unknown_region
from p3m.imaging.types import Alpha, Image, Mask
from p3m.metrics.absolute import mad, mse, sad
from p3m.pipelines.matte import DEFAULT_MODEL
from p3m.pipelines.obfuscate import obfuscate_like_p3m
from p3m.pipelines.train_data import split_folder
from p3m.pipelines.train_settings import TrainRun

CASES = tuple(product(("composite", "photo"), ("obfuscated", "normal"), ("colour", "grey")))
SEED = 2026
SIDE_PX = 640
HOLE = 0.02
TRANSITION_PX = 10
PLACES = ("near", "taken", "lost")
"""In the transition and around; far: background taken for people, people lost."""

SLICES = Path(__file__).parent / "slices.csv"
WORST = 12
SHOWN = 3


@dataclass(frozen=True)
class Picture:
    """A picture to matte, and what is known about it."""

    name: str
    family: str
    licence: str
    image: Image
    alpha: Alpha
    faces: Mask
    shows: dict[str, str]


class Held(NamedTuple):
    """Whom the pictures show, before what, and where their clean colours are kept."""

    people: list[Portrait]
    scenes: list[Background]
    foregrounds: ForegroundCache


def main() -> None:
    """Scores a model on every case, writes the result file and the sheet of the worst."""
    options = parse()
    truth = options.alphas.name if options.alphas else "pack"
    other = read_other(options.beside, options.people, truth) if options.beside else {}
    known = options.people == "known"
    held = held_back(options.data, options.cache, trained_on=known, alphas=options.alphas)
    predict = p3m.load_predictor(options.model, strategy=options.strategy, threads=options.threads)
    cases, scored = [], []
    for source, hidden, colour in CASES:
        name = f"{source}-{hidden}-{colour}"
        pictures = make(held, source=source, hidden=hidden, colour=colour)
        shown = track(pictures, total=len(held.people), description=name)
        rows = [(picture, predict(picture.image)) for picture in shown]
        cases.append(score(name, rows))
        scored += [(name, *row) for row in rows if source == "composite"]
        print(f"{name:28} MAD {cases[-1].summary['mean']:.4f}  {cases[-1].facts}", flush=True)
        if other:
            print(f"{'':28} {difference(cases[-1].raw, other[name].raw)}", flush=True)
    settings = {
        "model": options.model,
        "people": options.people,
        "alphas": truth,
        "strategy": options.strategy,
        "seed": SEED,
        "side_px": SIDE_PX,
        "pictures": len(held.people),
    }
    kinds = "-known" * known + f"-{truth}" * bool(options.alphas)
    suite = suite_of(f"quality{kinds}", options.model)
    print(write_result(suite, cases, settings=settings, machine=options.machine))
    if options.sheet:
        write_sheet(options.sheet, scored)


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="the open portrait pack")
    parser.add_argument("--cache", type=Path, default=Path("runs/cache"))
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--strategy", default="tiled")
    parser.add_argument("--people", choices=("new", "known"), default="new")
    parser.add_argument("--alphas", type=Path, help="a folder of mattes, in place of the pack's")
    parser.add_argument("--beside", type=Path, help="another model's result file, to compare with")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--machine", help="what it runs on, for the file's name")
    parser.add_argument("--sheet", type=Path, help="a PNG of the 12 worst composites")
    return parser.parse_args()


def suite_of(benchmark: str, model: str) -> str:
    """The start of a result file's name: the benchmark's, and the model's but for the default."""
    return benchmark if model == DEFAULT_MODEL else f"{benchmark}-{Path(model).stem}"


def held_back(
    data: Path, cache: Path, *, trained_on: bool = False, alphas: Path | None = None
) -> Held:
    """People and scenes that the default network was not trained on.

    With ``trained_on`` the scenes stay, and the people are as many that it was trained on. Mattes
    are those in the folder ``alphas``, where it has some of their names, or the pack's.
    """
    run = load_settings(TrainRun, preset("p3mnet-lite"))
    split = split_folder(data, run.data)
    people = [p for p in split.validation if p.name not in run.data.exclude]
    if trained_on:
        people = alike(people, split.train)
    others = pictures_by_stem(alphas)
    people = [replace(one, alpha=others.get(one.name, one.alpha)) for one in people]
    foregrounds = ForegroundCache(cache / "foreground")
    foregrounds.prepare(people)
    return Held(people, split.validation_backgrounds, foregrounds)


def alike(people: list[Portrait], others: list[Portrait]) -> list[Portrait]:
    """As many others of each collection, drawn at random."""
    rng = np.random.default_rng(SEED)
    chosen: list[Portrait] = []
    for family, count in Counter(portrait.family for portrait in people).items():
        own = [portrait for portrait in others if portrait.family == family]
        chosen += [own[n] for n in sorted(rng.permutation(len(own))[:count])]
    return chosen


def make(held: Held, *, source: str, hidden: str, colour: str) -> Iterator[Picture]:
    """The pictures of a case; the same people, places and scenes whatever is hidden or grey."""
    known = slices()
    for index, portrait in enumerate(held.people):
        shows = known.get(hashlib.sha256(portrait.image.read_bytes()).hexdigest()[:12], {})
        rng = np.random.default_rng((SEED, index))
        colours, alpha = held.foregrounds.read(portrait)
        image = colours if source == "composite" else read_image(portrait.image)
        faces = np.zeros(alpha.shape, np.bool_)
        if portrait.face_mask is not None:
            faces = read_alpha(portrait.face_mask) > 0.5
        if hidden == "obfuscated":
            image = obfuscate_like_p3m(image, alpha, faces)
        if source == "composite":
            place = random_placement(alpha, SIDE_PX, rng)
            scene = held.scenes[int(rng.integers(len(held.scenes)))]
            background = square(read_image(scene.image))
            steps = place.apply(quantize(alpha))
            alpha = (steps / np.float32(255)).astype(np.float32)
            faces = place.apply(faces.astype(np.uint8)) > 0
            image = composite(place.apply(image, repeat_border=True), background, alpha)
        if colour == "grey":
            image = luminance(image)
        faces &= alpha > 0.95
        yield Picture(portrait.name, portrait.family, portrait.licence, image, alpha, faces, shows)


def slices() -> dict[str, dict[str, str]]:
    """What pictures show, by the beginning of their files' hashes."""
    with SLICES.open(newline="", encoding="utf-8") as file:
        return {row.pop("picture"): row for row in csv.DictReader(file)}


def square(image: Image) -> Image:
    """The middle of a picture as a square of the composites' side."""
    side = min(image.shape[:2])
    top, left = ((length - side) // 2 for length in image.shape[:2])
    part = image[top : top + side, left : left + side]
    return resize(part, (SIDE_PX, SIDE_PX))


def score(name: str, rows: list[tuple[Picture, Alpha]]) -> Case:
    """MAD of each picture, and means of other measures as facts."""
    errors = [mad(alpha, picture.alpha) for picture, alpha in rows]
    holes = [hole(picture, alpha) for picture, alpha in rows if picture.faces.any()]
    facts: dict[str, float | str] = {
        "sad": mean(sad(alpha, picture.alpha) for picture, alpha in rows),
        "sad_t": mean(
            sad(alpha, picture.alpha, transition(picture.alpha)) for picture, alpha in rows
        ),
        "mse": mean(mse(alpha, picture.alpha) for picture, alpha in rows),
        "hole_mean": mean(iter(holes)),
        "hole_worst": round(max(holes), 5),
        "pictures_with_hole": sum(value > HOLE for value in holes),
    }
    places = np.mean([by_place(picture, alpha) for picture, alpha in rows], axis=0)
    facts |= {f"mad_{at}": round(float(e), 5) for at, e in zip(PLACES, places, strict=True)}
    for family in sorted({picture.family for picture, _ in rows}):
        own = (e for e, (p, _) in zip(errors, rows, strict=True) if p.family == family)
        facts[f"mad_{family}"] = mean(own)
    for kind in sorted({(key, value) for p, _ in rows for key, value in p.shows.items()}):
        own = (e for e, (p, _) in zip(errors, rows, strict=True) if kind in p.shows.items())
        facts["mad_" + "_".join(kind)] = mean(own)
    return case(name, "MAD", [round(error, 6) for error in errors], **facts)


def by_place(picture: Picture, alpha: Alpha) -> list[float]:
    """What each of `PLACES` adds to a picture's MAD."""
    error = alpha - picture.alpha
    near = transition(picture.alpha)
    parts = (near, ~near & (error > 0), ~near & (error < 0))
    return [float(np.abs(error[part]).sum()) / error.size for part in parts]


def transition(alpha: Alpha) -> Mask:
    """Where the matte is neither 0 nor 1, and what is near."""
    return unknown_region(trimap_from_alpha(alpha, TRANSITION_PX))


def hole(picture: Picture, alpha: Alpha) -> float:
    """What is missing of the face: the mean of 1 - alpha within it."""
    return float((1 - alpha[picture.faces]).mean())


def read_other(path: Path, people: str, truth: str) -> dict[str, Case]:
    """The cases of a result file, if they show the same pictures."""
    try:
        result = read_result(path)
    except OSError as error:
        raise SystemExit(f"{path} cannot be read: {error.strerror}.") from error
    settings = {"alphas": "pack", **result.settings}  # earlier files know no others
    shown = tuple(settings.get(key) for key in ("people", "alphas", "seed", "side_px"))
    wanted = (people, truth, SEED, SIDE_PX)
    if shown != wanted:
        raise SystemExit(f"{path} shows other pictures: {shown}, not {wanted}.")
    return {one.name: one for one in result.cases}


def difference(errors: list[float], others: list[float]) -> str:
    """How much less or more error than another model has, picture by picture, in words."""
    apart = np.subtract(errors, others)
    change = summarize({"mad": list(apart)}, seed=SEED)["mad"]
    mean_of_other = float(np.mean(others))
    low, middle, high = (x / mean_of_other for x in (change.low, change.mean, change.high))
    return f"{middle:+.1%} [{low:+.1%}, {high:+.1%}], {np.mean(apart < 0):.0%} of pictures better"


def mean(values: Iterator[float]) -> float:
    """The mean, to five digits."""
    return round(float(np.mean(list(values))), 5)


def write_sheet(path: Path, scored: list[tuple[str, Picture, Alpha]]) -> None:
    """The worst composites, one people once: photo, alpha, error (red lacks, blue is too much).

    Only photos under CC0 are shown, and few of them; the pack's other people stay in the pack.
    """
    ranked = sorted(scored, key=lambda row: -mad(row[2], row[1].alpha))
    worst: dict[str, tuple[Picture, Alpha]] = {}
    for _, picture, alpha in ranked:
        worst.setdefault(picture.name, (picture, alpha))
    shown, tiles = 0, []
    for picture, alpha in list(worst.values())[:WORST]:
        may_show = picture.licence.startswith("CC0") and shown < SHOWN
        shown += may_show
        tiles.append(tile(picture, alpha, with_photo=may_show))
    rows = [np.concatenate(tiles[start : start + 3], axis=1) for start in range(0, len(tiles), 3)]
    write_picture(path, np.concatenate(rows, axis=0), overwrite=True)


def tile(picture: Picture, alpha: Alpha, *, with_photo: bool) -> Image:
    """Photo (or grey in its place), alpha and error side by side, small."""
    photo = picture.image if with_photo else np.full_like(picture.image, 128)
    shown = (photo, as_grey(alpha), error_map(alpha, picture.alpha))
    return np.concatenate([resize(one, (160, 160)) for one in shown], axis=1)


if __name__ == "__main__":
    main()
