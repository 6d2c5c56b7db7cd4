"""What holds for every record of weights: it is whole, and describes its file."""

import re

import numpy as np
import pytest

from p3m.inference.backend import OnnxBackend
from p3m.inference.predictor import Predictor
from p3m.weights.catalog import WEIGHTS
from p3m.weights.store import EMBEDDED, find_weights
from support.images import portrait

pytestmark = pytest.mark.weights
RECORDS = list(WEIGHTS.values())


@pytest.fixture(params=RECORDS, ids=lambda record: record.name)
def record(request):
    return request.param


def test_every_embedded_file_has_a_record():
    assert {path.name for path in EMBEDDED.glob("*.onnx")} <= {record.file for record in RECORDS}


def test_the_file_is_there_and_has_the_size_and_the_hash(record):
    assert find_weights(record.name).stat().st_size == record.size_bytes


def test_the_words_are_filled_in(record):
    words = (record.licence, record.trained_on, record.recipe, record.preprocessing)
    assert all(text.strip() for text in words)


def test_scores_are_finite_numbers_by_set_variant_and_metric(record):
    assert record.scores
    for key, value in record.scores.items():
        assert re.fullmatch(r"[a-z0-9-]+/[a-z0-9-]+/[a-z0-9-]+", key)
        assert value >= 0.0


@pytest.mark.onnx
def test_the_file_is_a_model_that_mattes_a_portrait_of_an_odd_size(record):
    image, _ = portrait(131, 77)
    backend = OnnxBackend(find_weights(record.name), threads=1)
    assert backend.spec.name in {record.name, record.model}
    alpha = Predictor(backend)(image)
    assert alpha.shape == image.shape[:2]
    assert np.isfinite(alpha).all()
    assert 0.0 <= alpha.min() <= alpha.max() <= 1.0
