import pytest
import torch

from p3m.core.errors import ShapeError
from p3m.models.sides import check_image, check_sides


@pytest.mark.parametrize("size", [(32, 32), (64, 320)])
def test_sides_that_fit_pass(size: tuple[int, int]) -> None:
    check_image(torch.zeros(2, 3, *size), stride=32, min_side_px=32)


@pytest.mark.parametrize(
    ("size", "padded"), [((33, 64), "64x64"), ((64, 1), "64x64"), ((1, 1), "64x64")]
)
def test_the_error_names_the_size_to_pad_to(size: tuple[int, int], padded: str) -> None:
    with pytest.raises(ShapeError, match=f"multiples of 32, at least 64: pad to {padded}"):
        check_sides("image", size, stride=32, min_side_px=64)


def test_a_picture_of_four_channels_is_refused() -> None:
    with pytest.raises(ShapeError, match="B 3 H W"):
        check_image(torch.zeros(1, 4, 32, 32), stride=32)
