import numpy as np
import pytest

from p3m.core.errors import ConfigError, UnknownNameError
from p3m.evaluation.protocol import PROTOCOLS
from support.alphas import KINDS, random_pair
from support.references import metrics_papers as reference

CASES = 200
every_protocol = pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=list(PROTOCOLS))


def wanted(protocol):
    return frozenset(column.name for column in protocol.columns)


@every_protocol
@pytest.mark.parametrize("number", range(CASES))
def test_every_column_agrees_with_the_papers_sentences(protocol, number):
    kind = list(KINDS)[number % len(KINDS)]
    pred, target, trimap = random_pair(kind, np.random.default_rng(number))
    restated = {"p3m": reference.p3m, "alphamatting": reference.alphamatting}[protocol.name]
    expected = restated(pred, target, trimap)
    measured = protocol.measure(pred, target, trimap, wanted(protocol))
    assert measured.keys() == expected.keys()
    for name, value in expected.items():
        assert measured[name] == pytest.approx(value, rel=1e-6, abs=1e-6), (kind, name)


@every_protocol
@pytest.mark.parametrize("number", range(len(KINDS)))
def test_the_formulas_without_filters_agree_to_the_last_digits(protocol, number):
    # Sums of a few hundred float64 terms in another order; gradients alone are in float32.
    kind = list(KINDS)[number]
    pred, target, trimap = random_pair(kind, np.random.default_rng(number + 1000))
    restated = {"p3m": reference.p3m, "alphamatting": reference.alphamatting}[protocol.name]
    expected = restated(pred, target, trimap)
    measured = protocol.measure(pred, target, trimap, wanted(protocol))
    for name in expected.keys() - {"grad"}:
        assert measured[name] == pytest.approx(expected[name], rel=1e-12, abs=1e-15), (kind, name)


@every_protocol
def test_a_column_that_is_not_wanted_is_not_measured(protocol):
    pred, target, trimap = random_pair("noise", np.random.default_rng(0))
    fast = {column.name for column in protocol.choose(trimaps=True, fast=True)}
    assert fast == wanted(protocol) - {"grad", "conn"}
    assert protocol.measure(pred, target, trimap, frozenset(fast)).keys() == fast


def test_p3m_without_trimaps_tells_the_whole_picture():
    protocol = PROTOCOLS["p3m"]
    pred, target, _ = random_pair("noise", np.random.default_rng(0))
    names = [column.name for column in protocol.choose(trimaps=False)]
    assert names == ["sad", "mse", "mad", "grad", "conn"]
    assert protocol.measure(pred, target, None, frozenset(names)).keys() == set(names)


def test_alphamatting_needs_trimaps():
    protocol = PROTOCOLS["alphamatting"]
    with pytest.raises(ConfigError, match="alphamatting scores the unknown region alone; it needs"):
        protocol.choose(trimaps=False)
    with pytest.raises(ConfigError, match="needs trimaps"):
        protocol.measure(np.zeros((2, 2)), np.zeros((2, 2)), None, frozenset())


def test_the_same_picture_scores_otherwise_by_each_protocol():
    # Why the two never share a table: another filter and normaliser, other pixels.
    pred, target, trimap = random_pair("noise", np.random.default_rng(5))
    scores = [p.measure(pred, target, trimap, wanted(p)) for p in PROTOCOLS.values()]
    for name in ("sad", "grad", "conn"):
        assert scores[0][name] != pytest.approx(scores[1][name], rel=0.2)


@every_protocol
def test_every_column_says_how_to_read_it(protocol):
    assert len(wanted(protocol)) == len(protocol.columns)
    assert protocol.paper
    for column in protocol.columns:
        assert column.title
        assert column.unit
        assert column.region


def test_a_misspelt_protocol_gets_a_suggestion():
    with pytest.raises(UnknownNameError, match=r"No protocol named 'pm3'. Did you mean 'p3m'\?"):
        PROTOCOLS["pm3"]
