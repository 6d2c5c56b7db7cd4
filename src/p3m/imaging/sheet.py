"""Contact sheets: many pictures on one page, for people to look at."""

from collections.abc import Sequence

import numpy as np
import PIL.Image
from PIL import ImageDraw, ImageFont

from p3m.core.errors import RangeError
from p3m.imaging.resize import fit_within, resize
from p3m.imaging.types import Image

_GAP_PX = 8
_CAPTION_PX = 16
_PAPER = (250, 250, 250)
_INK = (20, 20, 20)


def contact_sheet(
    pictures: Sequence[Image], captions: Sequence[str], *, columns: int = 5, cell_px: int = 240
) -> Image:
    """Pictures in rows, each fitted into a square cell with its caption below.

    Args:
        pictures: Of any sizes, shape (H, W, 3) each.
        captions: A line for each; what does not fit is cut off.
        columns: Pictures in a row.
        cell_px: Side of a cell.

    Returns:
        The page, shape (H, W, 3).

    Raises:
        RangeError: If there is no picture, or not one caption for each.
    """
    if not pictures or len(pictures) != len(captions):
        raise RangeError(f"{len(pictures)} pictures and {len(captions)} captions make no sheet.")
    columns = min(columns, len(pictures))
    rows = -(-len(pictures) // columns)
    step, line = cell_px + _GAP_PX, cell_px + _CAPTION_PX + _GAP_PX
    page = PIL.Image.new("RGB", (columns * step + _GAP_PX, rows * line + _GAP_PX), _PAPER)
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(11)
    for number, (picture, caption) in enumerate(zip(pictures, captions, strict=True)):
        left = _GAP_PX + number % columns * step
        top = _GAP_PX + number // columns * line
        small = resize(picture, fit_within(picture.shape[:2], (cell_px, cell_px)))
        across, down = ((cell_px - side) // 2 for side in small.shape[1::-1])
        page.paste(PIL.Image.fromarray(small), (left + across, top + down))
        draw.text((left, top + cell_px + 2), _shortened(caption, font, cell_px), _INK, font)
    return np.asarray(page).copy()


def _shortened(text: str, font: ImageFont.ImageFont | ImageFont.FreeTypeFont, width_px: int) -> str:
    """The end of a text that fits: names differ there."""
    if font.getlength(text) <= width_px:
        return text
    while text and font.getlength(f"…{text}") > width_px:
        text = text[1:]
    return f"…{text}"
