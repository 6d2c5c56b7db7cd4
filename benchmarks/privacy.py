"""Are all faces found, are they gone, and what does it cost? On real portraits, beside deface.

    python benchmarks/privacy.py --data ../shared/data --work runs/privacy

Every portrait of the pack is anonymized by p3m's defaults as PNG. Its faces are known from the
pack's masks, ovals from forehead to chin: one counts as found if three quarters of it would be
hidden. Then the results are searched with CenterFace at its usual threshold of 0.5.

Two hundred of the portraits are also anonymized by `deface`, as a user would run it, and by p3m
with the mattes spared. Measured on each result: faces of which less than half was touched; the
share of the oval's pixels that are as they were, and of its outermost rows and columns; the share
of the matte's transition (alpha between 0.02 and 0.98) that was changed; seconds a picture. Last,
the anonymized pictures are matted, and compared with the mattes of the originals outside of the
faces.
"""

import argparse
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from result_file import Case, case, write_result
from rich.progress import track

import p3m
from p3m.data.portraits import Portrait, read_portrait_folder
from p3m.imaging.io import read_alpha, read_image, write_picture
from p3m.imaging.sheet import contact_sheet
from p3m.imaging.types import Mask
from p3m.metrics.absolute import mad
from p3m.pipelines.matte import DEFAULT_MODEL
from p3m.privacy.boxes import Rectangle, overlap
from p3m.privacy.centerface import AUDIT_SIDES_PX, SIDES_PX, THRESHOLD, CenterFace
from p3m.privacy.region import MARGIN, faces_region
from p3m.weights.catalog import weights_record

FOUND = 0.75
SAME_FACE = 0.3
USUAL_THRESHOLD = 0.5
COMPARED = 200
MATTED = 100
LEAST_FACE_PX = 100
NO_FACES = frozenset(
    {
        ("cod_ColumnScroll__12", 2), ("cod_ContentLayoutTransition__6", 1),
        ("cod_HorizontalSmoothScrollLayout__demo1_6", 2), ("interfaces__031", 2),
        ("interfaces__085", 2), ("us-house__daniel-meuser", 2), ("us-house__debra-haaland", 2),
        ("us-house__mike-levin", 2), ("us-house__nikema-williams", 2),
        ("us-senate__thomas-carper", 2), ("interfaces__069", 1),
    }
)  # fmt: skip
"""Pieces of masks, by size, that show flowers, walls and lights: looked at one by one, after no
search had found a face there. (That of interfaces__069 joins a face to the woods beside it.)"""


@dataclass(frozen=True)
class Known:
    """A portrait as PNG and what is known of it."""

    portrait: Portrait
    source: Path
    ovals: tuple[Mask, ...]


