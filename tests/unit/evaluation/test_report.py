import csv
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image as PilImage

from p3m.core.errors import OutputError
from p3m.evaluation.comparison import compare
from p3m.evaluation.gallery import exhibit
from p3m.evaluation.published import published_on
from p3m.evaluation.report import FILES, Report, check_report, number, to_html, write_report
from p3m.evaluation.result import read_evaluation

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)


@pytest.fixture
def report(evaluation):
    scores = {"sad": [1.0, 5.0, 3.0], "mse": [0.1, 0.2, 0.3]}
    made = evaluation(scores, names=["a", "<b> & 'c'", "d"], pred="https://not.a/link")
    before = evaluation(
        {name: [v + 1 for v in all_] for name, all_ in scores.items()},
        names=["a", "<b> & 'c'", "d"],
    )
    alpha = np.linspace(0, 1, 80 * 60).reshape(80, 60)
    exhibits = [exhibit(row.name, row.scores, alpha, alpha**2) for row in made.worst(20)]
    return Report(
        evaluation=made,
        exhibits=exhibits,
        comparison=compare(made, before),
        baseline=before,
        published=published_on("p3m-500-p", "p3m"),
    )


class Page(HTMLParser):
    """The elements of a page, and whether they are closed as they were opened."""

    VOID = frozenset({"meta", "link", "img", "br"})

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.text = [], [], ""
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def test_the_page_needs_nothing_but_itself(report):
    page = Page(to_html(report))
    for _, attributes in page.elements:
        for name in ("src", "href", "data", "action", "srcset", "xlink:href"):
            assert attributes.get(name, "data:").startswith("data:")
    assert not page.all("script")
    assert not [a for _, a in page.elements if any(name.startswith("on") for name in a)]
    policy = [a["content"] for a in page.all("meta") if a.get("http-equiv")]
    assert policy == ["default-src 'none'; img-src data:; style-src 'unsafe-inline'"]
    styles = re.findall(r"<style>(.*?)</style>", to_html(report), re.DOTALL)
    assert not re.findall(r"url\(|@import", "".join(styles))


def test_a_page_without_links_in_its_settings_holds_no_address(report, evaluation):
    plain = Report(
        evaluation=evaluation({"sad": [1.0]}), published=published_on("p3m-500-np", "p3m")
    )
    assert "http:" not in to_html(plain)
    assert "https:" not in to_html(plain)


def test_the_page_shows_scores_pictures_and_words(report):
    page = Page(to_html(report))
    assert len(page.all("img")) == 3 * 3
    assert len(page.all("circle")) == 3 + 3  # against the baseline, and by name
    assert len(page.all("svg")) == 2 + 2
    assert "SAD" in page.text
    assert "better" in page.text
    assert "<b> & 'c': SAD 5" in page.text  # a dot's words, escaped in the source
    assert "<b> & " not in to_html(report)
    assert page.text.index("<b> & 'c'\n") < page.text.index("d\n")  # the worst first


def test_numbers_of_others_have_columns_of_their_own(report):
    page = to_html(report)
    assert "SAD, here" in page
    assert "SAD, cited" in page
    assert "Leakage" in page
    (table,) = [
        t
        for t in re.findall(r"<table>.*?</table>", page, re.DOTALL)
        if "P3M-Net (Res" in t and "MSE, cited" in t
    ]
    (row,) = re.findall(r"<tr><td>P3M-Net.*?B:B.*?</tr>", table, re.DOTALL)
    cells = re.findall(r'<td( class="\w+")?>(.*?)</td>', row)
    assert cells[-4:] == [
        ("", ""),
        ("", ""),
        (' class="cited"', "8.73"),
        (' class="cited"', "0.0026"),
    ]


def test_what_is_missing_is_told(evaluation):
    made = replace(evaluation({"sad": [1.0]}), missing=("x", "y"), unused=("z",))
    text = Page(to_html(Report(evaluation=made))).text
    assert "2 pictures have no prediction" in text
    assert "x, y" in text
    assert "1 predictions have no truth" in text


def test_three_files_are_written_and_agree(report, tmp_path):
    paths = write_report(tmp_path / "deep" / "report", report)
    assert [path.name for path in paths] == list(FILES)
    rows = list(csv.DictReader(paths[0].read_text().splitlines()))
    back = read_evaluation(paths[1])
    assert back == report.evaluation
    assert [float(row["sad"]) for row in rows] == back.scores("sad")


def test_an_older_report_is_not_replaced_unasked(report, tmp_path):
    write_report(tmp_path, report)
    with pytest.raises(OutputError, match="exists already"):
        check_report(tmp_path)
    write_report(tmp_path, report, overwrite=True)


def test_numbers_have_four_digits():
    assert [number(v) for v in (0, 1234.56, 0.98765, -0.00012345, 1.2e-7)] == [
        "0",
        "1235",
        "0.9877",
        "-0.0001234",
        "1.200e-07",
    ]


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium to open the page with")
def test_a_browser_shows_it_without_a_complaint_or_a_request(report, tmp_path):
    page = tmp_path / "report.html"
    page.write_text(to_html(report))
    picture, log = tmp_path / "shot.png", tmp_path / "net.json"
    run = subprocess.run(
        [
            CHROMIUM,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--window-size=1200,1600",
            "--enable-logging=stderr",
            f"--log-net-log={log}",
            f"--screenshot={picture}",
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert not [line for line in run.stderr.splitlines() if "CONSOLE" in line]
    # What the browser asks for by itself has no initiator; what a page asks for has one.
    initiators = set(re.findall(r'"initiator":"([^"]*)"', log.read_text(encoding="utf-8")))
    assert initiators <= {"not an origin"}
    with PilImage.open(picture) as shot:
        pixels = np.asarray(shot.convert("RGB"))
    assert pixels.shape[:2] == (1600, 1200)
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 50
