import torch
import torch.nn.functional as F

from p3m.models.p3mnet.basic import P3MBasic


@torch.inference_mode()
def test_the_encoder_reaches_the_matting_decoder_by_sums_alone() -> None:
    model = P3MBasic().eval()
    image = torch.randn(1, 3, 64, 64)
    pyramid = model.encoder(image)
    local = pyramid.deepest
    skips = (pyramid.sixteenth, pyramid.eighth, pyramid.quarter, pyramid.half, 0)
    for block, index, skip in zip(model.matting, reversed(pyramid.indices), skips, strict=True):
        local = F.max_unpool2d(block(local), index, 2, 2) + skip
    output = model(image)
    torch.testing.assert_close(output.local_alpha, torch.sigmoid(model.estimate(local)))


@torch.inference_mode()
def test_there_are_no_side_heads() -> None:
    assert P3MBasic().eval()(torch.randn(1, 3, 32, 32)).side_logits == ()
