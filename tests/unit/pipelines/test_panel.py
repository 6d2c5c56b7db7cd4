import numpy as np

from p3m.pipelines.panel import panel_row

RED, BLUE, BLACK, WHITE = (255, 0, 0), (0, 0, 255), (0, 0, 0), (255, 255, 255)
EXPECTED = (
    (BLACK, BLACK, WHITE, WHITE),
    (BLACK, WHITE, BLACK, WHITE),
    (WHITE, BLUE, RED, WHITE),
)


def test_picture_truth_alpha_and_signed_error_stand_side_by_side() -> None:
    image = np.full((4, 4, 3), (10, 20, 30), np.uint8)
    truth = np.float32([[0, 0, 1, 1]]).repeat(4, axis=0)
    alpha = np.float32([[0, 1, 0, 1]]).repeat(4, axis=0)
    row = panel_row(image, truth, alpha)
    assert row.shape == (192, 768, 3)
    middles = row[96, 24::48].reshape(4, 4, 3)
    assert (middles[0] == (10, 20, 30)).all()
    for shown, expected in zip(middles[1:], EXPECTED, strict=True):
        # The middle of a pixel's square lies between two pixels of the row: a trace of others.
        assert np.abs(shown.astype(int) - expected).max() < 8


def test_a_wide_picture_is_not_stretched() -> None:
    image = np.full((10, 40, 3), 255, np.uint8)
    alpha = np.ones((10, 40), np.float32)
    picture = panel_row(image, alpha, alpha)[:, :192, 0]
    assert np.array_equal(picture.any(axis=1), np.arange(192) < 48)
