"""A portrait folder of drawn people, small enough to train on within a test."""

from pathlib import Path

import numpy as np
from PIL import Image as PilImage

from support.images import noise, portrait


def write_pack(root: Path, *, people: int = 4, scenes: int = 3, side: int = 96) -> Path:
    """Writes portraits, alphas, face masks and backgrounds as `read_portrait_folder` takes them.

    Args:
        root: Takes the folders.
        people: How many portraits; each is a person of their own.
        scenes: How many backgrounds.
        side: Height of the portraits; they are three quarters as wide.
    """
    for name in ("portraits", "alpha", "facemask", "backgrounds"):
        (root / name).mkdir(parents=True)
    width = side * 3 // 4
    y, x = np.mgrid[0:side, 0:width]
    face = np.hypot((x - width / 2) / (0.15 * width), (y - 0.36 * side) / (0.16 * side)) < 1
    for index in range(people):
        image, alpha = portrait(side, width, seed=index)
        PilImage.fromarray(image).save(root / "portraits" / f"p{index}.png")
        PilImage.fromarray(np.rint(alpha * 255).astype(np.uint8)).save(
            root / "alpha" / f"p{index}.png"
        )
        PilImage.fromarray((face * 255).astype(np.uint8)).save(root / "facemask" / f"p{index}.png")
    for index in range(scenes):
        PilImage.fromarray(noise(side, side, seed=index)).save(
            root / "backgrounds" / f"b{index}.png"
        )
    return root
