"""What every effect promises, and what each does in its own way."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from p3m.core.errors import RangeError, ShapeError
from p3m.imaging.types import Image, Mask
from p3m.privacy.contract import Effect
from p3m.privacy.effects import GaussianBlur, Mosaic, Solid

EFFECTS = (GaussianBlur(), GaussianBlur(strength=0.1), Mosaic(), Mosaic(cells=8), Solid())
every_effect = pytest.mark.parametrize("effect", EFFECTS, ids=repr)


def face(shape: tuple[int, int], centre: tuple[int, int], radius: int) -> Mask:
    """An upright oval, ``radius`` wide to either side."""
    y, x = np.ogrid[: shape[0], : shape[1]]
    return ((x - centre[1]) / radius) ** 2 + ((y - centre[0]) / (1.3 * radius)) ** 2 <= 1


REGIONS: dict[str, Mask] = {
    "oval": face((160, 160), (80, 80), 45),
    "at the picture's border": face((160, 160), (30, 10), 45),
    "two faces": face((160, 160), (40, 35), 24) | face((160, 160), (120, 125), 24),
    "the whole picture": np.ones((160, 160), np.bool_),
    "behind strands": face((160, 160), (80, 80), 45) & (np.arange(160) % 9 > 1),
    "bar over the eyes": np.pad(np.ones((16, 90), np.bool_), ((60, 84), (35, 35))),
}
every_region = pytest.mark.parametrize("region", REGIONS.values(), ids=list(REGIONS))


def rim(region: Mask) -> Mask:
    """The region's pixels next to its border."""
    kernel = np.ones((3, 3), np.uint8)
    inner = cv2.erode(region.astype(np.uint8), kernel, borderValue=0)
    return region & (inner == 0)


def correlation(a: Image, b: Image, region: Mask) -> float:
    """Pearson's correlation of the pixels' values, the mean colour of each taken off."""
    x, y = (i[region].astype(np.float64) - i[region].mean(axis=0) for i in (a, b))
    return float((x * y).sum() / np.sqrt((x**2).sum() * (y**2).sum() + 1e-9))


@every_effect
@every_region
def test_nothing_changes_outside_nor_in_place(
    effect: Effect, region: Mask, rng: np.random.Generator
) -> None:
    image = rng.integers(256, size=(*region.shape, 3), dtype=np.uint8)
    before, covered = image.copy(), region.copy()
    result = effect(image, region)
    assert result.dtype == np.uint8
    np.testing.assert_array_equal(result[~region], image[~region])
    np.testing.assert_array_equal(image, before)
    np.testing.assert_array_equal(region, covered)


@every_effect
@every_region
@pytest.mark.parametrize("part", ["inside", "rim"])
def test_no_pixel_pattern_survives(
    effect: Effect, region: Mask, part: str, rng: np.random.Generator
) -> None:
    # Independent pixels correlate with the mean of n of them, themselves among these, by n ** -0.5:
    # 0.2 means that each is lost among 25 others.
    image = rng.integers(256, size=(*region.shape, 3), dtype=np.uint8)
    result = effect(image, region)
    assert abs(correlation(image, result, region if part == "inside" else rim(region))) < 0.2


