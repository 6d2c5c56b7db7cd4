"""Contact sheets."""

import numpy as np
import pytest

from p3m.core.errors import RangeError
from p3m.imaging.sheet import contact_sheet

RED, BLUE = (np.full((40, 20, 3), colour, np.uint8) for colour in ((255, 0, 0), (0, 0, 255)))


def test_every_picture_is_on_the_page_in_order():
    page = contact_sheet([RED, BLUE, RED], ["a", "b", "c"], columns=2, cell_px=64)
    for colour, places in ((0, [(0, 0), (1, 0)]), (2, [(0, 1)])):
        pure = (page[..., colour] == 255) & (page.sum(axis=2) == 255)
        rows, columns = np.nonzero(pure)
        found = {
            (int(r > page.shape[0] / 2), int(c > page.shape[1] / 2))
            for r, c in zip(rows, columns, strict=True)
        }
        assert found == set(places)


def test_a_picture_keeps_its_aspect_ratio():
    page = contact_sheet([RED], ["a"], cell_px=64)
    rows, columns = np.nonzero(page.sum(axis=2) == 255)
    assert (np.ptp(rows) + 1, np.ptp(columns) + 1) == (64, 32)


def test_a_long_caption_stays_in_its_cell():
    page = contact_sheet([RED, BLUE], ["a" * 200, ""], cell_px=64)
    assert (page[-20:, -64:] > 240).all()


@pytest.mark.parametrize("captions", [[], ["a", "b"]])
def test_a_caption_for_each_picture(captions):
    with pytest.raises(RangeError, match="make no sheet"):
        contact_sheet([RED] if captions else [], captions)
