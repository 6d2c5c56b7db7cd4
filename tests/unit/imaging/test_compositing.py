"""Tests of p3m.imaging.compositing."""

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from p3m.core.errors import MissingExtraError, RangeError, ShapeError
from p3m.imaging.compositing import (
    attach_alpha,
    composite,
    cutout,
    estimate_foreground,
    over,
    straight_colours,
)
from support.images import noise, portrait


def scene(height=160, width=140):
    """A textured blue foreground over a textured red background: image, alpha and both layers."""
    _, alpha = portrait(height, width)
    ripple = (20 * np.sin(np.arange(width) / 4))[None, :, None] * np.ones((height, 1, 3))
    foreground = np.float64([40, 60, 200]) + ripple
    background = np.float64([210, 120, 30]) - ripple
    share = alpha[..., None].astype(np.float64)
    image = np.rint(share * foreground + (1 - share) * background).astype(np.uint8)
    return image, alpha, foreground, background


def box_mean(array, window):
    """The mean over a window around each pixel, mirrored at the borders, from running sums."""
    reach = window // 2
    sides = [(reach, reach), (reach, reach), (0, 0)]
    sums = np.pad(array, sides, mode="reflect")
    for axis in (0, 1):
        total = np.cumsum(sums, axis=axis)
        total = np.insert(total, 0, 0, axis=axis)
        ends = np.take(total, range(window, total.shape[axis]), axis=axis)
        sums = ends - np.take(total, range(total.shape[axis] - window), axis=axis)
    return sums / window**2


def fused(image, alpha):
    """Forte's formula over the whole picture in float64, without tiles."""
    pixels, share = image.astype(np.float64), alpha[..., None].astype(np.float64)
    front = back = pixels
    for window in (91, 7):
        opacity = box_mean(share, window)
        smooth_front = box_mean(front * share, window) / (opacity + 1e-5)
        back = box_mean(back * (1 - share), window) / (1 - opacity + 1e-5)
        rest = pixels - share * smooth_front - (1 - share) * back
        front = np.clip(smooth_front + share * rest, 0, 255)
    return front


@given(
    arrays(np.uint8, (3, 2, 4, 3)),
    arrays(np.float32, (2, 2, 4), elements=st.floats(0, 1, width=32)),
)
def test_two_as_one_look_like_one_before_the_other(colours, alphas):
    """Over any scene, up to the rounding of each of the colours."""
    front, back, scene = colours
    exact = scene.astype(np.float64)
    for layer, alpha in ((back, alphas[1]), (front, alphas[0])):
        exact += alpha[..., None].astype(np.float64) * (layer - exact)
    joined, alpha = over(front, alphas[0], back, alphas[1])
    assert alpha.dtype == np.float32
    assert 0 <= alpha.min() <= alpha.max() <= 1
    seen = scene + alpha[..., None].astype(np.float64) * (joined - scene.astype(np.float64))
    assert np.abs(seen - exact).max() <= 0.51
    nowhere = (alphas == 0).all(axis=0)
    assert np.array_equal(joined[nowhere], back[nowhere])
    low, high = np.minimum(front, back), np.maximum(front, back)
    assert ((joined >= low) & (joined <= high)).all()


def test_two_that_do_not_fit_are_refused():
    image, alpha = np.zeros((2, 4, 3), np.uint8), np.ones((2, 4), np.float32)
    for wrong in ((image, alpha[:1]), (image[:1], alpha[:1]), (image[:1], alpha)):
        with pytest.raises(ShapeError):
            over(*wrong, image, alpha)
        with pytest.raises(ShapeError):
            over(image, alpha, *wrong)


@given(
    arrays(np.uint8, (3, 4, 3)),
    arrays(np.uint8, (3, 4, 3)),
    arrays(np.float32, (3, 4), elements=st.floats(0, 1, width=32)),
)
def test_a_composite_is_the_nearest_colour(foreground, background, alpha):
    share = alpha[..., None].astype(np.float64)
    exact = share * foreground + (1 - share) * background
    result = composite(foreground, background, alpha)
    assert result.dtype == np.uint8
    assert np.abs(result - exact).max() <= 0.5 + 1e-4  # float32 beside float64


@given(arrays(np.uint8, (3, 4, 3)), arrays(np.uint8, (3, 4, 3)), arrays(np.bool_, (3, 4)))
def test_a_composite_of_hard_alpha_copies_pixels(foreground, background, mask):
    result = composite(foreground, background, mask.astype(np.float32))
    np.testing.assert_array_equal(result, np.where(mask[..., None], foreground, background))


def test_a_colour_is_a_flat_background():
    foreground, alpha = portrait()
    flat = np.full_like(foreground, (3, 200, 77))
    np.testing.assert_array_equal(
        composite(foreground, (3, 200, 77), alpha), composite(foreground, flat, alpha)
    )


def test_a_composite_of_many_bands_has_no_seams():
    foreground, background = noise(900, 700), noise(900, 700, seed=1)
    alpha = np.tile(np.linspace(0, 1, 700, dtype=np.float32), (900, 1))
    share = alpha[..., None].astype(np.float64)
    exact = share * foreground + (1 - share) * background
    assert np.abs(composite(foreground, background, alpha) - exact).max() <= 0.5 + 1e-4


