import re

import pytest

from p3m.core.errors import UnknownNameError
from p3m.data.catalog import DATASETS
from p3m.evaluation.protocol import PROTOCOLS
from p3m.evaluation.published import all_published, is_published, published_on

SCORES = all_published().scores
COLUMNS = {column.name for protocol in PROTOCOLS.values() for column in protocol.columns}


@pytest.mark.parametrize("score", SCORES, ids=lambda score: f"{score.method} {score.dataset}")
def test_every_number_says_what_it_is_and_where_it_stands(score):
    assert score.method
    assert score.source
    assert score.url.startswith("https://")
    assert score.protocol in {*PROTOCOLS, "unstated"}
    assert re.fullmatch(r"([BN]:[BN])?", score.faces)
    assert score.scores
    known = COLUMNS
    if score.protocol in PROTOCOLS:
        known = {column.name for column in PROTOCOLS[score.protocol].columns}
    assert score.scores.keys() <= known
    assert all(0 < value < 100 for value in score.scores.values())
    assert all(v < 0.1 for name, v in score.scores.items() if name[:3] in ("mse", "mad"))


def test_no_number_is_told_twice():
    keys = [(s.method, s.dataset, s.faces, s.source, name) for s in SCORES for name in s.scores]
    assert len(set(keys)) == len(keys)


def test_the_number_to_reproduce_is_there():
    (score,) = [
        score
        for score in published_on("p3m-500-p", "p3m").scores
        if score.method == "P3M-Net (ResNet-34)" and score.faces == "B:B" and "sad" in score.scores
    ]
    assert score.scores == {"sad": 8.73, "mse": 0.0026}


def test_the_test_sets_of_p3m_are_named_as_in_the_catalogue():
    splits = {split.name for split in DATASETS["p3m-10k"].splits}
    assert {"p3m-500-p", "p3m-500-np"} <= splits
    assert all(is_published(name) for name in ("p3m-500-p", "p3m-500-np"))
    assert not is_published("train")


@pytest.mark.parametrize("dataset", ["p3m-500-p", "p3m-500-np"])
def test_the_leakage_stands_beside_the_numbers(dataset):
    (warning,) = published_on(dataset).warnings
    assert "Leakage" in warning.text
    assert "birefnet-general" in warning.text


def test_numbers_of_another_protocol_are_left_out():
    assert {score.protocol for score in published_on("p3m-500-p", "alphamatting").scores} == {
        "unstated"
    }


def test_a_test_set_without_numbers_is_told_those_that_have_some():
    with pytest.raises(UnknownNameError, match=r"'p3m-1'\. Known: p3m-500-p"):
        published_on("p3m-1")
