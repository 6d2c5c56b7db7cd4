import pytest
import torch

from p3m.core.errors import ShapeError
from p3m.ops.pyramid import gaussian_blur, gaussian_kernel, laplacian_pyramid
from support.references import losses as reference


def test_kernel_is_symmetric_sums_to_one_and_falls_as_the_formula_says() -> None:
    kernel = gaussian_kernel(5, 1.0)
    assert torch.equal(kernel, kernel.flip(0))
    assert kernel.sum().item() == pytest.approx(1)
    assert (kernel[1] / kernel[2]).item() == pytest.approx(torch.e**-0.5)


def test_blur_of_a_single_pixel_is_the_outer_product() -> None:
    spot = torch.zeros(1, 1, 5, 5, dtype=torch.float64)
    spot[0, 0, 2, 2] = 1
    kernel = gaussian_kernel(5, 1.0)
    torch.testing.assert_close(gaussian_blur(spot)[0, 0], torch.outer(kernel, kernel))


def test_the_plus_is_a_cross_of_two_squared_gaussians() -> None:
    spot = torch.zeros(1, 1, 5, 5, dtype=torch.float64)
    spot[0, 0, 2, 2] = 1
    cross = gaussian_blur(spot, kernel="plus")[0, 0]
    assert cross.sum().item() == pytest.approx(1)
    # Along the middle a pixel has the centre's share and its own, at a corner two small ones.
    assert (cross[2, 0] / cross[2, 2]).item() == pytest.approx((1 + torch.e**-4) / 2)
    assert (cross[0, 0] / cross[2, 2]).item() == pytest.approx(torch.e**-4)


def test_the_plus_agrees_with_its_reference() -> None:
    image = torch.rand(2, 3, 7, 9, dtype=torch.float64)
    expected = torch.from_numpy(reference.plus_blur(image.numpy()))
    torch.testing.assert_close(gaussian_blur(image, kernel="plus"), expected)


@pytest.mark.parametrize("kernel", ["gaussian", "plus"])
def test_blur_keeps_constants_up_to_the_border(kernel) -> None:
    image = torch.full((2, 3, 4, 7), 0.25)
    torch.testing.assert_close(gaussian_blur(image, kernel=kernel), image)


def test_blur_treats_planes_apart() -> None:
    image = torch.rand(2, 3, 8, 8)
    torch.testing.assert_close(gaussian_blur(image)[1, 2], gaussian_blur(image[1:, 2:])[0, 0])


def test_pyramid_is_linear() -> None:
    a, b = torch.rand(2, 1, 1, 33, 20, dtype=torch.float64).unbind()
    for of_sum, of_a, of_b in zip(
        *(laplacian_pyramid(x, levels=4) for x in (a + 2 * b, a, b)), strict=True
    ):
        torch.testing.assert_close(of_sum, of_a + 2 * of_b)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 40), (17, 33), (64, 32)])
def test_pyramid_takes_any_size(height: int, width: int) -> None:
    *details, residual = laplacian_pyramid(torch.ones(1, 1, height, width), levels=5)
    assert len(details) == 5
    for detail in details:
        torch.testing.assert_close(detail, torch.zeros_like(detail))
    torch.testing.assert_close(residual, torch.ones(1, 1, -(-height // 32), -(-width // 32)))


def test_wrong_number_of_axes_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"image has shape \(4, 4\); it must be \(B C H W\)"):
        laplacian_pyramid(torch.ones(4, 4))
