import pytest
import torch

from p3m.models.backbones.swin.windows import SHIFT, join, lay_windows, mask_regions, split

sizes = pytest.mark.parametrize("size", [(7, 7), (2, 3), (16, 24), (14, 20), (4, 21)])
shifts = pytest.mark.parametrize("shift", [0, SHIFT], ids=["plain", "shifted"])


@sizes
@shifts
def test_what_is_split_is_joined_again(size: tuple[int, int], shift: int) -> None:
    tokens = torch.randn(2, *size, 3)
    windows = lay_windows(*size, shift=shift)
    assert torch.equal(join(split(tokens, windows), windows, size), tokens)


@sizes
@shifts
def test_windows_are_cuts_of_the_padded_and_rolled_map(size: tuple[int, int], shift: int) -> None:
    height, width = size
    tokens = torch.randn(2, *size, 3)
    parts = split(tokens, lay_windows(*size, shift=shift))
    padded = torch.zeros(2, -(-height // 7) * 7, -(-width // 7) * 7, 3)
    padded[:, :height, :width] = tokens
    rolled = padded.roll((-shift, -shift), (1, 2))
    cuts = [
        picture[top : top + 7, left : left + 7].flatten(0, 1)
        for picture in rolled
        for top in range(0, padded.shape[1], 7)
        for left in range(0, padded.shape[2], 7)
    ]
    assert torch.equal(parts, torch.stack(cuts))


def test_plain_windows_mask_nothing() -> None:
    mask = mask_regions(lay_windows(16, 24), batch=2)
    assert mask.shape == (2 * 3 * 4, 49, 49)
    assert not mask.any()


@sizes
def test_shifted_windows_mask_pairs_of_which_one_came_round_the_corner(
    size: tuple[int, int],
) -> None:
    windows = lay_windows(*size, shift=SHIFT)
    rows, columns = (-(-side // 7) * 7 for side in size)
    mask = mask_regions(windows, batch=1)
    place = torch.arange(rows * columns)
    window, within = place // 49, place % 49
    row = window // (columns // 7) * 7 + within // 7
    column = window % (columns // 7) * 7 + within % 7
    came_round = torch.stack([row + SHIFT >= rows, column + SHIFT >= columns], -1).view(-1, 49, 2)
    apart = (came_round[:, :, None] != came_round[:, None]).any(-1)
    assert torch.equal(mask, apart * -100.0)


def test_the_batch_repeats_the_mask() -> None:
    windows = lay_windows(9, 10, shift=SHIFT)
    one = mask_regions(windows, batch=1)
    assert torch.equal(mask_regions(windows, batch=3), one.repeat(3, 1, 1))
