"""What is exported: a module, its graph, and how far they agree."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from p3m.export.graph import trace
from p3m.export.groups import in_groups
from p3m.export.unpool import with_max_unpool, with_narrow_places
from p3m.export.verify import Agreement, compare_with_eager

if TYPE_CHECKING:
    from onnx import ModelProto

TRACED = (2, 3, 5)
"""Batch, and height and width in steps of 32 pixels or more, at which a graph is made."""

COMPARED = ((1, 4, 2), (3, 5, 7))
"""Those at which it is compared."""

_LEAST_STEP_PX = 32


@dataclass(frozen=True, slots=True)
class Source:
    """A module to export.

    Attributes:
        module: In eval mode, without gradients; returns a tuple.
        channels: Its inputs' names and channels.
        multiple: Of its inputs' sides.
        outputs: Names of what it returns.
    """

    module: nn.Module
    channels: Mapping[str, int]
    multiple: int
    outputs: Sequence[str]

    def graph(self, *, tolerance: float, most_tipped: float) -> "tuple[ModelProto, Agreement]":
        """The module's graph in its leanest form, and how far it agrees with the module.

        Raises:
            ExportMismatchError: If they differ by more than they may.
            MissingExtraError: If the packages for exporting are not installed.
        """
        model = trace(
            self.module,
            self.example(TRACED),
            unit=self.multiple,
            inputs=list(self.channels),
            outputs=list(self.outputs),
        )
        with_max_unpool(model)
        in_groups(model)
        with_narrow_places(model)
        return model, self.compare(
            model, self.outputs, tolerance=tolerance, most_tipped=most_tipped
        )

    def compare(
        self,
        model: "ModelProto",
        outputs: Sequence[str],
        *,
        tolerance: float,
        most_tipped: float = 1.0,
    ) -> Agreement:
        """How far a graph agrees with the module, at sizes that were not traced.

        Args:
            model: The graph.
            outputs: The first of the module's outputs, or all.
            tolerance: What may not be exceeded by a difference.
            most_tipped: What may not be exceeded by the share of other decisions.

        Raises:
            ExportMismatchError: If they differ by more than they may.
        """
        return compare_with_eager(
            model,
            self.module,
            [self.example(size) for size in COMPARED],
            outputs=outputs,
            tolerance=tolerance,
            most_tipped=most_tipped,
        )

    def example(self, size: tuple[int, int, int]) -> tuple[Tensor, ...]:
        """Noise in [0, 1) for each input: a batch; height and width in steps of 32 or more."""
        generator = torch.Generator().manual_seed(0)
        batch, rows, columns = size
        step = -(-_LEAST_STEP_PX // self.multiple) * self.multiple
        return tuple(
            torch.rand((batch, count, rows * step, columns * step), generator=generator)
            for count in self.channels.values()
        )
