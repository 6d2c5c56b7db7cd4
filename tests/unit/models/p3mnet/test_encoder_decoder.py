from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from p3m.core.errors import ShapeError
from p3m.models.p3mnet.encoder_decoder import EncoderDecoder, p3mnet_swin_t, p3mnet_vitae_s
from support.references.p3mnet import decode
from support.references.swin import swin_t
from support.references.tokens import Encoded, under
from support.references.vitae import vitae_s
from support.statistics import enliven

Restated = Callable[[EncoderDecoder, Tensor], Encoded]


def restated_swin(model: EncoderDecoder, image: Tensor) -> Encoded:
    return swin_t(model.encoder.state_dict(), image)


def restated_vitae(model: EncoderDecoder, image: Tensor) -> Encoded:
    directions = [cell.attn.directions for cell in model.encoder.layers[0].NC]
    return vitae_s(model.encoder.state_dict(), image, directions)


@pytest.mark.parametrize(
    ("build", "restated"),
    [(p3mnet_swin_t, restated_swin), (p3mnet_vitae_s, restated_vitae)],
    ids=["swin-t", "vitae-s"],
)
@torch.inference_mode()
def test_it_equals_a_restatement_of_the_description(
    build: Callable[[], EncoderDecoder], restated: Restated
) -> None:
    model = enliven(build().double())
    image = torch.randn(1, 3, 64, 96, dtype=torch.float64)
    output = model(image)
    expected = decode(under(model.state_dict(), "decoder."), *restated(model, image))
    pairs = {
        "global": output.global_logits,
        "local": output.local_alpha,
        "fusion": output.alpha,
        "side2": output.side_logits[0],
        "side1": output.side_logits[1],
        "side0": output.side_logits[2],
    }
    assert pairs.keys() == expected.keys()
    for name, tensor in pairs.items():
        scale = float(expected[name].abs().max())
        torch.testing.assert_close(tensor, expected[name], atol=1e-8 * scale, rtol=0)


def test_a_picture_below_the_least_size_names_the_size_to_pad_to() -> None:
    with pytest.raises(ShapeError, match=r"\(20, 64\).*at least 32: pad to 32x64"):
        p3mnet_vitae_s()(torch.zeros(1, 3, 20, 64))