@pytest.mark.parametrize("effect", [GaussianBlur(strength=0.1), Mosaic(), Solid()], ids=repr)
@pytest.mark.parametrize("radius", [12, 40, 120])
def test_features_of_a_face_are_lost_at_every_size(effect: Effect, radius: int) -> None:
    # Stripes of a sixth of the face's width: eyes and mouth are finer than that.
    side = 4 * radius
    region = face((side, side), (side // 2, side // 2), radius)
    stripes = np.sin(np.arange(side) * (2 * np.pi * 3 / radius))
    image = np.rint(128 + 100 * stripes)[None, :, None].repeat(side, 0).repeat(3, 2)
    image = image.astype(np.uint8)
    assert effect(image, region)[region].std() < 0.2 * image[region].std()


@every_effect
def test_strength_grows_with_the_face(effect: Effect, rng: np.random.Generator) -> None:
    small = rng.integers(256, size=(48, 48, 3), dtype=np.uint8)
    region = np.pad(np.ones((40, 40), np.bool_), 4)
    large, wide = (np.kron(x, np.ones((5, 5, 1), x.dtype)) for x in (small, region[:, :, None]))
    result = effect(large, wide[:, :, 0])[2::5, 2::5]
    np.testing.assert_allclose(
        result[region].astype(int), effect(small, region)[region].astype(int), atol=12
    )


@every_effect
def test_the_second_time_changes_less_than_the_first(
    effect: Effect, rng: np.random.Generator
) -> None:
    image = rng.integers(256, size=(96, 96, 3), dtype=np.uint8)
    region = face((96, 96), (48, 48), 30)
    once = effect(image, region)
    twice = effect(once, region)
    first, second = (
        np.abs(a[region].astype(int) - b[region]).mean() for a, b in ((image, once), (once, twice))
    )
    assert second <= 0.1 * first
    if not isinstance(effect, GaussianBlur):
        assert np.abs(twice.astype(int) - once).max() <= 1  # a mean of means, rounded once more


@every_effect
@pytest.mark.parametrize("radius", [25, 150])
def test_no_background_bleeds_in(effect: Effect, radius: int) -> None:
    side = 3 * radius
    region = face((side, side), (side // 2, side // 2), radius)
    image = np.where(region[:, :, None], np.uint8([255, 150, 0]), np.uint8(30))
    np.testing.assert_array_equal(effect(image, region), image)


@every_effect
def test_faces_apart_do_not_mix(effect: Effect, rng: np.random.Generator) -> None:
    image = rng.integers(256, size=(160, 160, 3), dtype=np.uint8)
    one, other = face((160, 160), (40, 35), 20), face((160, 160), (110, 120), 28)
    np.testing.assert_array_equal(effect(image, one | other), effect(effect(image, one), other))


@pytest.mark.parametrize("effect", [GaussianBlur(strength=0.1), GaussianBlur(), Solid()], ids=repr)
def test_pieces_between_strands_are_hidden_as_one_face(effect: Effect) -> None:
    # A slope from dark to light: measured alone, each piece would keep its own shade.
    image = np.rint(np.linspace(0, 255, 120))[None, :, None].repeat(120, 0).repeat(3, 2)
    image = image.astype(np.uint8)
    whole = face((120, 120), (60, 60), 35)
    pieces = whole & (np.arange(120) % 12 > 2)
    difference = effect(image, whole)[pieces].astype(int) - effect(image, pieces)[pieces]
    assert np.abs(difference).max() <= 12


def test_mosaic_has_one_grid_over_pieces_between_strands(rng: np.random.Generator) -> None:
    image = rng.integers(256, size=(120, 120, 3), dtype=np.uint8)
    pieces = face((120, 120), (60, 60), 35) & (np.arange(120) % 12 > 2)
    assert len(np.unique(Mosaic(cells=5)(image, pieces)[pieces], axis=0)) <= 25


def test_mosaic_hands_no_few_pixels_through() -> None:
    # A white pixel in the corner of an oval's grid is the only one of its cell.
    region = np.zeros((40, 40), np.bool_)
    region[10:30, 10:30] = region[0, 0] = region[39, 39] = True
    image = np.zeros((40, 40, 3), np.uint8)
    image[0, 0] = 255
    assert Mosaic()(image, region).max() == 1


@every_effect
def test_an_empty_region_gives_a_copy(effect: Effect, rng: np.random.Generator) -> None:
    image = rng.integers(256, size=(8, 8, 3), dtype=np.uint8)
    result = effect(image, np.zeros((8, 8), np.bool_))
    np.testing.assert_array_equal(result, image)
    assert result is not image


@every_effect
@given(
    image=arrays(np.uint8, (13, 11, 3)),
    region=arrays(np.bool_, (13, 11)),
)
def test_any_region_gets_colours_between_its_own(
    effect: Effect, image: Image, region: Mask
) -> None:
    result = effect(image, region)
    np.testing.assert_array_equal(result[~region], image[~region])
    if region.any():
        inside = image[region]
        assert (result[region] >= inside.min(axis=0)).all()
        assert (result[region] <= inside.max(axis=0)).all()


@every_effect
@given(height=st.integers(1, 40), width=st.integers(1, 40))
def test_any_size_is_covered_wholly(effect: Effect, height: int, width: int) -> None:
    image = np.zeros((height, width, 3), np.uint8)
    assert effect(image, np.ones((height, width), np.bool_)).shape == image.shape


@every_effect
def test_wrong_shapes_are_refused_by_name(effect: Effect) -> None:
    image, region = np.zeros((6, 5, 3), np.uint8), np.ones((6, 5), np.bool_)
    with pytest.raises(ShapeError, match=r"image has shape \(6, 5\); it must be \(H W 3\)"):
        effect(image[:, :, 0], region)
    with pytest.raises(ShapeError, match=r"region has shape \(5, 6\); it must be \(6 5"):
        effect(image, region.T)


def test_solid_is_the_mean_colour() -> None:
    image = np.uint8([[[10, 0, 0], [20, 0, 3], [90, 90, 90]]])
    region = np.array([[True, True, False]])
    np.testing.assert_array_equal(Solid()(image, region)[0, :2], [[15, 0, 2], [15, 0, 2]])


def test_mosaic_is_a_grid_of_mean_colours(rng: np.random.Generator) -> None:
    image = rng.integers(256, size=(40, 30, 3), dtype=np.uint8)
    mosaic = Mosaic(cells=2)(image, np.ones((40, 30), np.bool_))
    means = image.reshape(2, 20, 2, 15, 3).mean(axis=(1, 3))
    expected = np.rint(means).astype(np.uint8).repeat(20, axis=0).repeat(15, axis=1)
    np.testing.assert_array_equal(mosaic, expected)


def test_blur_of_a_large_face_is_that_of_full_resolution(rng: np.random.Generator) -> None:
    # The blur is made on a smaller copy; a direct one, weights and all, must look the same.
    coarse = rng.integers(256, size=(12, 12, 3), dtype=np.uint8)
    image = cv2.resize(coarse, (240, 240), interpolation=cv2.INTER_CUBIC)
    region = face((240, 240), (120, 120), 80)
    weight = region.astype(np.float64)
    sigma_px = 0.2 * np.ptp(np.nonzero(region)[0])
    layers = np.dstack([image * weight[:, :, None], weight])
    mixed = cv2.GaussianBlur(layers, (0, 0), sigma_px, borderType=cv2.BORDER_CONSTANT)[region]
    result = GaussianBlur()(image, region)[region]
    np.testing.assert_allclose(result, mixed[:, :3] / mixed[:, 3:], atol=3)


def test_a_strength_that_could_be_undone_is_refused() -> None:
    with pytest.raises(RangeError, match=r"strength is 0.05; it must lie between 0.1 and 1"):
        GaussianBlur(strength=0.05)
    with pytest.raises(RangeError, match="cells is 20; it must lie between 1 and 8"):
        Mosaic(cells=20)
