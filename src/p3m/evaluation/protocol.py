"""Protocols: which metrics a benchmark reports, over which pixels, with which normalisers.

Numbers of two protocols never stand in one table: the same picture may differ a hundredfold.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from p3m.core.catalog import Catalog
from p3m.core.errors import ConfigError
from p3m.imaging.types import Trimap
from p3m.metrics.absolute import absolute_errors, settled_errors
from p3m.metrics.connectivity import connectivity_dim, connectivity_p3m
from p3m.metrics.contract import AnyAlpha
from p3m.metrics.gradient import gradient_dim, gradient_p3m

Scores = dict[str, float]
"""The value of each column, by its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A number that a protocol reports of each picture.

    Attributes:
        name: Its name within the protocol, as in the files.
        title: As papers write it.
        unit: What one stands for, normaliser included.
        region: The pixels that count.
        direction: Whether a better matte scores lower or higher.
        needs_trimap: Whether it cannot be told without a trimap.
        slow: Whether it takes most of the time, and is left out when that is short.
    """

    name: str
    title: str
    unit: str
    region: str
    direction: Literal["lower", "higher"] = "lower"
    needs_trimap: bool = False
    slow: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """How a benchmark scores a picture.

    Attributes:
        name: Its permanent name.
        summary: What sets it apart, in a sentence.
        columns: All that it reports; the first is the one by which pictures are ranked.
        measure: From a predicted alpha, the true one, the trimap (None only where it is not needed)
            and the names of the wanted columns to their scores.
        needs_trimap: Whether nothing of it can be told without a trimap.
        paper: Where it was defined.
    """

    name: str
    summary: str
    columns: tuple[Column, ...]
    measure: Callable[[AnyAlpha, AnyAlpha, Trimap | None, frozenset[str]], Scores]
    needs_trimap: bool
    paper: str

    def choose(self, *, trimaps: bool, fast: bool = False) -> tuple[Column, ...]:
        """The columns that can be told.

        Args:
            trimaps: Whether there are trimaps.
            fast: Whether slow columns are left out.

        Raises:
            ConfigError: If there is none without a trimap.
        """
        if self.needs_trimap and not trimaps:
            raise ConfigError(
                f"The protocol {self.name} scores the unknown region alone; it needs trimaps."
            )
        return tuple(
            column
            for column in self.columns
            if (trimaps or not column.needs_trimap) and not (fast and column.slow)
        )


def _measure_p3m(
    pred: AnyAlpha, target: AnyAlpha, trimap: Trimap | None, wanted: frozenset[str]
) -> Scores:
    regions = () if trimap is None else (trimap == 255, trimap == 0)
    whole, *known = absolute_errors(pred, target, None, *regions)
    scores = {"sad": whole.sad, "mse": whole.mse, "mad": whole.mad}
    if trimap is not None:
        unknown = settled_errors(pred, target, trimap)
        scores |= {f"{name}-unknown": value for name, value in unknown._asdict().items()}
        scores |= {"sad-foreground": known[0].sad, "sad-background": known[1].sad}
    if "grad" in wanted:
        scores["grad"] = gradient_p3m(pred, target)
    if "conn" in wanted:
        scores["conn"] = connectivity_p3m(pred, target)
    return scores


def _measure_alphamatting(
    pred: AnyAlpha, target: AnyAlpha, trimap: Trimap | None, wanted: frozenset[str]
) -> Scores:
    if trimap is None:
        raise ConfigError("The protocol alphamatting needs trimaps.")
    unknown = trimap == 128
    (errors,) = absolute_errors(pred, target, unknown)
    scores = {"sad": errors.sad, "mse": errors.mse}
    if "grad" in wanted:
        scores["grad"] = gradient_dim(pred, target, unknown)
    if "conn" in wanted:
        scores["conn"] = connectivity_dim(pred, target, unknown)
    return scores


_THOUSANDS = "thousands of alpha units"
_SQUARED = "squared alpha units"
_UNITS = "alpha units"
_SETTLED = "unknown, after the known were set right"

PROTOCOLS: Catalog[Protocol] = Catalog(
    "protocol",
    [
        Protocol(
            name="p3m",
            summary="Whole pictures, and their regions where there are trimaps; GRAD / 10.",
            columns=(
                Column(name="sad", title="SAD", unit=_THOUSANDS, region="whole"),
                Column(name="mse", title="MSE", unit=_SQUARED, region="whole"),
                Column(name="mad", title="MAD", unit=_UNITS, region="whole"),
                Column(
                    name="sad-unknown",
                    title="SAD-T",
                    unit=_THOUSANDS,
                    region=_SETTLED,
                    needs_trimap=True,
                ),
                Column(
                    name="mse-unknown",
                    title="MSE-T",
                    unit=_SQUARED,
                    region=_SETTLED,
                    needs_trimap=True,
                ),
                Column(
                    name="mad-unknown",
                    title="MAD-T",
                    unit=_UNITS,
                    region=_SETTLED,
                    needs_trimap=True,
                ),
                Column(
                    name="sad-foreground",
                    title="SAD-FG",
                    unit=_THOUSANDS,
                    region="surely foreground",
                    needs_trimap=True,
                ),
                Column(
                    name="sad-background",
                    title="SAD-BG",
                    unit=_THOUSANDS,
                    region="surely background",
                    needs_trimap=True,
                ),
                Column(
                    name="grad",
                    title="GRAD",
                    unit="tens of squared alpha units a pixel",
                    region="whole",
                    slow=True,
                ),
                Column(name="conn", title="CONN", unit=_THOUSANDS, region="whole", slow=True),
            ),
            measure=_measure_p3m,
            needs_trimap=False,
            paper='Li et al., "Privacy-Preserving Portrait Matting", ACM MM 2021',
        ),
        Protocol(
            name="alphamatting",
            summary="The unknown region alone, as alphamatting.com and Deep Image Matting count.",
            columns=(
                Column(
                    name="sad", title="SAD", unit=_THOUSANDS, region="unknown", needs_trimap=True
                ),
                Column(name="mse", title="MSE", unit=_SQUARED, region="unknown", needs_trimap=True),
                Column(
                    name="grad",
                    title="Grad",
                    unit="thousands of squared filter responses",
                    region="unknown",
                    needs_trimap=True,
                    slow=True,
                ),
                Column(
                    name="conn",
                    title="Conn",
                    unit=_THOUSANDS,
                    region="unknown",
                    needs_trimap=True,
                    slow=True,
                ),
            ),
            measure=_measure_alphamatting,
            needs_trimap=True,
            paper=(
                'Rhemann et al., "A Perceptually Motivated Online Benchmark for Image Matting", '
                'CVPR 2009; Xu et al., "Deep Image Matting", CVPR 2017'
            ),
        ),
    ],
)
"""The protocols by name."""
