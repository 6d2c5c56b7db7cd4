"""Faces to borrow from: pictures with masks of their faces, cut out around the largest one."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from p3m.core.errors import InputError
from p3m.data.kept_pictures import KeptPictures
from p3m.data.portraits import FACE_FOLDERS, IMAGE_FOLDERS, first_folder, pictures_by_stem
from p3m.imaging.io import read_alpha, read_image
from p3m.imaging.resize import resize
from p3m.imaging.types import Image, Mask

_OPEN_FOLDERS = tuple(name for name in IMAGE_FOLDERS if name != "blurred_image")
_MARGIN = 1.6  # the cut's side, as a multiple of the face's longer side
_KEPT_BYTES = 200 * 10**6


@dataclass(frozen=True, slots=True)
class MaskedPicture:
    """A picture and the mask of its faces, as files."""

    image: Path
    mask: Path


class FaceFolder:
    """The faces of a folder, by their numbers.

    The folder holds pictures in ``images`` (or ``portraits``, ``original_image`` …) and masks of
    the same stems in ``facemask``, white where a face is; pictures without a mask do not count.

    Args:
        root: The folder.
        patch_px: Side of the patches.

    Raises:
        InputError: If a folder is missing, or no picture has a mask.
    """

    def __init__(self, root: Path, *, patch_px: int = 256) -> None:
        images = pictures_by_stem(first_folder(root, _OPEN_FOLDERS, needed=True))
        masks = pictures_by_stem(first_folder(root, FACE_FOLDERS, needed=True))
        self._pictures = [
            MaskedPicture(path, masks[name]) for name, path in images.items() if name in masks
        ]
        if not self._pictures:
            raise InputError(f"{root}: no picture has a face mask of the same name.")
        self._patch_px = patch_px
        self._patches = KeptPictures(self._cut, max_bytes=_KEPT_BYTES)

    def __len__(self) -> int:
        return len(self._pictures)

    def face(self, number: int) -> tuple[Image, NDArray[np.uint8]]:
        """The patch around the largest face of a picture, and its mask.

        Args:
            number: Which picture, from 0.

        Returns:
            Shapes (P, P, 3) and (P, P); the mask is 255 on the face, and 0 everywhere if the
            picture's own is empty.
        """
        return self._patches.get(number)

    def _cut(self, number: int) -> tuple[Image, NDArray[np.uint8]]:
        picture = self._pictures[number]
        image, mask = read_image(picture.image), read_alpha(picture.mask) > 0.5
        if mask.shape != image.shape[:2]:
            raise InputError(
                f"{picture.mask}: is {mask.shape[1]}x{mask.shape[0]}, "
                f"its picture {image.shape[1]}x{image.shape[0]}."
            )
        return _patch(image, largest_spot(mask), self._patch_px)


def largest_spot(mask: Mask) -> Mask:
    """The largest connected part of a mask; none of an empty one."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    if count < 2:
        return np.zeros_like(mask)
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    return np.equal(labels, largest)


def _patch(image: Image, face: Mask, side_px: int) -> tuple[Image, NDArray[np.uint8]]:
    """A square around a face, its border repeated where it reaches beyond the picture."""
    left, top, width, height = cv2.boundingRect(face.astype(np.uint8))
    if not width:
        return np.zeros((side_px, side_px, 3), np.uint8), np.zeros((side_px, side_px), np.uint8)
    side = int(np.ceil(_MARGIN * max(width, height)))
    top, left = top + height // 2 - side // 2, left + width // 2 - side // 2
    rows = np.arange(top, top + side)
    columns = np.arange(left, left + side)
    inside = np.ix_(rows.clip(0, face.shape[0] - 1), columns.clip(0, face.shape[1] - 1))
    here = ((rows >= 0) & (rows < face.shape[0]))[:, None] & (
        (columns >= 0) & (columns < face.shape[1])
    )
    size = (side_px, side_px)
    shape = resize((face[inside] & here).astype(np.uint8) * 255, size)
    return resize(image[inside], size), np.where(shape > 127, 255, 0).astype(np.uint8)
