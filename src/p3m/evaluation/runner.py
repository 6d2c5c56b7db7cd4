"""Scores pictures: files in processes, or what a function makes of them; one row a picture."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing import parent_process
from pathlib import Path
from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from p3m.core.errors import EvaluationError, P3MError
from p3m.core.parallel import parallel_map
from p3m.evaluation.pairs import Pair, Pairing
from p3m.evaluation.protocol import Column, Protocol
from p3m.evaluation.reading import (
    Exact,
    Prediction,
    ReadValues,
    read_prediction,
    read_trimap,
    read_truth,
    truncate,
)
from p3m.imaging.io import read_image
from p3m.imaging.types import Alpha, Image, Size

Result = TypeVar("Result")

Tell = Callable[[int, int], None]
"""Takes how many pictures are done, and of how many."""

Predict = Callable[[Image], Alpha]
"""From a picture, ``uint8`` (H, W, 3), to its alpha, ``float32`` (H, W) in [0, 1]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A picture's scores.

    Attributes:
        name: The picture's.
        size: Its height and width.
        scores: The value of each column.
    """

    name: str
    size: Size
    scores: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreSettings:
    """How pictures are scored.

    Attributes:
        protocol: The columns, and how they are measured.
        columns: Those that are wanted.
        values: How the predictions' values count.
    """

    protocol: Protocol
    columns: tuple[Column, ...]
    values: ReadValues = "exact"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    row: Row | None = None
    bits: int = 0
    problems: tuple[str, ...] = ()


def score_files(
    pairing: Pairing,
    settings: ScoreSettings,
    *,
    allow_missing: bool = False,
    workers: int | None = None,
    tell: Tell = lambda *_: None,
) -> tuple[Row, ...]:
    """Scores predictions that lie in files.

    All files are read even if some are bad, so that one run tells all that is wrong; but no more
    pictures are measured then.

    Args:
        pairing: The pictures with their predictions.
        settings: How they are scored.
        allow_missing: Whether pictures without a prediction are left out.
        workers: Processes, of one thread each. None: one for each processor.
        tell: Told about the progress.

    Returns:
        A row for each picture, in the order of their names.

    Raises:
        EvaluationError: If anything is wrong, with the whole list of it.
        WorkerError: If a process dies.
    """
    problems = list(pairing.problems)
    if not allow_missing:
        problems += [f"{name}: has no prediction" for name in pairing.missing]
    there = [pair for pair in pairing.pairs if pair.pred is not None]

    def tasks() -> Iterator[_Task]:
        for pair in there:
            yield pair, settings, not problems

    outcomes: list[_Outcome] = []
    for outcome in parallel_map(_score, tasks(), workers=workers):
        outcomes.append(outcome)
        problems += outcome.problems
        tell(len(outcomes), len(there))
    problems += _other_depths(there, outcomes)
    if problems:
        raise EvaluationError(problems)
    return tuple(outcome.row for outcome in outcomes if outcome.row is not None)


def score_function(
    predict: Predict,
    pairs: Sequence[Pair],
    settings: ScoreSettings,
    *,
    problems: Sequence[str] = (),
    tell: Tell = lambda *_: None,
) -> tuple[Row, ...]:
    """Scores what a function makes of pictures, one after the other in this process.

    Args:
        predict: The function.
        pairs: The pictures, each with its file.
        settings: How they are scored.
        problems: What is known to be wrong before; then no picture is measured.
        tell: Told about the progress.

    Returns:
        A row for each picture, in the order given.

    Raises:
        EvaluationError: If anything is wrong with the files, with the whole list of it.
    """
    found, rows = list(problems), []
    for number, pair in enumerate(pairs, start=1):
        read = partial(predicted, predict, pair, settings.values)
        outcome = _outcome(pair, settings, read, measure=not found)
        found += outcome.problems
        if outcome.row is not None:
            rows.append(outcome.row)
        tell(number, len(pairs))
    if found:
        raise EvaluationError(found)
    return tuple(rows)


def predicted(predict: Predict, pair: Pair, values: ReadValues) -> Prediction:
    """What a function makes of a picture's file.

    Raises:
        EvaluationError: If the picture has no file.
        P3MError: If it cannot be read or predicted.
    """
    if pair.image is None:
        raise EvaluationError([f"{pair.name}: has no picture to predict from"])
    alpha = predict(read_image(pair.image))
    return Prediction(truncate(alpha) if values == "truncated" else alpha.astype(np.float64), 32)


_Task = tuple[Pair, ScoreSettings, bool]


def _score(task: _Task) -> _Outcome:
    """One picture, perhaps in a process of its own: files in, numbers out."""
    pair, settings, measure = task
    if parent_process() is not None:
        cv2.setNumThreads(1)
    if pair.pred is None:
        return _Outcome()
    return _outcome(
        pair, settings, partial(read_prediction, pair.pred, settings.values), measure=measure
    )


def _outcome(
    pair: Pair, settings: ScoreSettings, read: Callable[[], Prediction], *, measure: bool
) -> _Outcome:
    """What a picture comes to: scores, or all that is wrong with its files."""
    problems: list[str] = []
    target = _try(partial(read_truth, pair.alpha), problems)
    trimap = None if pair.trimap is None else _try(partial(read_trimap, pair.trimap), problems)
    if pair.trimap is None and any(column.needs_trimap for column in settings.columns):
        problems.append(f"{pair.name}: has no trimap")
    pred = _try(read, problems) if measure or pair.pred is not None else None
    if target is not None:
        problems += _other_size(pair.trimap, trimap, pair.alpha, target)
        alpha = None if pred is None else pred.alpha
        problems += _other_size(pair.pred or pair.image, alpha, pair.alpha, target)
    bits = 0 if pred is None else pred.bits
    if problems or pred is None or target is None or not measure:
        return _Outcome(bits=bits, problems=tuple(problems))
    wanted = frozenset(column.name for column in settings.columns)
    scores = settings.protocol.measure(pred.alpha, target, trimap, wanted)
    row = Row(
        name=pair.name,
        size=target.shape,
        scores={column.name: scores[column.name] for column in settings.columns},
    )
    return _Outcome(row=row, bits=bits)


def _try(read: Callable[[], Result], problems: list[str]) -> Result | None:
    """What a file holds; what is wrong with it is added to the problems."""
    try:
        return read()
    except P3MError as error:
        problems.append(" ".join(str(error).splitlines()))
        return None


def _other_size(
    path: Path | None, found: NDArray[Any] | None, truth: Path, target: Exact
) -> Iterator[str]:
    if found is not None and found.shape != target.shape:
        sizes = ("x".join(map(str, array.shape)) for array in (found, target))
        yield f"{path}: is {next(sizes)} (height x width), and {truth} {next(sizes)}"


def _other_depths(pairs: Sequence[Pair], outcomes: Sequence[_Outcome]) -> Iterator[str]:
    """The predictions whose values have other bits than most: two runs in one folder, perhaps."""
    counts = Counter(outcome.bits for outcome in outcomes if outcome.bits)
    for pair, outcome in zip(pairs, outcomes, strict=True):
        usual = counts.most_common(1)[0][0] if counts else 0
        if outcome.bits not in (0, usual):
            yield f"{pair.pred}: has {outcome.bits} bits a value; most predictions have {usual}."
