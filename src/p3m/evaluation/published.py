"""Numbers that others published, to stand beside ours and never among them."""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from p3m.core.errors import UnknownNameError

_FILE = "published.toml"
_UNSTATED = "unstated"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedScore:
    """What a source says of a method on a test set.

    Attributes:
        method: As the source calls it.
        dataset: The test set: a split's name in the catalogue of data sets, where it is there.
        protocol: The protocol by which it was measured, or ``unstated``.
        faces: What faces were in training and in the test, such as ``B:N``; B is blurred, N normal,
            and empty means unsaid.
        input: What the method is given.
        scores: The values that are there, by the protocol's columns.
        source: Where it stands, in words.
        url: Where that is.
        note: What a reader must know; may be empty.
    """

    method: str
    dataset: str
    protocol: str
    faces: str
    input: str
    scores: dict[str, float]
    source: str
    url: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedWarning:
    """What forbids to take numbers on a test set at their face value.

    Attributes:
        datasets: The test sets that it concerns.
        text: The warning.
        source: Where it stands, in words.
        url: Where that is.
    """

    datasets: tuple[str, ...]
    text: str
    source: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """All that is known to be published, or the part of it that concerns one test set."""

    scores: tuple[PublishedScore, ...]
    warnings: tuple[PublishedWarning, ...]


@lru_cache(maxsize=1)
def all_published() -> Published:
    """Every number and warning in the package's ``published.toml``, in its order."""
    content = tomllib.loads(
        resources.files("p3m.evaluation").joinpath(_FILE).read_text(encoding="utf-8")
    )
    scores = tuple(
        PublishedScore(
            method=method,
            faces=faces,
            scores=dict(zip(table["columns"], values, strict=True)),
            **{name: table[name] for name in _TABLE_FIELDS},
        )
        for table in content["table"]
        for method, faces, *values in table["rows"]
    )
    warnings = tuple(
        PublishedWarning(
            datasets=tuple(entry["datasets"]),
            text=entry["text"],
            source=entry["source"],
            url=entry["url"],
        )
        for entry in content["warning"]
    )
    return Published(scores=scores, warnings=warnings)


def published_on(dataset: str, protocol: str | None = None) -> Published:
    """What is published on a test set, and the warnings that belong to it.

    Args:
        dataset: Its name, such as ``p3m-500-p``.
        protocol: Leaves out what was measured by any other; None takes all.

    Raises:
        UnknownNameError: If nothing is published on it, with the sets on which something is.
    """
    published = all_published()
    known = list(dict.fromkeys(score.dataset for score in published.scores))
    if dataset not in known:
        raise UnknownNameError("test set with published numbers", dataset, known, None)
    fitting = {protocol, _UNSTATED}
    return Published(
        scores=tuple(
            score
            for score in published.scores
            if score.dataset == dataset and (protocol is None or score.protocol in fitting)
        ),
        warnings=tuple(w for w in published.warnings if dataset in w.datasets),
    )


def is_published(dataset: str) -> bool:
    """Whether anything is published on a test set."""
    return any(score.dataset == dataset for score in all_published().scores)


_TABLE_FIELDS = ("dataset", "protocol", "input", "source", "url", "note")
