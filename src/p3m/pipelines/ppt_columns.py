"""A column of a PPT study: a network of one training, tested on faces of one kind."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from p3m.core.errors import ConfigError
from p3m.core.provenance import provenance
from p3m.evaluation.pairs import Pair
from p3m.evaluation.protocol import PROTOCOLS
from p3m.evaluation.result import Evaluation, read_evaluation, to_json
from p3m.evaluation.runner import ScoreSettings, score_function
from p3m.imaging.atomic import write_atomic
from p3m.inference.predictor import Predictor
from p3m.models.catalog import MODELS
from p3m.pipelines.matte import TORCH_SUFFIXES, load_predictor
from p3m.pipelines.ppt_pictures import PICTURES_VERSION, Faces, Table
from p3m.pipelines.ppt_study import COLUMNS, Entrant
from p3m.weights.store import find_weights, sha256_of

FACES: tuple[Faces, ...] = ("B", "N")
"""Blurred and normal, in the order of the columns."""

PACKAGES = ("numpy", "opencv-python", "pillow", "onnxruntime", "torch", "pymatting")
"""What the numbers depend on."""

_WORDS: Mapping[Faces, str] = {"B": "blurred", "N": "normal"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A network in one training, or in two that differ in the faces alone.

    Attributes:
        name: What it is called in the tables.
        weights: A file, or a name of p3m's, by what faces were in training.
    """

    name: str
    weights: Mapping[Faces, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """How pictures are matted and scored.

    Attributes:
        strategy: How pictures meet the network.
        threads: Threads of the network. None takes all.
        fast: Whether gradients and connectivity are left out.
    """

    strategy: str = "tiled"
    threads: int | None = None
    fast: bool = False

    def predictor(self, weights: str) -> Predictor:
        """The network with these weights.

        Raises:
            P3MError: As :func:`p3m.load_predictor`.
        """
        return load_predictor(weights, strategy=self.strategy, threads=self.threads)


def parse_contender(text: str) -> Contender:
    """A network from ``NAME=BLURRED[,NORMAL]``; the first of the weights may be left empty.

    Raises:
        ConfigError: If it is not written so.

    Example:
        >>> parse_contender("mine=b.safetensors,n.safetensors").weights
        {'B': 'b.safetensors', 'N': 'n.safetensors'}
    """
    name, equals, files = text.partition("=")
    weights = [part.strip() for part in files.split(",")]
    if not equals or not name.strip() or not any(weights) or len(weights) > len(FACES):
        raise ConfigError(
            f"{text!r} is no network; write it as NAME=BLURRED or NAME=BLURRED,NORMAL."
        )
    named = zip(FACES, weights, strict=False)
    return Contender(name=name.strip(), weights={faces: file for faces, file in named if file})


def check_weights(one: Contender, method: Method) -> None:
    """Loads the weights of a network, to see that they are all its own.

    Raises:
        ConfigError: If they are of two networks of the catalogue, or of another than the name says.
        P3MError: If they are missing or damaged.
    """
    kinds = {file: method.predictor(file).model for file in one.weights.values()}
    wanted = [name for name in [one.name.partition("@")[0]] if name in MODELS]
    known = {kind for kind in kinds.values() if kind in MODELS}
    if len(known.union(wanted)) > 1:
        found = ", ".join(f"{file} is of {kind}" for file, kind in kinds.items())
        raise ConfigError(f"{one.name}: the weights are not all of this one network: {found}.")


def measure_entrant(
    one: Contender,
    table: Table,
    pairs: Mapping[Faces, Sequence[Pair]],
    *,
    method: Method,
    out: Path,
    chosen: Mapping[str, Any],
    tell: Callable[[str, int, int], None] = lambda *_: None,
) -> Entrant:
    """All columns of a network for which there are weights.

    Args:
        one: The network.
        table: What the pictures are.
        pairs: The pictures by their faces.
        method: How they are matted and scored.
        out: Takes a file for each column, from which a later call with the same weights, pictures
            and method reads it.
        chosen: What else belongs to these numbers, plain as JSON has it, ``seed`` among it.
        tell: Told the column, how many pictures are done, and of how many.

    Raises:
        P3MError: If the weights or a picture cannot be used.
    """
    columns, missing = {}, {}
    for column in COLUMNS:
        trained, tested = (next(f for f in FACES if f == letter) for letter in column.split(":"))
        weights = one.weights.get(trained)
        if weights is None:
            missing[column] = f"no weights trained on {_WORDS[trained]} faces were named"
            continue
        settings = {
            **chosen,
            "model": one.name,
            "column": column,
            "table": table,
            "weights_sha256": sha256_of(_file(weights)),
            "strategy": method.strategy,
            "fast": method.fast,
            "pictures_version": PICTURES_VERSION,
        }
        path = out / one.name / f"{table}-{trained}-{tested}.json"
        columns[column] = _known(path, settings, pairs[tested]) or _measure(
            path, settings, pairs[tested], method.predictor(weights), tell
        )
    return Entrant(name=one.name, columns=columns, missing=missing)


def _known(path: Path, settings: Mapping[str, Any], pairs: Sequence[Pair]) -> Evaluation | None:
    """A column that was measured before, of the same weights and pictures, in the same way."""
    if not path.is_file():
        return None
    known = read_evaluation(path)
    same = known.settings == settings and [r.name for r in known.rows] == [p.name for p in pairs]
    return known if same else None


def _measure(
    path: Path,
    settings: Mapping[str, Any],
    pairs: Sequence[Pair],
    predict: Predictor,
    tell: Callable[[str, int, int], None],
) -> Evaluation:
    title = f"{settings['model']} {settings['column']}, {settings['table']}"
    protocol = PROTOCOLS["p3m"]
    scoring = ScoreSettings(
        protocol=protocol, columns=protocol.choose(trimaps=True, fast=settings["fast"])
    )
    evaluation = Evaluation(
        title=title,
        protocol=protocol.name,
        columns=scoring.columns,
        rows=score_function(predict, pairs, scoring, tell=lambda *n: tell(title, *n)),
        settings=settings,
        provenance=provenance(*PACKAGES),
    )
    write_atomic(path, to_json(evaluation).encode(), overwrite=True)
    return evaluation


def _file(weights: str) -> Path:
    """The file of weights that are a file, or have a name."""
    return Path(weights) if weights.lower().endswith(TORCH_SUFFIXES) else find_weights(weights)
