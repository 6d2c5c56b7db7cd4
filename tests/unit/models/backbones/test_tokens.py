import torch
import torch.nn.functional as F

from p3m.models.backbones.tokens import Mlp, PoolingMerge, PoolingStem
from support.references import tokens as restated
from support.references.tokens import Encoded
from support.statistics import enliven


@torch.inference_mode()
def test_the_stem_equals_its_restatement() -> None:
    stem = enliven(PoolingStem(8).double())
    image = torch.randn(2, 3, 16, 24, dtype=torch.float64)
    expected, encoded = restated.stem(stem.state_dict(), image)
    tokens, shallow, half, indices = stem(image)
    assert tokens.shape == (2, 4, 6, 8)
    torch.testing.assert_close(tokens, expected)
    torch.testing.assert_close(shallow, F.max_pool2d(encoded.e0, 2))
    torch.testing.assert_close(half, encoded.features[0])
    assert all(torch.equal(*pair) for pair in zip(indices, encoded.indices, strict=True))


@torch.inference_mode()
def test_merging_equals_its_restatement() -> None:
    merge = enliven(PoolingMerge(4, 6).double())
    tokens = torch.randn(2, 6, 8, 4, dtype=torch.float64)
    encoded = Encoded(tokens, [], [])
    expected = restated.merge(merge.state_dict(), tokens, encoded)
    merged, feature, indices = merge(tokens)
    assert merged.shape == (2, 3, 4, 6)
    torch.testing.assert_close(merged, expected)
    torch.testing.assert_close(feature, encoded.features[0])
    assert torch.equal(indices, encoded.indices[0])


@torch.inference_mode()
def test_what_is_merged_is_where_the_indices_say() -> None:
    merge = enliven(PoolingMerge(4, 4))
    torch.nn.init.eye_(merge.linear.weight)
    merged, feature, indices = merge(torch.randn(1, 6, 8, 4))
    found = feature.flatten(2).gather(2, indices.flatten(2)).view(1, 4, 3, 4)
    torch.testing.assert_close(merged, found.permute(0, 2, 3, 1))


@torch.inference_mode()
def test_the_mlp_equals_its_restatement() -> None:
    mlp = enliven(Mlp(4).double())
    tokens = torch.randn(2, 3, 5, 4, dtype=torch.float64)
    torch.testing.assert_close(mlp(tokens), restated.mlp(mlp.state_dict(), tokens))
