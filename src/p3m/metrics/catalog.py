"""The metrics that p3m knows by name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from p3m.core.catalog import Catalog
from p3m.metrics.absolute import mad, mse, sad
from p3m.metrics.connectivity import connectivity_dim, connectivity_p3m
from p3m.metrics.gradient import gradient_dim, gradient_p3m
from p3m.metrics.temporal import dtssd, messddt


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricEntry:
    """A metric and how to read it.

    Attributes:
        name: Its permanent name.
        function: From predicted alphas, the true ones and the region that counts to the score.
        takes: One alpha, (H, W), or the frames of a video, (T, H, W).
        unit: What one stands for, normaliser included.
        direction: Whether a better matte scores lower or higher.
        paper: Where it was defined.
    """

    name: str
    function: Callable[[Any, Any, Any], float]  # takes says which arrays
    takes: Literal["alpha", "frames"] = "alpha"
    unit: str
    direction: Literal["lower", "higher"] = "lower"
    paper: str


_BENCHMARK = (
    'Rhemann et al., "A Perceptually Motivated Online Benchmark for Image Matting", CVPR 2009'
)
_P3M = 'Li et al., "Privacy-Preserving Portrait Matting", ACM MM 2021'
_VIDEO = 'Erofeev et al., "Perceptually Motivated Benchmark for Video Matting", BMVC 2015'

METRICS: Catalog[MetricEntry] = Catalog(
    "metric",
    [
        MetricEntry(name="sad", function=sad, unit="thousands of alpha units", paper=_BENCHMARK),
        MetricEntry(name="mse", function=mse, unit="squared alpha units", paper=_BENCHMARK),
        MetricEntry(name="mad", function=mad, unit="alpha units", paper=_P3M),
        MetricEntry(
            name="grad-p3m",
            function=gradient_p3m,
            unit="tens of squared alpha units a pixel",
            paper=_P3M,
        ),
        MetricEntry(
            name="grad-dim",
            function=gradient_dim,
            unit="thousands of squared filter responses",
            paper=_BENCHMARK,
        ),
        MetricEntry(
            name="conn-p3m", function=connectivity_p3m, unit="thousands of alpha units", paper=_P3M
        ),
        MetricEntry(
            name="conn-dim",
            function=connectivity_dim,
            unit="thousands of alpha units",
            paper=_BENCHMARK,
        ),
        MetricEntry(
            name="dtssd",
            function=dtssd,
            takes="frames",
            unit="hundredths of alpha units",
            paper=_VIDEO,
        ),
        MetricEntry(
            name="messddt",
            function=messddt,
            takes="frames",
            unit="thousandths of squared alpha units",
            paper=_VIDEO,
        ),
    ],
)
"""Every metric by its name."""
