"""Faces that somebody marked: boxes in a JSON file, COCO annotations, folders of masks."""

import json
from pathlib import Path, PurePath
from typing import Any

import cv2
import numpy as np

from p3m.core.errors import InputError, LedgerError
from p3m.imaging.types import Alpha
from p3m.privacy.contract import Face

_FARTHEST_PX = 1e6
_MASK_SUFFIXES = (".png", ".tif", ".tiff", ".webp", ".bmp")


def read_boxes(path: Path) -> dict[str, tuple[Face, ...]]:
    """The faces in a JSON file, by the file name of their picture.

    Two forms are read. A plain one maps names to boxes of left, top, right, bottom::

        {"group.jpg": [[120, 80, 190, 170], [300, 95, 360, 175]], "empty.jpg": []}

    COCO's has ``images`` (``id``, ``file_name``) and ``annotations`` (``image_id``, ``bbox`` of
    left, top, width, height). Numbers are pixels of the upright picture.

    Args:
        path: The file.

    Raises:
        InputError: If it cannot be read.
        LedgerError: If it is of neither form; the text says what is wrong.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        coco = isinstance(content, dict) and "annotations" in content and "images" in content
        return _from_coco(content) if coco else _from_plain(content)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error}).") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise LedgerError(
            f"{path}: neither a map of file names to boxes nor COCO annotations ({error})."
        ) from error


def mask_faces(mask: Alpha) -> tuple[Face, ...]:
    """A face for each connected piece of a mask, whose box just holds it.

    Args:
        mask: In [0, 1], shape (H, W); what is over a half belongs to a face.
    """
    inside = (mask > 0.5).astype(np.uint8)
    outlines = cv2.findContours(inside, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]
    boxes = sorted(tuple(float(v) for v in cv2.boundingRect(outline)) for outline in outlines)
    return tuple(Face(box=(x, y, x + width, y + height)) for x, y, width, height in boxes)


def find_mask(folder: Path, place: PurePath) -> Path | None:
    """The mask of a picture in a folder of masks: the same place and stem, or the stem alone."""
    for stem in (folder / place.with_suffix(""), folder / place.stem):
        for suffix in _MASK_SUFFIXES:
            path = stem.with_name(stem.name + suffix)
            if path.is_file():
                return path
    return None


def _from_plain(content: dict[str, list[list[float]]]) -> dict[str, tuple[Face, ...]]:
    return {
        name: tuple(_face(*map(float, box)) for box in boxes) for name, boxes in content.items()
    }


def _from_coco(content: dict[str, Any]) -> dict[str, tuple[Face, ...]]:
    names = {image["id"]: str(image["file_name"]) for image in content["images"]}
    faces: dict[str, tuple[Face, ...]] = dict.fromkeys(names.values(), ())
    for annotation in content["annotations"]:
        left, top, width, height = map(float, annotation["bbox"])
        name = names[annotation["image_id"]]
        faces[name] = (*faces[name], _face(left, top, left + width, top + height))
    return faces


def _face(left: float, top: float, right: float, bottom: float) -> Face:
    sides = np.abs([left, top, right, bottom])
    if not (left < right and top < bottom and sides.max() <= _FARTHEST_PX):
        raise ValueError(f"box {[left, top, right, bottom]} is not left, top, right, bottom")
    return Face(box=(left, top, right, bottom))
