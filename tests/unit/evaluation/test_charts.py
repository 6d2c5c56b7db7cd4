import pytest
from hypothesis import given
from hypothesis import strategies as st

from p3m.core.errors import RangeError
from p3m.evaluation.charts import (
    BOTTOM_PX,
    HEIGHT_PX,
    LEFT_PX,
    RIGHT_PX,
    TOP_PX,
    WIDTH_PX,
    histogram,
    scatter,
)

values = st.lists(st.floats(0, 1e6), min_size=1, max_size=40)
RIGHT, LOW = WIDTH_PX - RIGHT_PX, HEIGHT_PX - BOTTOM_PX


@given(values=values)
def test_every_mark_lies_within_the_axes(values):
    chart = scatter(values, values, ["x"] * len(values), x_label="", y_label="")
    for dot in chart.dots:
        assert LEFT_PX <= dot.x <= RIGHT
        assert TOP_PX <= dot.y <= LOW
    for one in (chart, histogram(values, x_label="", y_label="")):
        assert one.x_ticks[0].at == LEFT_PX
        assert one.x_ticks[-1].at == RIGHT
        assert one.y_ticks[0].at == LOW
        assert one.y_ticks[-1].at == TOP_PX
        assert len(one.x_ticks) <= 10


@given(values=values)
def test_a_histogram_counts_every_picture_once(values):
    bars = histogram(values, x_label="", y_label="").bars
    assert sum(int(bar.title.rpartition(" ")[2]) for bar in bars) == len(values)
    for bar in bars:
        assert bar.y + bar.height == pytest.approx(LOW)


def test_more_lies_higher_and_further_right():
    low, high = scatter([1, 2], [3, 4], ["a", "b"], x_label="x", y_label="y").dots
    assert high.x > low.x
    assert high.y < low.y
    assert (low.title, high.title) == ("a", "b")


def test_on_one_scale_equals_lie_on_the_diagonal():
    chart = scatter([1, 9], [9, 9], ["a", "b"], x_label="", y_label="", same_scale=True)
    left, low, right, high = chart.diagonal
    slope = (high - low) / (right - left)
    assert chart.dots[1].y == pytest.approx(low + slope * (chart.dots[1].x - left), abs=0.02)
    assert chart.dots[0].y < low + slope * (chart.dots[0].x - left)


def test_ticks_are_round():
    labels = [tick.label for tick in histogram([0.13], x_label="", y_label="").x_ticks]
    assert labels == ["0", "0.05", "0.1", "0.15"]


def test_nothing_makes_no_chart():
    with pytest.raises(RangeError, match="one dot at least"):
        scatter([], [], [], x_label="", y_label="")
    with pytest.raises(RangeError, match="one value at least"):
        histogram([], x_label="", y_label="")
