import pytest
import torch

from p3m.core.errors import ShapeError
from p3m.ops.normalize import IMAGENET_MEAN, IMAGENET_STD, normalize, to_planes


def test_mean_becomes_zero_and_one_deviation_more_becomes_one() -> None:
    mean, std = torch.tensor(IMAGENET_MEAN), torch.tensor(IMAGENET_STD)
    image = torch.stack([mean, mean + std], dim=1).view(1, 3, 1, 2)
    expected = torch.tensor([0.0, 1.0]).expand(1, 3, 1, 2)
    torch.testing.assert_close(normalize(image), expected)


def test_given_statistics_are_used() -> None:
    image = torch.ones(1, 3, 2, 2)
    torch.testing.assert_close(
        normalize(image, mean=(0.5, 0.5, 0.5), std=(0.25, 0.5, 1.0))[0, :, 0, 0],
        torch.tensor([2.0, 1.0, 0.5]),
    )


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_dtype_device_and_memory_format_follow_the_image(dtype: torch.dtype) -> None:
    image = torch.rand(2, 3, 4, 4, dtype=dtype).contiguous(memory_format=torch.channels_last)
    normalized = normalize(image)
    assert normalized.dtype == dtype
    assert normalized.is_contiguous(memory_format=torch.channels_last)
    assert normalize(image.to("meta")).device.type == "meta"


def test_grey_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"image has shape \(1, 1, 4, 4\); it must be \(B 3 H W\)"):
        normalize(torch.rand(1, 1, 4, 4))


def test_planes_are_pixels_over_255() -> None:
    pixels = torch.tensor([[[[0, 51, 255]]]], dtype=torch.uint8)
    assert torch.allclose(to_planes(pixels)[0, :, 0, 0], torch.tensor([0.0, 0.2, 1.0]))