def main() -> None:
    """Measures everything and writes the result file."""
    options = parse()
    known = prepare(options.data, options.work / "originals", options.most)
    hidden = options.work / "p3m"
    seconds = run_p3m(known, hidden)
    cases = [
        found_case(known, options.work / "misses.png"),
        *[again_case(known, hidden, name, sides) for name, sides in SEARCHES.items()],
    ]
    some = known[:: max(1, len(known) // options.compared)][: options.compared]
    cases += compare(some, options.work)
    for name in ("p3m", "matte"):
        cases.append(survival(name, some[:MATTED], options.work / f"compared-{name}"))
    cases.append(case("p3m, whole pack", "s", seconds, pictures=len(known)))
    settings = {"threshold": THRESHOLD, "margin": MARGIN, "sides_px": SIDES_PX}
    settings |= {"deface": "defaults", "mattes": weights_record(DEFAULT_MODEL).name}
    print(write_result("privacy", cases, settings=settings))


SEARCHES = {"same sizes": SIDES_PX, "other sizes": AUDIT_SIDES_PX}


def prepare(data: Path, folder: Path, most: int | None) -> list[Known]:
    """The portraits that have faces, as PNG files, so that no compression hides a change."""
    folder.mkdir(parents=True, exist_ok=True)
    known = []
    portraits = [p for p in read_portrait_folder(data).portraits if p.face_mask is not None]
    for portrait in track(portraits[:: max(1, len(portraits) // (most or len(portraits)))], "read"):
        source = folder / f"{portrait.name}.png"
        if not source.is_file():
            write_picture(source, read_image(portrait.image))
        if ovals := face_ovals(portrait):
            known.append(Known(portrait, source, tuple(ovals)))
    return known


def face_ovals(portrait: Portrait) -> list[Mask]:
    """The pieces of a portrait's face mask that show a face."""
    mask = (read_alpha(portrait.face_mask) > 0.5).astype(np.uint8)
    count, labels, facts, _ = cv2.connectedComponentsWithStats(mask)
    pieces = sorted(range(1, count), key=lambda piece: -facts[piece, cv2.CC_STAT_AREA])
    return [
        labels == piece
        for number, piece in enumerate(pieces, start=1)
        if facts[piece, cv2.CC_STAT_AREA] >= LEAST_FACE_PX
        and (portrait.name, number) not in NO_FACES
    ]


def run_p3m(known: list[Known], out: Path, *options: str) -> list[float]:
    """Anonymizes as a user would; returns the seconds a picture of the whole command."""
    command = [sys.executable, "-m", "p3m", "anonymize", str(known[0].source.parent)]
    command = [
        *command[:4],
        *(str(k.source) for k in known),
        "-o",
        str(out),
        "--overwrite",
        *options,
    ]
    start = time.perf_counter()
    subprocess.run([*command, *options], check=True, capture_output=True)
    return [(time.perf_counter() - start) / len(known)]


def found_case(known: list[Known], sheet: Path) -> Case:
    """Which share of the known faces is found; the missed ones are shown."""
    detector = CenterFace()
    found, missed = [], []
    for one in track(known, "find"):
        image = read_image(one.source)
        region = faces_region(detector(image), image.shape[:2])
        for oval in one.ovals:
            hit = region[oval].mean() >= FOUND
            found.append(float(hit))
            if not hit:
                missed.append((one.source.stem, image))
    if missed:
        page = contact_sheet([image for _, image in missed], [name for name, _ in missed])
        write_picture(sheet, page, overwrite=True)
    names = ", ".join(name for name, _ in missed) or "none"
    return case("faces found", "share", found, pictures=len(known), missed=names)


def again_case(known: list[Known], folder: Path, name: str, sides: tuple[int, ...]) -> Case:
    """Which share of the hidden faces the detector still takes for a face."""
    detector = CenterFace(threshold=USUAL_THRESHOLD, sides_px=sides)
    again = []
    for one in track(known, f"search again, {name}"):
        image = read_image(folder / one.source.name)
        boxes = [face.box for face in detector(image)]
        again += [
            float(any(overlap(box_of(oval), box) >= SAME_FACE for box in boxes))
            for oval in one.ovals
        ]
    return case(f"faces found again, {name}", "share", again, threshold=USUAL_THRESHOLD)


def box_of(oval: Mask) -> Rectangle:
    """The box of a face's oval."""
    left, top, width, height = cv2.boundingRect(oval.astype(np.uint8))
    return left, top, left + width, top + height


def compare(some: list[Known], work: Path) -> list[Case]:
    """p3m, p3m with mattes spared, and deface, on the same pictures in one run."""
    alphas = work / "alphas"
    for one in some:
        write_picture(alphas / one.source.name, read_alpha(one.portrait.alpha), overwrite=True)
    folders = {name: work / name for name in ("compared-p3m", "compared-matte", "compared-deface")}
    seconds = {
        "compared-p3m": run_p3m(some, folders["compared-p3m"]),
        "compared-matte": run_p3m(some, folders["compared-matte"], "--alpha", str(alphas)),
        "compared-deface": run_deface(some, folders["compared-deface"]),
    }
    cases = []
    for name, folder in folders.items():
        rows = [measure(one, read_image(folder / one.source.name)) for one in track(some, name)]
        for column in rows[0]:
            unit = "faces" if column == "missed" else "share"
            cases.append(case(f"{name[9:]}, {column}", unit, [row[column] for row in rows]))
        cases.append(case(f"{name[9:]}, seconds a picture", "s", seconds[name]))
    return cases


def run_deface(known: list[Known], out: Path) -> list[float]:
    """The command of deface itself with its defaults, files named one by one; seconds a picture."""
    out.mkdir(parents=True, exist_ok=True)
    for one in known:  # it writes beside its inputs, or to one file
        (out / one.source.name).write_bytes(one.source.read_bytes())
    files = [str(out / one.source.name) for one in known]
    start = time.perf_counter()
    deface = str(Path(sys.executable).parent / "deface")
    subprocess.run([deface, *files], check=True, capture_output=True)
    seconds = (time.perf_counter() - start) / len(known)
    for file in files:
        path = Path(file)
        path.with_name(f"{path.stem}_anonymized.png").replace(path)
    return [seconds]


def measure(one: Known, result: NDArray[np.uint8]) -> dict[str, float]:
    """What is left of the faces of one picture, and what happened to its matte's transition."""
    image = read_image(one.source)
    same = (image == result).all(axis=2)
    alpha = read_alpha(one.portrait.alpha)
    band = (alpha > 0.02) & (alpha < 0.98)
    return {
        "missed": float(sum(same[oval].mean() > 0.5 for oval in one.ovals)),
        "face pixels left": float(np.mean([same[oval].mean() for oval in one.ovals])),
        "border pixels left": float(np.mean([same[rim(oval)].mean() for oval in one.ovals])),
        "transition changed": float((~same)[band].mean()) if band.any() else 0.0,
    }


def rim(oval: Mask) -> Mask:
    """The outermost two pixels of a face's oval."""
    inner = cv2.erode(oval.astype(np.uint8), np.ones((5, 5), np.uint8))
    return oval & (inner == 0)


def survival(name: str, some: list[Known], hidden: Path) -> Case:
    """How far the mattes of hidden and of visible faces lie apart, outside of the faces."""
    apart = []
    for one in track(some, f"matte, {name}"):
        before = p3m.matte(one.source).alpha
        after = p3m.matte(hidden / one.source.name).alpha
        covered = (read_image(one.source) != read_image(hidden / one.source.name)).any(axis=2)
        apart.append(mad(after, before, ~covered))
    return case(f"{name}, matte changed outside of faces", "MAD", apart, pictures=len(some))


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="the portrait pack")
    parser.add_argument("--work", type=Path, default=Path("runs/privacy"), help="takes pictures")
    parser.add_argument("--most", type=int, help="so many portraits at most")
    parser.add_argument("--compared", type=int, default=COMPARED, help="so many beside deface")
    return parser.parse_args()


if __name__ == "__main__":
    main()
