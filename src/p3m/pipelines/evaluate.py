"""Evaluates predictions in a folder, or what a model makes of a data set, and reports on it."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from p3m.core.errors import ConfigError, EvaluationError, P3MError
from p3m.core.provenance import provenance
from p3m.data.catalog import DATASETS, dataset_split
from p3m.data.layout import PortraitFiles, find_samples
from p3m.data.survey import drawn_sizes
from p3m.evaluation.comparison import check_baseline, compare, other_sizes
from p3m.evaluation.gallery import Exhibit, exhibit
from p3m.evaluation.pairs import Pair, Pairing, add_predictions, pair_folders
from p3m.evaluation.protocol import PROTOCOLS
from p3m.evaluation.published import is_published, published_on
from p3m.evaluation.reading import Prediction, ReadValues, read_prediction, read_truth
from p3m.evaluation.report import Report
from p3m.evaluation.result import Evaluation
from p3m.evaluation.runner import (
    Predict,
    ScoreSettings,
    Tell,
    predicted,
    score_files,
    score_function,
)
from p3m.imaging.io import read_image
from p3m.imaging.types import Size
from p3m.pipelines.data import open_dataset
from p3m.pipelines.matte import load_predictor

_PACKAGES = ("numpy", "opencv-python", "pillow", "onnxruntime", "torch")


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluateSettings:
    """What is evaluated, and how.

    The truth comes from a folder of alphas or from a data set; the predictions from a folder or
    from a model.

    Attributes:
        pred: The folder of predictions; None where a model makes them.
        alpha: The folder of true alphas; None where a data set has them.
        trimap: The folder of trimaps, if there is one.
        image: The folder of the pictures themselves, for the report, or for a model.
        model: A name, ``name@tag``, or a file.
        data: A data set or a part of one, as :func:`p3m.data.catalog.dataset_split` takes it; or a
            folder that holds pictures and alphas.
        root: The data set's folder.
        accept: Whether its agreement is accepted now.
        strategy: How pictures meet the model.
        threads: Threads of the model; None takes all.
        provider: What the model runs on; None is the processor.
        protocol: The protocol's name.
        values: How the predictions' values count.
        fast: Whether gradients and connectivity are left out.
        allow_missing: Whether pictures without a prediction are left out.
        jobs: Processes for predictions in files; None takes one for each processor.
        seed: Decides the draws of the intervals.

    Raises:
        ConfigError: If these do not suit each other.
    """

    pred: Path | None = None
    alpha: Path | None = None
    trimap: Path | None = None
    image: Path | None = None
    model: str | None = None
    data: str | None = None
    root: Path | None = None
    accept: bool = False
    strategy: str = "tiled"
    threads: int | None = None
    provider: str | None = None
    protocol: str = "p3m"
    values: ReadValues = "exact"
    fast: bool = False
    allow_missing: bool = False
    jobs: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if (self.pred is None) == (self.model is None):
            raise ConfigError("Name the folder of predictions (--pred) or a model (--model).")
        if (self.alpha is None) == (self.data is None):
            raise ConfigError("Name the folder of true alphas (--alpha) or a data set (--data).")
        if self.data is not None and (self.trimap or self.image):
            raise ConfigError("A data set has its own trimaps and pictures; leave their folders.")
        if self.model is not None and self.data is None and self.image is None:
            raise ConfigError("A model needs pictures: name their folder (--image).")
        if self.root is not None and self.data is None:
            raise ConfigError("A root is that of a data set; name one (--data).")


@dataclass(frozen=True, slots=True)
class Evaluated:
    """An evaluation, and what its report needs to show single pictures.

    Attributes:
        evaluation: What was measured.
        pairs: The pictures' files, by name.
        read: From a picture's files to its prediction, read or made again.
        dataset: The test set's name if anything is published on it; else None.
    """

    evaluation: Evaluation
    pairs: dict[str, Pair]
    read: Callable[[Pair], Prediction]
    dataset: str | None


def evaluate(
    settings: EvaluateSettings,
    *,
    baseline: Evaluation | None = None,
    tell: Tell = lambda *_: None,
) -> Evaluated:
    """Scores every picture.

    Args:
        settings: What is evaluated, and how.
        baseline: An evaluation that this will be told apart from; that it suits is checked first.
        tell: Told how many pictures are done, and of how many.

    Raises:
        ConfigError: If the baseline cannot be compared.
        EvaluationError: If files are missing or bad, with the list of all.
        P3MError: If folders, the data set or the model cannot be used.
    """
    protocol = PROTOCOLS[settings.protocol]
    pairing = _pairing(settings)
    if baseline is not None:
        _check_baseline(baseline, settings, pairing)
    trimaps = any(pair.trimap is not None for pair in pairing.pairs)
    scoring = ScoreSettings(
        protocol=protocol,
        columns=protocol.choose(trimaps=trimaps, fast=settings.fast),
        values=settings.values,
    )
    if settings.model is None:
        read = partial(_read_prediction, settings.values)
        rows = score_files(
            pairing,
            scoring,
            allow_missing=settings.allow_missing,
            workers=settings.jobs,
            tell=tell,
        )
    else:
        predict = _predictor(settings)
        read = partial(_predict_again, predict, settings.values)
        rows = score_function(predict, pairing.pairs, scoring, problems=pairing.problems, tell=tell)
    return Evaluated(
        evaluation=Evaluation(
            title=_title(settings),
            protocol=protocol.name,
            columns=scoring.columns,
            rows=rows,
            settings=_plain(settings),
            provenance=provenance(*_PACKAGES),
            missing=pairing.missing,
            unused=pairing.unused,
        ),
        pairs={pair.name: pair for pair in pairing.pairs},
        read=read,
        dataset=_test_set(settings),
    )


def make_report(
    evaluated: Evaluated,
    *,
    baseline: Evaluation | None = None,
    published: str | None = None,
    worst: int = 20,
) -> Report:
    """What a report tells of an evaluation.

    Args:
        evaluated: What was measured.
        baseline: An evaluation to tell it apart from.
        published: The test set whose published numbers are cited; None takes the data set's own, if
            there are any.
        worst: How many of the worst pictures are shown.

    Raises:
        ConfigError: If the baseline cannot be compared.
        UnknownNameError: If nothing is published on the test set.
        P3MError: If a picture cannot be read again.
    """
    evaluation = evaluated.evaluation
    test_set = published or evaluated.dataset
    seed = int(evaluation.settings["seed"])
    return Report(
        evaluation=evaluation,
        exhibits=tuple(_exhibits(evaluated, worst)),
        comparison=None if baseline is None else compare(evaluation, baseline, seed=seed),
        baseline=baseline,
        published=None if test_set is None else published_on(test_set, evaluation.protocol),
    )


def _exhibits(evaluated: Evaluated, count: int) -> Iterator[Exhibit]:
    for row in evaluated.evaluation.worst(count):
        pair = evaluated.pairs[row.name]
        image = None if pair.image is None else read_image(pair.image)
        yield exhibit(
            row.name, row.scores, evaluated.read(pair).alpha, read_truth(pair.alpha), image
        )


def _pairing(settings: EvaluateSettings) -> Pairing:
    if settings.alpha is not None:
        return pair_folders(settings.alpha, settings.pred, settings.trimap, settings.image)
    pairs = tuple(map(_pair, _samples(settings)))
    if settings.pred is None:
        return Pairing(pairs=pairs)
    return add_predictions(pairs, settings.pred)


def _check_baseline(baseline: Evaluation, settings: EvaluateSettings, pairing: Pairing) -> None:
    """Refuses a baseline that has none of the pictures, or was scored in another way."""
    scored = [p for p in pairing.pairs if settings.model is not None or p.pred is not None]
    check_baseline(
        baseline,
        protocol=settings.protocol,
        values=settings.values,
        names={pair.name for pair in scored},
    )
    sizes = {row.name: row.size for row in baseline.rows}
    if not any(pair.name in sizes and _has_size(pair, sizes[pair.name]) for pair in scored):
        raise other_sizes(baseline)


def _has_size(pair: Pair, size: Size) -> bool:
    """Whether a true alpha may be of a size; one that is bad is told when it is scored."""
    try:
        return read_truth(pair.alpha).shape == size
    except P3MError:
        return True


def _samples(settings: EvaluateSettings) -> tuple[PortraitFiles, ...]:
    """The pictures of a data set, or of a folder laid out as one."""
    data = str(settings.data)
    if settings.root is None:
        if not Path(data).is_dir():
            raise ConfigError(
                f"{data} is no folder; if it is the name of a data set, name its folder (--root)."
            )
        return find_samples(DATASETS["folder"], Path(data), "all")
    entry, split = dataset_split(data)
    open_dataset(entry.name, settings.root, [split.name], accept=settings.accept)
    return find_samples(entry, settings.root, split.name)


def _pair(sample: PortraitFiles) -> Pair:
    return Pair(name=sample.name, alpha=sample.alpha, trimap=sample.trimap, image=sample.image)


def _predictor(settings: EvaluateSettings) -> Predict:
    if settings.model is None:
        raise ConfigError("There is no model to predict with.")
    return load_predictor(
        settings.model,
        strategy=settings.strategy,
        threads=settings.threads,
        provider=settings.provider,
    )


def _read_prediction(values: ReadValues, pair: Pair) -> Prediction:
    if pair.pred is None:
        raise EvaluationError([f"{pair.name}: has no prediction"])
    return read_prediction(pair.pred, values)


def _predict_again(predict: Predict, values: ReadValues, pair: Pair) -> Prediction:
    return predicted(predict, pair, values)


def _test_set(settings: EvaluateSettings) -> str | None:
    if settings.root is None or settings.data is None or _is_drawn(settings):
        return None
    entry, split = dataset_split(settings.data)
    return next((name for name in (split.name, entry.name) if is_published(name)), None)


def _is_drawn(settings: EvaluateSettings) -> bool:
    """Whether the set is not the published one, but drawn in its layout."""
    return settings.root is not None and drawn_sizes(settings.root) is not None


def _title(settings: EvaluateSettings) -> str:
    truth = settings.data or str(settings.alpha)
    if _is_drawn(settings):
        truth += " (a drawn set)"
    if settings.model is None:
        return f"{settings.pred} on {truth}"
    return f"{settings.model} ({settings.strategy}) on {truth}"


def _plain(settings: EvaluateSettings) -> dict[str, Any]:
    """The settings as JSON has them; those of a model only where there is one."""
    if settings.model is None:
        settings = replace(settings, strategy="", threads=None, provider=None)
    return {
        name: str(value) if isinstance(value, Path) else value
        for name, value in asdict(settings).items()
        if value is not None and value != ""
    }
