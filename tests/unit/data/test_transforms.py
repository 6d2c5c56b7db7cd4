import numpy as np
import pytest

from p3m.core.errors import ShapeError
from p3m.data.transforms import Crop, ellipse_trimap, random_crop


def _grid(height: int, width: int):
    """A picture whose pixels say where they are: row, column and 0."""
    y, x = np.mgrid[:height, :width]
    return np.stack([y, x, 0 * x], axis=2).astype(np.uint8)


def _band(height: int, width: int):
    """A trimap whose transition is a column in the middle."""
    trimap = np.zeros((height, width), np.uint8)
    trimap[:, width // 2] = 128
    return trimap


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize(("crop_px", "side_px"), [(32, 32), (64, 32), (32, 64), (50, 32)])
@pytest.mark.parametrize("resampling", ["linear", "area"])
def test_picture_alpha_and_trimap_stay_aligned(crop_px, side_px, flip, resampling) -> None:
    crop = Crop(top=20, left=33, crop_px=crop_px, side_px=side_px, flip=flip, resampling=resampling)
    grid = _grid(120, 130)
    image, rows, columns = (crop.apply(a) for a in (grid, grid[..., 0], grid[..., 1]))
    assert image.shape == (side_px, side_px, 3)
    assert np.array_equal(image[..., 0], rows)
    assert np.array_equal(image[..., 1], columns)
    # The grid is linear, so that every resampling gives the middle of what a pixel covers.
    centres = (np.arange(side_px) + 0.5) * crop_px / side_px - 0.5
    inside = slice(1, -1)
    across = 33 + (centres[::-1] if flip else centres)
    assert np.abs(rows[inside, 5] - (20 + centres)[inside]).max() <= 1
    assert np.abs(columns[5, inside] - across[inside]).max() <= 1


def test_a_crop_is_no_view_of_its_source() -> None:
    source = _grid(40, 40)
    cut = Crop(top=0, left=0, crop_px=40, side_px=40).apply(source)
    cut[:] = 255
    assert source.max() < 255


def test_the_same_generator_gives_the_same_crop() -> None:
    trimap = _band(900, 700)
    first, again, other = (
        [random_crop(trimap, np.random.default_rng(seed)) for _ in range(3)] for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_all_of_the_crop_lies_in_the_picture() -> None:
    rng = np.random.default_rng(0)
    trimap = _band(600, 1100)
    crops = [random_crop(trimap, rng) for _ in range(100)]
    assert {crop.crop_px for crop in crops} == {512}
    assert max(crop.top for crop in crops) <= 600 - 512
    assert max(crop.left for crop in crops) <= 1100 - 512
    assert 30 < sum(crop.flip for crop in crops) < 70


def test_sides_are_drawn_where_they_are_smaller_than_the_picture() -> None:
    rng = np.random.default_rng(0)
    drawn = [random_crop(_band(1024, 1300), rng).crop_px for _ in range(300)]
    # 1024 is not smaller than the short side, so 512 takes its place.
    assert set(drawn) == {512, 768}
    assert 150 < drawn.count(512) < 250


def test_half_of_the_corners_are_of_the_transition() -> None:
    rng = np.random.default_rng(0)
    trimap = _band(700, 1600)
    corners = [random_crop(trimap, rng) for _ in range(200)]
    there = sum(trimap[crop.top, crop.left] == 128 for crop in corners)
    assert 70 < there < 130
    always = [random_crop(trimap, rng, at_transition=1) for _ in range(20)]
    assert all(trimap[crop.top, crop.left] == 128 for crop in always)


def test_without_a_transition_in_reach_any_corner_will_do() -> None:
    trimap = _band(700, 700)  # its column 350 is out of reach of a crop of 512
    crop = random_crop(trimap, np.random.default_rng(0), at_transition=1)
    assert crop.left <= 700 - 512


@pytest.mark.parametrize(
    ("height", "width"), [(512, 512), (512, 800), (300, 700), (40, 33), (1, 1)]
)
def test_a_small_picture_is_cut_to_a_square_that_grows(height, width) -> None:
    crop = random_crop(_band(height, width), np.random.default_rng(0))
    assert crop.crop_px == min(height, width, 512)
    assert crop.top + crop.crop_px <= height
    assert crop.left + crop.crop_px <= width
    assert crop.apply(_band(height, width)).shape == (512, 512)


def test_a_trimap_of_another_shape_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"trimap has shape \(4, 4, 3\)"):
        random_crop(np.zeros((4, 4, 3), np.uint8), np.random.default_rng(0))


@pytest.mark.parametrize("kernel_px", [15, 16, 30])
def test_the_trimap_is_what_an_ellipse_of_that_width_reaches(kernel_px) -> None:
    alpha = np.zeros((80, 80), np.uint8)
    alpha[:, 40:] = 255
    row = ellipse_trimap(alpha, kernel_px)[40]
    # An even ellipse reaches one pixel less to one of its sides.
    assert np.count_nonzero(row == 128) == 2 * (kernel_px // 2) - (kernel_px % 2 == 0)
    assert set(np.unique(row)) == {0, 128, 255}
    assert row[0] == 0
    assert row[-1] == 255


def test_every_partial_alpha_is_unknown() -> None:
    alpha = np.random.default_rng(0).integers(0, 256, (64, 64)).astype(np.uint8)
    trimap = ellipse_trimap(alpha, 3)
    assert (trimap[(alpha > 0) & (alpha < 255)] == 128).all()
