"""Tests of p3m.imaging.memory."""

import cv2
import numpy as np
import pytest

from p3m.core.errors import OutOfMemoryError
from p3m.imaging.memory import memory_told


def ask_numpy():
    np.empty(1 << 60, np.uint8)


def ask_opencv():
    cv2.copyMakeBorder(np.zeros((1, 1), np.uint8), 0, 1 << 30, 0, 1 << 30, cv2.BORDER_REPLICATE)


@pytest.mark.parametrize("ask", [ask_numpy, ask_opencv])
def test_lack_of_memory_names_the_picture(ask):
    told = r"a\.jpg: there is not enough memory"
    with pytest.raises(OutOfMemoryError, match=told), memory_told("a.jpg"):
        ask()


def test_other_errors_of_opencv_come_through():
    with pytest.raises(cv2.error, match="empty"), memory_told("a.jpg"):
        cv2.resize(np.zeros((0, 0), np.uint8), (3, 3))
