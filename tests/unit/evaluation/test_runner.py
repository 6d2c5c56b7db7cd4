import numpy as np
import pytest

from p3m.core.errors import EvaluationError
from p3m.evaluation.pairs import pair_folders
from p3m.evaluation.protocol import PROTOCOLS
from p3m.evaluation.reading import read_trimap, read_truth
from p3m.evaluation.runner import ScoreSettings, score_files, score_function

P3M = PROTOCOLS["p3m"]
ALL = ScoreSettings(protocol=P3M, columns=P3M.columns)


def test_a_row_a_picture_in_the_order_of_names(folders):
    rows = score_files(folders.pairing(), ALL, workers=1)
    assert [row.name for row in rows] == list(folders.names)
    assert [row.size for row in rows] == [(40, 32)] * 3
    assert [row.scores["sad"] for row in rows] == sorted(row.scores["sad"] for row in rows)
    assert rows[0].scores == dict.fromkeys((column.name for column in P3M.columns), 0.0)


def test_a_row_holds_what_the_protocol_measures(folders):
    (_, bob, _) = score_files(folders.pairing(), ALL, workers=1)
    pred, target = (read_truth(folders.path(kind, "bob")) for kind in ("pred", "alpha"))
    wanted = frozenset(column.name for column in P3M.columns)
    assert bob.scores == P3M.measure(
        pred, target, read_trimap(folders.path("trimap", "bob")), wanted
    )


def test_processes_give_the_same_rows(folders):
    told = []
    rows = score_files(folders.pairing(), ALL, workers=2, tell=lambda *done: told.append(done))
    assert rows == score_files(folders.pairing(), ALL, workers=1)
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_only_the_wanted_columns_are_told(folders):
    fast = ScoreSettings(protocol=P3M, columns=P3M.choose(trimaps=True, fast=True))
    (first, *_) = score_files(folders.pairing(), fast, workers=1)
    assert "grad" not in first.scores
    assert "sad-unknown" in first.scores


def problems_of(folders, **options):
    with pytest.raises(EvaluationError) as caught:
        score_files(folders.pairing(), ALL, workers=1, **options)
    return caught.value.problems


def test_all_that_is_wrong_is_told_at_once(folders):
    folders.path("pred", "ann").unlink()
    folders.save("pred", "bob", np.zeros((40, 32, 3), np.uint8))
    folders.save("pred", "cy", np.zeros((40, 31), np.uint8))
    folders.save("trimap", "cy", np.full((40, 32), 77, np.uint8))
    missing, colours, trimap, size = problems_of(folders)
    assert missing == "ann: has no prediction"
    assert "bob.png: has 3 channels" in colours
    assert "cy.png: 1280 pixels of the trimap" in trimap
    assert "pred/cy.png: is 40x31 (height x width), and " in size
    assert size.endswith("alpha/cy.png 40x32")


def test_after_the_first_problem_pictures_are_checked_and_not_measured(folders, monkeypatch):
    folders.save("pred", "ann", np.zeros((40, 32, 3), np.uint8))
    folders.save("pred", "cy", np.full((9, 9), np.nan, np.float32), ".tif")
    folders.path("pred", "cy").unlink()

    def never(*_):
        pytest.fail("a picture was measured")

    protocol = type(P3M)(
        name="p3m", summary="", columns=P3M.columns, measure=never, needs_trimap=False, paper=""
    )
    with pytest.raises(EvaluationError) as caught:
        score_files(
            folders.pairing(), ScoreSettings(protocol=protocol, columns=P3M.columns), workers=1
        )
    assert len(caught.value.problems) == 2
    assert "81 of 81 values are no numbers" in caught.value.problems[1]


def test_another_depth_than_most_is_a_problem(folders):
    folders.save("pred", "bob", np.full((40, 32), 40000, np.uint16))
    (problem,) = problems_of(folders)
    assert "bob.png: has 16 bits a value; most predictions have 8." in problem


def test_missing_predictions_may_be_allowed_and_nothing_else(folders):
    folders.path("pred", "ann").unlink()
    rows = score_files(folders.pairing(), ALL, allow_missing=True, workers=1)
    assert [row.name for row in rows] == ["bob", "cy"]
    folders.save("pred", "bob", np.zeros((4, 4), np.uint8))
    assert len(problems_of(folders, allow_missing=True)) == 1


def test_a_function_is_scored_in_place_of_files(folders):
    truths = iter([read_truth(folders.path("alpha", name)) for name in folders.names])
    pairs = pair_folders(
        *(folders.root / "alpha", None, folders.root / "trimap", folders.root / "image")
    ).pairs
    shapes = []

    def predict(image):
        shapes.append(image.shape)
        return np.float32(next(truths))

    rows = score_function(predict, pairs, ALL)
    assert shapes == [(40, 32, 3)] * 3
    assert all(row.scores["sad"] < 1e-6 for row in rows)


def test_a_functions_floats_can_be_truncated(folders):
    pairs = pair_folders(
        folders.root / "alpha", None, folders.root / "trimap", folders.root / "image"
    )
    exact = ScoreSettings(protocol=P3M, columns=P3M.columns[:3])
    cut = ScoreSettings(protocol=P3M, columns=P3M.columns[:3], values="truncated")

    def predict(image):
        return np.full(image.shape[:2], 0.999, np.float32)

    scores = [score_function(predict, pairs.pairs, one)[0].scores["mad"] for one in (exact, cut)]
    target = read_truth(folders.path("alpha", "ann"))
    assert scores[0] == pytest.approx(np.abs(np.float32(0.999) - target).mean(), rel=1e-12)
    assert scores[1] == pytest.approx(np.abs(254 / 255 - target).mean(), rel=1e-12)


def test_a_functions_pictures_are_checked_too(folders):
    folders.save("alpha", "bob", np.zeros((4, 4), np.uint8))
    folders.path("image", "cy").write_bytes(b"no picture")
    pairs = pair_folders(folders.root / "alpha", None, None, folders.root / "image").pairs
    whole = ScoreSettings(protocol=P3M, columns=P3M.choose(trimaps=False))
    with pytest.raises(EvaluationError) as caught:
        score_function(lambda image: np.zeros(image.shape[:2], np.float32), pairs, whole)
    assert "image/bob.png: is 40x32" in caught.value.problems[0]


def test_columns_that_need_a_trimap_say_so_where_there_is_none(folders):
    pairs = pair_folders(folders.root / "alpha", folders.root / "pred")
    with pytest.raises(EvaluationError) as caught:
        score_files(pairs, ALL, workers=1)
    assert caught.value.problems == tuple(f"{name}: has no trimap" for name in folders.names)
