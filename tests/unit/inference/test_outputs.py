import numpy as np
import pytest

from p3m.inference.outputs import Outputs, alpha_band, class_band, classes_of, normalised
from p3m.inference.spec import ModelSpec


def test_pictures_are_normalised_channel_by_channel():
    spec = ModelSpec(name="a", mean=(0.1, 0.2, 0.3), std=(1.0, 2.0, 4.0))
    images = np.full((2, 3, 5, 3), 51, dtype=np.uint8)
    planes = normalised(images, spec)
    assert (planes.shape, planes.dtype) == ((2, 3, 3, 5), np.float32)
    np.testing.assert_allclose(planes[1, :, 0, 0], [0.1, 0.0, -0.025], atol=1e-6)


def test_the_likeliest_class_is_the_first_of_equals():
    logits = np.array([[0, 1, 2, 5], [0, 3, 2, 5], [0, 2, 2.5, 5]], dtype=np.float32)
    classes = classes_of(logits.reshape(1, 3, 2, 2))
    assert classes.dtype == np.uint8
    assert classes.ravel().tolist() == [0, 1, 2, 0]


def test_a_band_of_classes_is_1_on_the_transition_and_fades_around_it():
    classes = np.zeros((41, 41), dtype=np.uint8)
    classes[:, 21:] = 2
    classes[:, 20] = 1
    band = class_band(classes)[20]
    assert band[20] == 1
    np.testing.assert_allclose(band[20:27], band[14:21][::-1], atol=1e-6)
    assert (np.diff(band[20:27]) <= 0).all()
    assert band[22] > 0 == band[23]


def test_no_transition_no_band():
    assert not class_band(np.full((9, 9), 2, dtype=np.uint8)).any()
    assert not alpha_band(np.ones((9, 9), dtype=np.float32)).any()


def test_at_the_edge_of_the_picture_the_transition_counts_whole():
    assert (class_band(np.ones((9, 9), dtype=np.uint8)) == 1).all()


@pytest.mark.parametrize("local", [True, False])
def test_windows_count_within_the_transition_and_by_their_local_alpha(local):
    alphas = np.full((2, 4, 4), 0.9, dtype=np.float32)
    local_alphas = np.full((2, 4, 4), 0.5, dtype=np.float32) if local else None
    maps = np.zeros((2, 2, 4, 4), dtype=np.float32)
    maps[:, 0] = 0.1
    maps[1, 1] = 0.25
    refined = Outputs(alphas, local_alphas).within(maps)
    np.testing.assert_allclose(refined[0], 0.1)
    np.testing.assert_allclose(refined[1], 0.1 + 0.25 * ((0.5 if local else 0.9) - 0.1))


def test_a_networks_own_maps_come_first():
    coarse = np.zeros((1, 5, 2, 2), dtype=np.float32)
    outputs = Outputs(np.ones((1, 4, 4), dtype=np.float32), coarse=coarse)
    assert outputs.maps().shape == (5, 2, 2)
    assert outputs.parts().classes is None
