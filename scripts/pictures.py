"""Makes the README's picture: the example portrait, its face visible and hidden, cut out.

python scripts/pictures.py
"""

from pathlib import Path

import cv2
import numpy as np

import p3m
from p3m.imaging.depth import as_grey
from p3m.imaging.resize import resize
from p3m.imaging.types import Image
from p3m.privacy.effects import GaussianBlur

ROOT = Path(__file__).parent.parent
FACE = ((407.0, 410.0), (380.0, 460.0), 2.0)
HEIGHT_PX = 360


def main() -> None:
    """Writes docs/images/overview.jpg."""
    visible = p3m.read_image(ROOT / "examples" / "portrait.jpg")
    face = np.zeros(visible.shape[:2], np.uint8)
    cv2.ellipse(face, FACE, 1, thickness=-1)
    hidden = GaussianBlur()(visible, face.astype(np.bool_))
    rows = np.concatenate([row(visible), row(hidden)], axis=0)
    target = ROOT / "docs" / "images" / "overview.jpg"
    p3m.write_picture(target, rows, overwrite=True)
    print(target.relative_to(ROOT))


def row(image: Image) -> Image:
    """The picture, its alpha, and the person before another background."""
    matte = p3m.matte(image)
    width = round(HEIGHT_PX * image.shape[1] / image.shape[0])
    columns = (image, as_grey(matte.alpha), matte.over("teal"))
    return np.concatenate([resize(column, (HEIGHT_PX, width)) for column in columns], axis=1)


if __name__ == "__main__":
    main()
