"""Cuts things out of the scenes that the default network is trained on, for `data.things`.

    python benchmarks/cut_things.py --data ../shared/data --u2net PEERS/u2net.onnx --out runs/things

U2-Net (Apache-2.0; `peers.py` says where its file comes from) finds what stands out of a scene.
Where it is sure of something that is neither tiny nor the whole scene, closed-form matting finds
the outline, and the thing is written as a PNG with transparency. Only scenes that are trained on
are looked at.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from peers import MAGENTA, Floats, load_salience, spread
from pymatting import estimate_alpha_cf
from rich.progress import track

from p3m.config.load import load_settings, preset
from p3m.imaging.compositing import composite, cutout, estimate_foreground
from p3m.imaging.depth import dequantize
from p3m.imaging.io import read_image, write_picture
from p3m.imaging.resize import fit_within, resize
from p3m.imaging.sheet import contact_sheet
from p3m.imaging.types import Image, Mask, Rgba
from p3m.pipelines.train_data import split_folder
from p3m.pipelines.train_settings import TrainRun

LONGEST_PX = 480
SURE, MAYBE = 0.9, 0.1
LEAST, MOST = 0.01, 0.45  # of a scene, that U2-Net must be sure of
DECIDED = 0.5  # of what may be a thing, that U2-Net must be sure of
INSIDE_PX, OUTSIDE_PX = 3, 4
SMALL = 0.1  # of the largest part: smaller ones are no things
NOISE = 0.03


def main() -> None:
    """Writes a PNG for each thing, and a sheet of all over magenta."""
    options = parse()
    if options.out.exists():
        raise SystemExit(f"{options.out} is there already; what lies in it would be trained on.")
    run = load_settings(TrainRun, preset("p3mnet-lite"))
    scenes = split_folder(options.data, run.data).train_backgrounds
    look = load_salience(options.u2net, options.threads)
    shown: dict[str, Image] = {}
    for scene in track(scenes, description="cutting"):
        image = read_image(scene.image)
        thing = cut(image, look(image))
        if thing is not None:
            write_picture(options.out / f"{scene.name}.png", thing, overwrite=True)
            shown[scene.name] = composite(thing[..., :3], MAGENTA, dequantize(thing[..., 3]))
    if not shown:
        raise SystemExit(f"U2-Net is sure of nothing in {len(scenes)} scenes.")
    sheet = contact_sheet(list(shown.values()), list(shown), columns=12, cell_px=120)
    write_picture(options.sheet, sheet, overwrite=True)
    print(f"{len(shown)} things of {len(scenes)} scenes: {options.out}, {options.sheet}")


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="the open portrait pack")
    parser.add_argument("--u2net", type=Path, required=True, help="u2net.onnx")
    parser.add_argument("--out", type=Path, default=Path("runs/things"))
    parser.add_argument("--sheet", type=Path, default=Path("runs/things.png"))
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def cut(image: Image, salience: Floats) -> Rgba | None:
    """What stands out of a picture, cut out; None if nothing does.

    Args:
        image: The picture, shape (H, W, 3).
        salience: What U2-Net says of it, of any size.
    """
    if salience.max() <= SURE:
        return None
    salience = spread(salience)
    sure, maybe = (float((salience > least).mean()) for least in (SURE, MAYBE))
    if not (LEAST < sure < MOST and sure / maybe > DECIDED):
        return None
    size = fit_within(image.shape[:2], (LONGEST_PX, LONGEST_PX))
    image, salience = resize(image, size), resize(salience, size)
    trimap = outlined(salience)
    if not {0.0, 0.5, 1.0} <= set(np.unique(trimap)):
        return None
    alpha = estimate_alpha_cf(image / 255, trimap)
    alpha = ((alpha - NOISE) / (1 - 2 * NOISE)).clip(0, 1).astype(np.float32)
    rows, columns = (np.flatnonzero((alpha > 2 * NOISE).any(axis)) for axis in (1, 0))
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    return cutout(estimate_foreground(image, alpha, method="multilevel"), alpha)[box]


def outlined(salience: Floats) -> NDArray[np.float64]:
    """0 outside of what stands out, 1 within its large parts, 0.5 along its outline."""
    inside = cv2.erode((salience > 1 - 2 * MAYBE).astype(np.uint8), disc(INSIDE_PX))
    outside = cv2.dilate((salience > 2 * MAYBE).astype(np.uint8), disc(OUTSIDE_PX)) == 0
    return np.where(large_parts(inside), 1.0, np.where(outside, 0.0, 0.5))


def large_parts(region: NDArray[np.uint8]) -> Mask:
    """A region without what is less than a tenth of its largest part."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(region)
    sizes = np.array([0, *stats[1:, cv2.CC_STAT_AREA]])
    return np.isin(labels, np.flatnonzero(sizes > SMALL * sizes.max()))


def disc(radius_px: int) -> NDArray[np.uint8]:
    """A round kernel."""
    side = 2 * radius_px + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)


if __name__ == "__main__":
    main()
