"""What a PPT study comes to: four columns for each model, and the gaps between them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from p3m.core.provenance import Provenance
from p3m.evaluation.comparison import Difference, compare
from p3m.evaluation.result import Evaluation
from p3m.pipelines.ppt_pictures import Table

COLUMNS = ("B:B", "B:N", "N:B", "N:N")
"""Faces in training and in the test: B blurred, N normal."""

GAPS: Mapping[tuple[str, str], str] = {
    ("B:N", "N:N"): "what training on blurred faces costs where faces are normal",
    ("B:N", "B:B"): "what a network of blurred faces loses when it meets normal ones",
    ("N:B", "N:N"): "what a network of normal faces loses when it meets blurred ones",
}
"""Which columns are compared, the second taken from the first, and what that says."""

TITLES: Mapping[Table, str] = {
    "composites": "Composites: the alpha is exact",
    "photos": "Photos: the alpha is a teacher's, MODNet's, not the truth",
}
"""What the tables are called."""

SHOWN = ("sad", "mse", "mad", "sad-unknown", "grad", "conn")
"""The metrics that tables show, by their names in the protocol; files have all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrant:
    """A model in one of the tables.

    Attributes:
        name: As the user calls it.
        columns: What was measured, by column.
        missing: Why a column is not there.
    """

    name: str
    columns: Mapping[str, Evaluation]
    missing: Mapping[str, str]

    def gaps(self, seed: int) -> dict[str, dict[str, Difference]]:
        """The paired differences that can be told, such as ``B:N - N:N``; a column each metric.

        Args:
            seed: Decides the draws of the intervals.
        """
        return {
            f"{one} - {other}": compare(
                self.columns[one], self.columns[other], seed=seed
            ).differences
            for one, other in GAPS
            if one in self.columns and other in self.columns
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """A whole study.

    Attributes:
        tables: The models of each table, in the order given.
        pictures: How many each column has.
        settings: All that was chosen, plain as JSON has it.
        provenance: Who measured, with what, when.
    """

    tables: Mapping[Table, tuple[Entrant, ...]]
    pictures: int
    settings: Mapping[str, Any]  # plain values of many kinds
    provenance: Provenance

    @property
    def seed(self) -> int:
        """What decides the draws of all intervals."""
        return int(self.settings["seed"])
