"""The picture of a PPT study."""

import re
from xml.etree import ElementTree as ET

import pytest

from p3m.evaluation.statistics import Summary
from p3m.pipelines.ppt_chart import Group, bar_chart

SVG = "{http://www.w3.org/2000/svg}"


def bar(mean, low, high):
    return Summary(mean=mean, median=mean, low=low, high=high)


def test_heights_and_whiskers_are_to_scale():
    bars = {"B:B": bar(2.0, 1.0, 4.0), "B:N": bar(1.0, 0.5, 1.5), "N:B": None}
    text = bar_chart([Group(name="<mine>", bars=bars)], title="a & b")
    root = ET.fromstring(text)  # noqa: S314 -- our own text
    heights = [float(one.get("height")) for one in root.iter(f"{SVG}rect")]
    assert heights[0] == pytest.approx(2 * heights[1], abs=0.2)
    lines = [line for line in root.iter(f"{SVG}line") if line.get("x1") == line.get("x2")]
    lengths = [float(line.get("y2")) - float(line.get("y1")) for line in lines]
    assert lengths == pytest.approx([1.5 * heights[0], 0.5 * heights[0]], abs=0.2)
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert {"<mine>", "a & b", "-", "2", "1"} <= set(texts)


def test_marks_stay_in_the_picture():
    groups = [
        Group(name=name, bars={c: bar(5.0, 4.0, 9.0) for c in ("B:B", "B:N", "N:B", "N:N")})
        for name in ("a", "b", "c")
    ]
    text = bar_chart(groups, title="SAD")
    width, height = map(int, re.search(r'viewBox="0 0 (\d+) (\d+)"', text).groups())
    assert all(0 <= float(x) <= width for x in re.findall(r' x[12]?="([-\d.]+)"', text))
    assert all(0 <= float(y) <= height for y in re.findall(r' y[12]?="([-\d.]+)"', text))


def test_a_chart_of_nothing_measured_has_dashes_alone():
    text = bar_chart([Group(name="none", bars={"B:B": None, "B:N": None})], title="SAD")
    assert "<rect" not in text
    assert text.count(">-<") == 2
