"""Mattes of photos judged by the photos' own colours, beside other free models'.

    python benchmarks/by_colours.py --data ../shared/data --peers PEERS

The mattes that come with the photos are MODNet's, so that they cannot say whose are better. Where
known foreground and background have colours well apart, as at hair before a plain wall, closed-form
matting tells alpha from the colours alone; there, and nowhere else, mattes are compared with it
(`p3m.data.refine`). Where the transition lies is still told by MODNet's matte, and the closed form
is trusted less where the two are far apart: if that helps anybody, it is MODNet. The measure is the
mean absolute difference over these pixels, each counted as far as the closed form is trusted.
Photos of which it tells less than `LEAST` of the unknown region are left out.

The photos are those of `quality.py`, with faces visible and hidden; PEERS is a folder as `peers.py`
takes it. `pack` are the mattes that come with the photos.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
from peers import Predict, fingerprints, load_models
from quality import SEED, Picture, difference, held_back, make, suite_of
from result_file import case, write_result
from rich.progress import track

from p3m.data.refine import Refined, refine_transition
from p3m.imaging.types import Alpha
from p3m.pipelines.matte import DEFAULT_MODEL

LEAST = 0.05
FACES = ("normal", "obfuscated")
PACK = "pack"


def main() -> None:
    """Judges every model that is there, and writes the result file."""
    options = parse()
    cv2.setNumThreads(options.threads)
    models = load_models(options)
    held = held_back(options.data, options.cache)
    held = held._replace(people=held.people[: options.limit])
    shown = [make(held, source="photo", hidden=faces, colour="colour") for faces in FACES]
    errors: dict[str, list[float]] = {}
    for pictures in track(zip(*shown, strict=True), total=len(held.people), description="photos"):
        for name, value in judge(pictures, models).items():
            errors.setdefault(name, []).append(value)
    cases = []
    for name, values in errors.items():
        photos = name.split(" ")[0]
        beside = difference(errors[f"{photos} p3m"], values)
        cases.append(case(name, "MAD", [round(value, 6) for value in values]))
        print(f"{name:32} {cases[-1].summary}  p3m: {beside}", flush=True)
    settings = {
        "seed": SEED,
        "least": LEAST,
        "photos": len(cases[0].raw),
        "model": options.model,
        "threads": options.threads,
        "peers": fingerprints(options.peers, models),
    }
    suite = suite_of("by-colours", options.model)
    print(write_result(suite, cases, settings=settings, machine=options.machine))


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="the open portrait pack")
    parser.add_argument("--cache", type=Path, default=Path("runs/cache"))
    parser.add_argument("--peers", type=Path, required=True, help="a folder of the others' files")
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--limit", type=int, help="so many people at most")
    parser.add_argument("--machine", help="what it runs on, for the file's name")
    return parser.parse_args()


def judge(pictures: tuple[Picture, ...], models: Mapping[str, Predict]) -> dict[str, float]:
    """The errors of all models on a photo, face visible and hidden; none if it cannot tell."""
    visible = pictures[0]
    told = refine_transition(visible.image, visible.alpha)
    if told.trusted < LEAST:
        return {}
    errors = {}
    for faces, picture in zip(FACES, pictures, strict=True):
        for name, predict in models.items():
            errors[f"photo-{faces}-colour {name}"] = error(predict(picture.image), told)
        errors[f"photo-{faces}-colour {PACK}"] = error(picture.alpha, told)
    return errors


def error(alpha: Alpha, told: Refined) -> float:
    """The mean absolute difference to the closed form, weighted by the trust in it."""
    return float(np.average(np.abs(alpha - told.closed_form), weights=told.weight))


if __name__ == "__main__":
    main()
