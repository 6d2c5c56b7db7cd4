import math

import pytest
import torch
from onnxruntime import InferenceSession
from torch import Tensor, nn

from p3m.export.graph import frozen, trace
from p3m.models.backbones.vitae.attention import KernelAttention
from support.references import vitae as restated
from support.statistics import enliven


@torch.inference_mode()
def test_kernel_attention_equals_the_mean_over_random_features_pair_by_pair() -> None:
    attention = enliven(KernelAttention(12, seed=3).double())
    tokens = torch.randn(2, 10, 12, dtype=torch.float64)
    expected = [
        restated.kernel_attention(attention.state_dict(), picture, attention.directions)
        for picture in tokens
    ]
    torch.testing.assert_close(attention(tokens), torch.stack(expected), atol=1e-10, rtol=0)


def test_the_directions_are_orthogonal_of_one_length_and_the_same_every_time() -> None:
    directions = KernelAttention(64, seed=1).directions
    assert directions.shape == (32, 64)
    torch.testing.assert_close(directions @ directions.T, 32 * torch.eye(32), atol=1e-4, rtol=0)
    assert torch.equal(KernelAttention(64, seed=1).directions, directions)
    assert not torch.equal(KernelAttention(64, seed=2).directions, directions)


def test_the_directions_are_there_for_a_network_that_has_no_memory_yet() -> None:
    with torch.device("meta"):
        built = KernelAttention(64, seed=1)
    assert built.kqv.weight.is_meta
    assert "directions" not in built.state_dict()


@torch.inference_mode()
def test_tokens_that_are_all_alike_are_their_own_mean() -> None:
    attention = KernelAttention(8, seed=0)
    token = torch.randn(1, 1, 8)
    expected = attention.proj(attention.kqv(token).chunk(3, -1)[2])
    torch.testing.assert_close(attention(token.expand(1, 5, 8)), expected.expand(1, 5, 8))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@torch.inference_mode()
def test_half_precision_does_not_overflow_the_features(dtype: torch.dtype) -> None:
    attention = KernelAttention(64, seed=0).eval()
    # A key that is one of the directions has the greatest feature, exp(16) / sqrt(32): over a
    # million, where half precision ends at 65504.
    attention.kqv.weight.zero_()
    attention.kqv.bias.copy_(attention.directions[0].repeat(3))
    tokens = torch.randn(1, 5, 64)
    greatest = math.exp(float(attention.directions[0].square().sum()) / 2) / math.sqrt(32)
    assert greatest > 65504
    with torch.autocast("cpu", dtype=dtype):
        out = attention(tokens)
    torch.testing.assert_close(out.float(), attention(tokens), atol=0.05, rtol=0.05)


class OfMaps(nn.Module):
    """Attention among the pixels of maps (B, C, H, W)."""

    def __init__(self, attention: KernelAttention) -> None:
        super().__init__()
        self.attention = attention

    def forward(self, maps: Tensor) -> Tensor:
        return self.attention(maps.flatten(2).transpose(1, 2))


@pytest.mark.onnx
@torch.no_grad()
def test_tokens_far_from_all_others_stay_so_when_exported() -> None:
    """Their weights add up to far less than the 1e-8 that is added where they divide."""
    attention = KernelAttention(8, seed=0)
    nn.init.normal_(attention.kqv.weight, std=3.0)
    module = frozen(OfMaps(attention))
    graph = trace(module, (torch.randn(2, 8, 2, 3),), unit=1, inputs=["maps"], outputs=["out"])
    session = InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    maps = torch.randn(1, 8, 4, 5)
    (exported,) = session.run(None, {"maps": maps.numpy()})
    found = module(maps)
    torch.testing.assert_close(torch.from_numpy(exported), found, atol=1e-5, rtol=0)
    far = (found - attention.proj.bias).abs().amax(-1) < 1e-3
    assert bool(far.any())


def test_the_norm_that_is_only_in_the_files_asks_for_no_gradient() -> None:
    frozen = [n for n, p in KernelAttention(8, seed=0).named_parameters() if not p.requires_grad]
    assert frozen == ["norm1.weight", "norm1.bias"]
