import pytest
import torch
import torch.nn.functional as F

from p3m.models.layers import (
    Attention,
    ConvNormAct,
    DepthwiseConv,
    max_pool_with_indices,
    max_unpool,
)
from support.gradcheck import assert_gradient
from support.references import vitae as restated
from support.statistics import enliven


def test_depthwise_convolutions_stay_single_under_autocast_on_a_cpu() -> None:
    layer = ConvNormAct(6, 6, kernel=5, stride=2, groups=6)
    assert isinstance(layer.conv, DepthwiseConv)
    assert not isinstance(ConvNormAct(6, 6, kernel=3, groups=2).conv, DepthwiseConv)
    features = torch.randn(2, 6, 9, 8)
    expected = F.conv2d(features, layer.conv.weight, stride=2, padding=2, groups=6)
    assert torch.equal(layer.conv(features), expected)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(layer.conv(features), expected)
        rounded = layer.conv(features.bfloat16())
    assert rounded.dtype == torch.float32
    assert torch.allclose(rounded, expected, atol=0.05)
    assert layer.conv.bfloat16()(features.bfloat16()).dtype == torch.bfloat16


windows = pytest.mark.parametrize(
    "window",
    [{}, {"kernel": 2, "padding": 0}],
    ids=["3x3 windows that overlap", "2x2 windows that touch"],
)


def test_a_pool_halves_even_sides_and_finds_each_maximum() -> None:
    features = torch.randn(2, 3, 8, 12)
    pooled, indices = max_pool_with_indices(features)
    assert pooled.shape == indices.shape == (2, 3, 4, 6)
    found = features.flatten(2).gather(2, indices.flatten(2))
    assert torch.equal(found.view_as(pooled), pooled)


@windows
def test_unpooling_equals_that_of_torch(window: dict[str, int]) -> None:
    pooled, indices = max_pool_with_indices(torch.randn(2, 3, 32, 48), **window)
    ours = torch.randn_like(pooled).requires_grad_()
    theirs = ours.detach().clone().requires_grad_()
    unpooled, expected = max_unpool(ours, indices, (32, 48)), F.max_unpool2d(theirs, indices, 2, 2)
    assert torch.equal(unpooled, expected)
    weight = torch.randn_like(expected)
    (unpooled * weight).sum().backward()
    (expected * weight).sum().backward()
    assert torch.equal(ours.grad, theirs.grad)


def test_of_windows_with_one_maximum_the_last_wins() -> None:
    features = torch.zeros(1, 1, 4, 4)
    features[..., 1, 1] = 1
    _, indices = max_pool_with_indices(features)
    assert indices.unique().tolist() == [5]
    unpooled = max_unpool(torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]]), indices, (4, 4))
    assert unpooled[0, 0, 1, 1] == unpooled.sum() == 4


def test_gradients_of_unpooling() -> None:
    pooled, indices = max_pool_with_indices(torch.randn(1, 2, 4, 6), kernel=2, padding=0)
    assert_gradient(lambda features: max_unpool(features, indices, (4, 6)), pooled)


def test_unpooling_keeps_the_dtype() -> None:
    pooled, indices = max_pool_with_indices(torch.randn(1, 2, 4, 4, dtype=torch.bfloat16))
    assert max_unpool(pooled, indices, (4, 4)).dtype == torch.bfloat16


@torch.inference_mode()
def test_attention_equals_its_restatement() -> None:
    attention = enliven(Attention(12, 3).double())
    tokens = torch.randn(2, 10, 12, dtype=torch.float64)
    expected = [restated.attention(attention.state_dict(), picture, 3) for picture in tokens]
    torch.testing.assert_close(attention(tokens), torch.stack(expected), atol=1e-10, rtol=0)
