import pytest
import torch

from p3m.models.backbones.vitae.attention import KernelAttention
from p3m.models.backbones.vitae.cell import NormalCell
from p3m.models.layers import Attention
from support.references import vitae as restated
from support.statistics import enliven


@pytest.mark.parametrize("groups", [1, 4])
@pytest.mark.parametrize("kernel", [False, True], ids=["exact", "by random features"])
@torch.inference_mode()
def test_a_cell_equals_its_restatement(groups: int, kernel: bool) -> None:
    attention = KernelAttention(8, seed=0) if kernel else Attention(8, 2)
    cell = enliven(NormalCell(8, attention, groups=groups, drop_path=0.0).double())
    tokens = torch.randn(2, 3, 5, 8, dtype=torch.float64)
    drawn = cell.attn.directions if kernel else None
    expected = restated.cell(cell.state_dict(), tokens, 2, drawn)
    torch.testing.assert_close(cell(tokens), expected, atol=1e-10, rtol=0)


def test_it_leaves_its_input_alone() -> None:
    cell = NormalCell(8, Attention(8, 2), groups=1, drop_path=0.5).train()
    tokens = torch.randn(2, 3, 5, 8)
    before = tokens.clone()
    cell(tokens)
    assert torch.equal(tokens, before)


def test_a_sample_may_lose_attention_and_convolutions_apart() -> None:
    cell = NormalCell(8, Attention(8, 2), groups=1, drop_path=0.5).train()
    torch.nn.init.zeros_(cell.mlp.fc2.weight)
    torch.nn.init.zeros_(cell.mlp.fc2.bias)
    tokens = torch.randn(1, 3, 5, 8).expand(64, 3, 5, 8)
    gained = (cell(tokens) - tokens).flatten(1)
    kinds = {tuple(sample) for sample in gained.mul(1e4).round().long().tolist()}
    assert len(kinds) == 4
