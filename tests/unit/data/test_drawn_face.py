import numpy as np

from p3m.data.drawn_face import face_area, head_outline


def test_the_private_area_reaches_from_above_the_brows_to_the_chin():
    area, head = face_area(0.8), head_outline(0.8)
    assert area[:, 1].max() == head[:, 1].max()
    assert -0.6 < area[:, 1].min() < -0.3
    assert np.abs(head[:, 0]).max() <= 0.8
