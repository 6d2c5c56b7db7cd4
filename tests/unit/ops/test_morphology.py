import cv2
import numpy as np
import pytest
import torch

from p3m.core.errors import ShapeError
from p3m.ops.morphology import dilate, trimap_classes


@pytest.mark.parametrize("radius", [0, 1, 2, 3, 7, 40])
def test_dilation_is_that_of_a_square(rng, radius) -> None:
    mask = (rng.random((20, 30)) > 0.99) * rng.random((20, 30)).astype(np.float32)
    side = 2 * radius + 1
    expected = cv2.dilate(mask, np.ones((side, side), np.uint8))
    found = dilate(torch.from_numpy(mask)[None, None], radius)
    assert np.array_equal(found[0, 0].numpy(), expected)


def test_classes_of_a_step_edge() -> None:
    alpha = torch.tensor([[[[0, 0, 0, 0.5, 1, 1, 1]]]])
    assert trimap_classes(alpha, 1).tolist() == [[[[0, 0, 1, 1, 1, 2, 2]]]]


def test_nearly_known_counts_as_known() -> None:
    assert trimap_classes(torch.tensor([[[[0.01, 0.99]]]]), 0).tolist() == [[[[0, 2]]]]


def test_other_shapes_are_refused() -> None:
    with pytest.raises(ShapeError, match="alpha has shape"):
        trimap_classes(torch.zeros(4, 4), 1)
