import pytest
import torch

from p3m.models.backbones.contract import Channels, Pyramid
from p3m.models.layers import max_pool_with_indices
from p3m.models.p3mnet.decoders import Decoders

CHANNELS = Channels(shallow=4, half=6, quarter=8, eighth=10, sixteenth=12, deepest=14)


def pyramid(side: int) -> Pyramid:
    """Noise in the shapes of an encoder, and the indices of pools that saw such noise."""
    sides = [side // 2, *(side // 2**level for level in range(1, 6))]
    features = [torch.randn(1, c, s, s) for c, s in zip(CHANNELS, sides, strict=True)]
    pooled = [torch.randn(1, c, side >> i, side >> i) for i, c in enumerate(CHANNELS[:5])]
    indices = [max_pool_with_indices(feature)[1] for feature in pooled]
    return Pyramid(*features, tuple(indices))


@pytest.mark.parametrize("narrow_first", [False, True], ids=["as in 2021", "as in 2023"])
@torch.inference_mode()
def test_they_fit_an_encoder_of_any_widths(narrow_first: bool) -> None:
    output = Decoders(CHANNELS, narrow_first=narrow_first).eval().decode(pyramid(64))
    assert output.global_logits.shape == (1, 3, 64, 64)
    assert output.local_alpha.shape == output.alpha.shape == (1, 1, 64, 64)
    assert [side.shape for side in output.side_logits] == [(1, 3, 64, 64)] * 3


def test_only_the_later_form_has_a_head_of_its_own_for_the_classes() -> None:
    def head(*, narrow_first: bool) -> list[str]:
        names = Decoders(CHANNELS, narrow_first=narrow_first).state_dict()
        return [name for name in names if name.startswith("decoder_final_g")]

    assert head(narrow_first=False) == []
    assert head(narrow_first=True) == ["decoder_final_g.weight", "decoder_final_g.bias"]


def test_a_block_of_2021_narrows_last_and_one_of_2023_first() -> None:
    def widths(*, narrow_first: bool) -> list[int]:
        block = Decoders(CHANNELS, narrow_first=narrow_first).decoder3_g
        return [layer.out_channels for layer in block if isinstance(layer, torch.nn.Conv2d)]

    assert widths(narrow_first=False) == [12, 12, 10]
    assert widths(narrow_first=True) == [10, 10, 10]
