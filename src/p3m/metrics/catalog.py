"""The metrics that p3m knows by name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from p3m.core.catalog import Catalog
from p3m.imaging.types import Alpha, Mask
from p3m.metrics.absolute import mad, mse, sad


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricEntry:
    """A metric and how to read it.

    Attributes:
        name: Its permanent name.
        function: From a predicted alpha, the true one and the region that counts to the score.
        unit: What one stands for.
        direction: Whether a better matte scores lower or higher.
        paper: Where it was defined.
    """

    name: str
    function: Callable[[Alpha, Alpha, Mask | None], float]
    unit: str
    direction: Literal["lower", "higher"]
    paper: str


_BENCHMARK = (
    'Rhemann et al., "A Perceptually Motivated Online Benchmark for Image Matting", CVPR 2009'
)
_P3M = 'Li et al., "Privacy-Preserving Portrait Matting", ACM MM 2021'

METRICS: Catalog[MetricEntry] = Catalog(
    "metric",
    [
        MetricEntry(
            name="sad",
            function=sad,
            unit="thousands of alpha units",
            direction="lower",
            paper=_BENCHMARK,
        ),
        MetricEntry(
            name="mse",
            function=mse,
            unit="squared alpha units",
            direction="lower",
            paper=_BENCHMARK,
        ),
        MetricEntry(
            name="mad",
            function=mad,
            unit="alpha units",
            direction="lower",
            paper=_P3M,
        ),
    ],
)
"""Every metric by its name."""
