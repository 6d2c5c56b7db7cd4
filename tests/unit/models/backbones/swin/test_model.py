import pytest
import torch
from torch.export import Dim, export

from p3m.models.backbones.drop_path import DropPath
from p3m.models.backbones.swin.model import CHANNELS, SwinBlocks, SwinT
from support.references.swin import swin_t
from support.statistics import enliven


@pytest.fixture(scope="module")
def encoder() -> SwinT:
    network = enliven(SwinT())
    for name, value in network.named_parameters():
        if name.endswith("bias_table"):
            torch.nn.init.normal_(value)
    return network


@torch.inference_mode()
def test_it_has_six_strides_and_five_poolings(encoder: SwinT) -> None:
    *features, indices = encoder(torch.randn(2, 3, 64, 96))
    for feature, channels, stride in zip(features, CHANNELS, (2, 2, 4, 8, 16, 32), strict=True):
        assert feature.shape == (2, channels, 64 // stride, 96 // stride)
    for index, channels, stride in zip(indices, CHANNELS[:5], (2, 4, 8, 16, 32), strict=True):
        assert index.shape == (2, channels, 64 // stride, 96 // stride)


@torch.inference_mode()
def test_it_equals_its_restatement(encoder: SwinT) -> None:
    encoder = encoder.double()
    image = torch.randn(2, 3, 64, 96, dtype=torch.float64)
    pyramid, expected = encoder(image), swin_t(encoder.state_dict(), image)
    encoder.float()
    for feature, wanted in zip(pyramid[1:6], expected.features, strict=True):
        torch.testing.assert_close(feature, wanted, atol=1e-8, rtol=0)
    assert all(torch.equal(*pair) for pair in zip(pyramid.indices, expected.indices, strict=True))


@torch.inference_mode()
def test_a_picture_is_seen_alike_alone_and_in_a_batch(encoder: SwinT) -> None:
    images = torch.randn(3, 3, 96, 64)
    together = encoder(images).deepest
    alone = torch.cat([encoder(image[None]).deepest for image in images])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("traced", [(4, 6), (9, 16)], ids=["of one window", "of many"])
@torch.no_grad()
def test_one_exported_program_serves_maps_of_any_number_of_windows(
    traced: tuple[int, int],
) -> None:
    blocks = enliven(SwinBlocks(8, 2, released_side=7, drop_path=[0.0, 0.0]))
    dynamic = ({0: Dim.DYNAMIC, 1: Dim.DYNAMIC, 2: Dim.DYNAMIC},)
    program = export(blocks, (torch.randn(2, *traced, 8),), dynamic_shapes=dynamic).module()
    for size in ((1, 5, 7), (3, 14, 15), (2, 4, 21)):
        tokens = torch.randn(*size, 8)
        torch.testing.assert_close(program(tokens), blocks(tokens))


def test_stochastic_depth_grows_to_its_last_block() -> None:
    rates = [module.rate for module in SwinT().modules() if isinstance(module, DropPath)]
    assert rates == pytest.approx([0.2 * index / 11 for index in range(12)])
