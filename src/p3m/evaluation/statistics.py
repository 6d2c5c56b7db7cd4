"""What many pictures' scores come to: mean, median, and how sure the mean is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from p3m.core.errors import ConfigError

RESAMPLES = 10_000
"""Bootstrap samples of an interval."""

_DRAWN_AT_ONCE = 1 << 22


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A column over all pictures.

    Attributes:
        mean: Each picture counts alike, as in papers.
        median: The middle picture's score.
        low: Lower end of the mean's 95 % interval.
        high: Its upper end.
    """

    mean: float
    median: float
    low: float
    high: float


def summarize(
    scores: Mapping[str, Sequence[float]], *, seed: int = 0, resamples: int = RESAMPLES
) -> dict[str, Summary]:
    """Mean, median and a 95 % interval of the mean for each column.

    The interval is the percentile bootstrap's: pictures are drawn anew with replacement, the same
    draws for every column. It tells how far the mean depends on which pictures were taken, not how
    well these show the world.

    Args:
        scores: Each column's values, in the order of the pictures.
        seed: Decides the draws.
        resamples: How often all pictures are drawn.

    Raises:
        ConfigError: If there is no picture.

    Example:
        >>> summarize({"sad": [1.0, 2.0, 6.0]}, seed=0)["sad"]
        Summary(mean=3.0, median=2.0, low=1.0, high=6.0)
    """
    values = np.array(list(scores.values()), dtype=np.float64).T
    if values.size == 0:
        raise ConfigError("There is no picture to summarize.")
    means = _resampled_means(values, seed, resamples)
    low, high = np.percentile(means, (2.5, 97.5), axis=0)
    return {
        name: Summary(
            mean=float(values[:, column].mean()),
            median=float(np.median(values[:, column])),
            low=float(low[column]),
            high=float(high[column]),
        )
        for column, name in enumerate(scores)
    }


def _resampled_means(values: NDArray[np.float64], seed: int, resamples: int) -> NDArray[np.float64]:
    """The means of pictures drawn with replacement; (resamples, columns) of (pictures, columns)."""
    random = np.random.default_rng(seed)
    pictures = len(values)
    at_once = max(1, _DRAWN_AT_ONCE // pictures)
    parts = []
    for start in range(0, resamples, at_once):
        count = min(at_once, resamples - start)
        times = random.multinomial(pictures, np.full(pictures, 1 / pictures), size=count)
        parts.append(times @ values / pictures)
    return np.concatenate(parts)
