from pathlib import Path

import pytest
import torch

from p3m.core.errors import WeightsMismatchError
from p3m.models.backbones.drop_path import DropPath
from p3m.models.backbones.vitae.model import CHANNELS, VitaeS, load_imagenet
from support.references.vitae import vitae_s
from support.statistics import enliven


@pytest.fixture(scope="module")
def encoder() -> VitaeS:
    return enliven(VitaeS())


@torch.inference_mode()
def test_it_has_six_strides_and_five_poolings(encoder: VitaeS) -> None:
    *features, indices = encoder(torch.randn(2, 3, 64, 96))
    for feature, channels, stride in zip(features, CHANNELS, (2, 2, 4, 8, 16, 32), strict=True):
        assert feature.shape == (2, channels, 64 // stride, 96 // stride)
    for index, channels, stride in zip(indices, CHANNELS[:5], (2, 4, 8, 16, 32), strict=True):
        assert index.shape == (2, channels, 64 // stride, 96 // stride)


@torch.inference_mode()
def test_it_equals_its_restatement(encoder: VitaeS) -> None:
    encoder = encoder.double()
    image = torch.randn(2, 3, 64, 96, dtype=torch.float64)
    directions = [cell.attn.directions for cell in encoder.layers[0].NC]
    pyramid, expected = encoder(image), vitae_s(encoder.state_dict(), image, directions)
    encoder.float()
    for feature, wanted in zip(pyramid[1:6], expected.features, strict=True):
        torch.testing.assert_close(feature, wanted, atol=1e-8, rtol=0)
    assert all(torch.equal(*pair) for pair in zip(pyramid.indices, expected.indices, strict=True))


def test_no_cell_is_left_out_unless_it_is_asked_for() -> None:
    def rates(encoder: VitaeS) -> list[float]:
        return [module.rate for module in encoder.modules() if isinstance(module, DropPath)]

    assert rates(VitaeS()) == [0.0] * 18
    assert rates(VitaeS(drop_path=0.34)) == pytest.approx([0.02 * index for index in range(18)])


def test_the_cells_draw_different_directions(encoder: VitaeS) -> None:
    first, second = encoder.layers[0].NC
    assert not torch.equal(first.attn.directions, second.attn.directions)


def test_imagenet_weights_must_fit_to_the_last_name(encoder: VitaeS, tmp_path: Path) -> None:
    path = tmp_path / "imagenet.pth"
    torch.save({"state_dict": encoder.state_dict()}, path)
    fresh = VitaeS()
    load_imagenet(fresh, path)
    loaded = fresh.state_dict()
    assert all(torch.equal(value, loaded[name]) for name, value in encoder.state_dict().items())
    torch.save({n: t for n, t in encoder.state_dict().items() if not n.startswith("head")}, path)
    with pytest.raises(WeightsMismatchError, match=r"VitaeS; missing: head.weight, head.bias"):
        load_imagenet(fresh, path)
