import pytest
import torch

from p3m.models.backbones.swin.block import SwinBlock
from p3m.models.backbones.swin.windows import SHIFT, lay_windows, mask_regions
from support.references import swin as restated
from support.statistics import enliven


@pytest.mark.parametrize("size", [(7, 14), (16, 9), (3, 2)])
@pytest.mark.parametrize("shift", [0, SHIFT], ids=["plain", "shifted"])
@torch.inference_mode()
def test_a_block_equals_attention_within_groups_that_are_cut_where_they_lie(
    size: tuple[int, int], shift: int
) -> None:
    block = SwinBlock(8, 2, shift=shift, released_side=7, drop_path=0.0).double()
    enliven(block)
    torch.nn.init.normal_(block.attn.relative_position_bias_table)
    tokens = torch.randn(2, *size, 8, dtype=torch.float64)
    windows = lay_windows(*size, shift=shift)
    out = block(tokens, windows, mask_regions(windows, 2).to(tokens) if shift else None)
    expected = restated.block(block.state_dict(), tokens, 2, shifted=shift > 0)
    torch.testing.assert_close(out, expected, atol=1e-10, rtol=0)


def test_the_bias_goes_by_the_offset_from_query_to_key() -> None:
    index = SwinBlock(8, 2, shift=0, released_side=7, drop_path=0.0).attn.relative_position_index
    assert index.dtype == torch.int64
    assert index[0, 0] == index[48, 48] == 6 * 13 + 6
    assert (index[0, 48], index[48, 0]) == (0, 168)
    assert (index[0, 1], index[1, 0]) == (6 * 13 + 5, 6 * 13 + 7)


@pytest.mark.parametrize("shift", [0, SHIFT], ids=["plain", "shifted"])
def test_the_mask_in_its_state_is_that_of_the_released_size(shift: int) -> None:
    block = SwinBlock(8, 2, shift=shift, released_side=16, drop_path=0.0)
    assert torch.equal(block.attn_mask, mask_regions(lay_windows(16, 16, shift=shift), batch=1))
    assert block.attn_mask.shape == (9, 49, 49)
    assert bool(block.attn_mask.any()) == (shift > 0)


@torch.inference_mode()
def test_the_mask_in_its_state_is_never_run() -> None:
    block = enliven(SwinBlock(8, 2, shift=SHIFT, released_side=7, drop_path=0.0))
    tokens, windows = torch.randn(1, 7, 7, 8), lay_windows(7, 7, shift=SHIFT)
    before = block(tokens, windows, mask_regions(windows, 1))
    block.attn_mask.fill_(torch.nan)
    assert torch.equal(block(tokens, windows, mask_regions(windows, 1)), before)
