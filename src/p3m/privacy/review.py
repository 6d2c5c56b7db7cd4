"""Pages on which a person sees what would be hidden, before anything is."""

from collections.abc import Callable, Sequence
from pathlib import PurePath

import cv2
import numpy as np

from p3m.imaging.resize import fit_within, resize
from p3m.imaging.sheet import contact_sheet
from p3m.imaging.types import Image
from p3m.privacy.ledger import FaceRecord
from p3m.privacy.region import face_outline

_CELL_PX = 300
_PER_PAGE = 20
_HIDDEN = (230, 30, 90)
_KEPT = (30, 160, 60)


class ReviewSheets:
    """Lays out pictures with their faces outlined, in red what would be hidden, in green the rest.

    A page is given out as soon as it has twenty pictures, so that a folder of any size can be
    looked through, and what a run saw before it was killed.

    Args:
        give: Takes each page's name and pixels.
    """

    def __init__(self, give: Callable[[str, Image], None]) -> None:
        self._give = give
        self._pages = 0
        self._pictures: list[Image] = []
        self._captions: list[str] = []

    def add(
        self, place: PurePath, image: Image, faces: Sequence[FaceRecord], margin: float
    ) -> None:
        """Adds a picture.

        Args:
            place: Its name on the page.
            image: Shape (H, W, 3).
            faces: Those in it.
            margin: How much further out than the faces the effect would reach.
        """
        size = fit_within(image.shape[:2], (_CELL_PX, _CELL_PX))
        small = resize(image, size).copy()
        scale = size[1] / image.shape[1], size[0] / image.shape[0]
        for face in faces:
            colour = _KEPT if face.kept else _HIDDEN
            corners = np.rint(face_outline(face.face(), margin=margin) * scale).astype(np.int32)
            cv2.polylines(small, [corners], isClosed=True, color=colour, thickness=2)
            left, top = corners.min(axis=0)
            place_of_number = (int(max(left, 2)), int(max(top - 3, 12)))
            cv2.putText(
                small, str(face.id), place_of_number, cv2.FONT_HERSHEY_SIMPLEX, 0.5, colour, 2
            )
        self._pictures.append(small)
        self._captions.append(f"{place} ({len(faces)})")
        if len(self._pictures) == _PER_PAGE:
            self.finish()

    def finish(self) -> None:
        """Gives out the page that is not full, if there is one."""
        if not self._pictures:
            return
        page = contact_sheet(self._pictures, self._captions, cell_px=_CELL_PX)
        self._pages += 1
        self._pictures, self._captions = [], []
        self._give(f"review-{self._pages:03d}.jpg", page)
