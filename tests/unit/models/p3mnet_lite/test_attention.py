import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from p3m.models.p3mnet_lite.attention import AttentionBlock
from support.references import vitae as restated

CHANNELS, HEADS = 12, 3


@pytest.fixture
def block() -> AttentionBlock:
    """A block that does something, unlike a fresh one."""
    source = torch.Generator().manual_seed(0)
    block = AttentionBlock(CHANNELS, HEADS).eval()
    for weights in block.parameters():
        nn.init.normal_(weights, std=0.3, generator=source)
    return block


@torch.inference_mode()
def test_a_fresh_block_changes_nothing() -> None:
    feature = torch.randn(2, CHANNELS, 3, 5)
    assert torch.equal(AttentionBlock(CHANNELS, HEADS).eval()(feature), feature)


@torch.inference_mode()
def test_it_is_attention_then_two_linear_maps(block: AttentionBlock) -> None:
    feature = torch.randn(1, CHANNELS, 3, 5)
    tokens = (feature + block.place(feature))[0].reshape(CHANNELS, -1).T
    normed = F.layer_norm(tokens, (CHANNELS,), block.norm.weight, block.norm.bias)
    tokens = tokens + restated.attention(block.attend.state_dict(), normed, HEADS)
    wide = F.layer_norm(tokens, (CHANNELS,), block.norm_wide.weight, block.norm_wide.bias)
    tokens = tokens + block.narrow(block.widen(wide).clamp(min=0))
    torch.testing.assert_close(block(feature)[0], tokens.T.reshape(CHANNELS, 3, 5))


@torch.inference_mode()
def test_each_place_sees_every_other_one(block: AttentionBlock) -> None:
    feature = torch.randn(1, CHANNELS, 6, 7)
    other = feature.clone()
    other[..., 0, 0] += 1
    assert bool(((block(feature) - block(other)).abs().sum(dim=1) > 0).all())


@torch.inference_mode()
def test_pictures_of_a_batch_do_not_mix(block: AttentionBlock) -> None:
    features = torch.randn(3, CHANNELS, 4, 4)
    alone = torch.cat([block(feature[None]) for feature in features])
    torch.testing.assert_close(block(features), alone)


def test_gradients_reach_a_fresh_block() -> None:
    block = AttentionBlock(CHANNELS, HEADS)
    loss: Tensor = block(torch.randn(1, CHANNELS, 4, 4)).square().sum()
    loss.backward()  # type: ignore[no-untyped-call]
    for last in (block.place, block.attend.proj, block.narrow):
        assert last.weight.grad is not None
        assert float(last.weight.grad.abs().sum()) > 0