@pytest.mark.parametrize("method", ["blurred-fusion", "multilevel"])
def test_the_estimate_is_much_nearer_to_the_true_colours_than_the_image(method):
    if method == "multilevel":
        pytest.importorskip("pymatting")
    image, alpha, foreground, _ = scene()
    band = (alpha > 0) & (alpha < 1)
    share = alpha[band][:, None]
    error = (
        share * np.abs(estimate_foreground(image, alpha, method=method) - foreground)[band]
    ).mean()
    assert error < 0.2 * (share * np.abs(image - foreground)[band]).mean()
    assert error < 5  # of 255 steps, as seen through alpha


def test_a_cutout_over_its_own_background_gives_the_image_back():
    image, alpha, _, background = scene()
    back = composite(estimate_foreground(image, alpha), np.rint(background).astype("u1"), alpha)
    assert np.abs(back.astype(int) - image).mean() < 1


def test_tiles_give_what_the_formula_gives_over_the_whole():
    image, alpha, _, _ = scene(700, 610)
    alpha = np.rint(alpha * 255) / np.float32(255)
    band = (alpha > 0) & (alpha < 1)
    difference = np.abs(estimate_foreground(image, alpha) - fused(image, alpha))[band]
    assert difference.max() < 0.51  # rounding to whole steps, and float32 beside float64


def test_a_mirrored_picture_has_mirrored_colours():
    image, alpha, _, _ = scene()
    mirrored = estimate_foreground(image[:, ::-1], np.ascontiguousarray(alpha[:, ::-1]))
    difference = mirrored[:, ::-1].astype(int) - estimate_foreground(image, alpha)
    assert np.abs(difference).max() <= 1  # sums run the other way


@pytest.mark.parametrize("method", ["blurred-fusion", "multilevel"])
def test_a_cutout_holds_the_image_inside_and_nothing_of_it_outside(method):
    if method == "multilevel":
        pytest.importorskip("pymatting")
    image, alpha, _, _ = scene()
    hidden = alpha == 0
    image[hidden] = noise(*alpha.shape)[hidden]
    other = image.copy()
    other[hidden] = noise(*alpha.shape, seed=1)[hidden]
    colours = cutout(estimate_foreground(image, alpha, method=method), alpha)[..., :3]
    np.testing.assert_array_equal(colours[alpha == 1], image[alpha == 1])
    changed = cutout(estimate_foreground(other, alpha, method=method), alpha)[..., :3]
    change = np.abs(changed.astype(int) - colours)[hidden]
    # Of the 85 by which the backgrounds differ; the 3 pixels along the outline are blends.
    assert change.mean() < 2
    assert (colours[hidden].sum(axis=-1) == 0).mean() > 0.5


def test_beyond_three_pixels_from_the_foreground_it_is_black():
    image = noise(40, 40)
    alpha = np.zeros((40, 40), np.float32)
    alpha[20:, 20:] = 1
    estimated = estimate_foreground(image, alpha)
    assert (estimated[:17] == 0).all()
    assert (estimated[17:20, 20:].sum(axis=-1) > 0).all()


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_flat_alpha_needs_no_estimate(value):
    image = noise(9, 7)
    estimated = estimate_foreground(image, np.full((9, 7), value, np.float32))
    np.testing.assert_array_equal(estimated, image * np.uint8(value))


def test_one_pixel_is_a_picture():
    image, alpha = np.uint8([[[10, 20, 30]]]), np.float32([[0.5]])
    assert estimate_foreground(image, alpha).shape == (1, 1, 3)


def test_multilevel_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "pymatting", None)
    with pytest.raises(MissingExtraError, match=r'pip install "p3m\[train\]"'):
        estimate_foreground(*portrait(8, 8), method="multilevel")


def test_a_cutout_has_the_estimated_colours_and_the_alpha():
    image, alpha, _, _ = scene()
    foreground = estimate_foreground(image, alpha)
    rgba = cutout(foreground, alpha)
    assert rgba.shape == (*alpha.shape, 4)
    assert rgba.dtype == np.uint8
    np.testing.assert_array_equal(rgba[..., :3], foreground)
    np.testing.assert_array_equal(rgba[..., 3], np.rint(alpha * 255))


def test_no_input_is_changed():
    image, alpha, _, _ = scene()
    before = image.copy(), alpha.copy()
    composite(image, image, alpha)
    cutout(image, alpha)
    np.testing.assert_array_equal(image, before[0])
    np.testing.assert_array_equal(alpha, before[1])


def test_wrong_arguments_are_named():
    image, alpha = portrait(6, 5)
    with pytest.raises(ShapeError, match=r"foreground has shape \(5, 5, 3\); it must be \(6 5 3\)"):
        composite(image[:5], (0, 0, 0), alpha)
    with pytest.raises(ShapeError, match="background has shape"):
        composite(image, image[:5], alpha)
    with pytest.raises(ShapeError, match="alpha has shape"):
        estimate_foreground(image, alpha[..., None])
    with pytest.raises(RangeError, match="alpha is 2"):
        attach_alpha(image, alpha * 2)


@given(
    colours=arrays(np.uint8, (4, 5, 3)),
    alpha=arrays(np.float32, (4, 5), elements=st.floats(0, 1, width=32)),
)
def test_straight_colours_undo_what_alpha_was_multiplied_in(colours, alpha) -> None:
    straight = straight_colours(colours * alpha[..., None], alpha)
    assert straight.dtype == np.uint8
    shown = alpha > 1e-3
    assert np.array_equal(straight[shown], colours[shown])
    assert not straight[alpha == 0].any()


def test_straight_colours_need_a_plane_of_alpha() -> None:
    for alpha in (np.ones(3, np.float32), np.ones((2, 3), np.float32)):
        with pytest.raises(ShapeError):
            straight_colours(np.ones((3, 3, 3), np.float32), alpha)
