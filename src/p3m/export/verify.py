"""Whether an exported graph gives the numbers of the module that it was made from."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from p3m.core.errors import ExportMismatchError
from p3m.export.decisions import Following, tell_decisions

if TYPE_CHECKING:
    from onnx import ModelProto
    from onnxruntime import InferenceSession


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far a graph agrees with its module.

    Attributes:
        error: The greatest absolute difference, relative to an output's greatest magnitude where
            that is over 1, while both decide alike; and of values of which one was taken for the
            maximum.
        tipped: The share of decisions that they take otherwise when left to themselves, in [0, 1]:
            where a pooled maximum lies, and which class is likeliest.
        mean: The mean absolute difference of the first output when they are left to themselves.
    """

    error: float
    tipped: float
    mean: float


def compare_with_eager(
    model: "ModelProto",
    module: nn.Module,
    examples: Sequence[tuple[Tensor, ...]],
    *,
    outputs: Sequence[str],
    tolerance: float,
    most_tipped: float = 1.0,
) -> Agreement:
    """Runs an ONNX graph by ONNX Runtime, and its module, and compares what they give.

    Rounding differs between the two, and a network may make a step of it: where two values of a
    pooled window, or the scores of two classes, are equal but for rounding, the greater one may be
    another, and what follows is different. Such decisions are compared as such: the value that the
    graph took for the greatest must be as great as the module's, within the tolerance. Then the
    module is run once more with the graph's decisions, and everything must agree.

    Args:
        model: The graph.
        module: In eval mode; returns a tensor, or a tuple that begins with the outputs.
        examples: Inputs to run both on, in the order of the graph's inputs.
        outputs: Names of the graph's outputs to compare.
        tolerance: What may not be exceeded by a difference.
        most_tipped: What may not be exceeded by the share of other decisions.

    Raises:
        ExportMismatchError: If something exceeds what it may; the text names it, with the sizes.
    """
    model = copy.deepcopy(model)
    decisions = tell_decisions(model)
    session = _session(model)
    worst, tipped, taken, means = 0.0, 0, 0, []
    for example in examples:
        told = _run(session, [*outputs, *decisions], example)
        results, following = told[: len(outputs)], Following(told[len(outputs) :])
        with torch.inference_mode():
            with following:
                expected = _tuple(module(*example))
            alone = _tuple(module(*example))[0] if decisions else expected[0]
        differences = {
            f"Output {name!r}": _difference(result, reference)
            for name, result, reference in zip(outputs, results, expected, strict=False)
        }
        differences["A maximum"] = following.loss
        _check(differences, tolerance, example)
        worst = max(worst, *differences.values())
        tipped, taken = tipped + following.tipped, taken + following.taken
        means.append(float((results[0] - alone).abs().mean()))
    share = tipped / max(1, taken)
    if share > most_tipped:
        raise ExportMismatchError(
            f"The exported graph takes {100 * share:.2g} % of its decisions otherwise than the "
            f"network; at most {100 * most_tipped:g} % are allowed."
        )
    return Agreement(worst, share, sum(means) / len(means))


def _session(model: "ModelProto") -> "InferenceSession":
    import onnxruntime  # noqa: PLC0415 - slow to import, and needed only here

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    content = model.SerializeToString()
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def _run(
    session: "InferenceSession", outputs: Sequence[str], example: tuple[Tensor, ...]
) -> list[Tensor]:
    names = [value.name for value in session.get_inputs()]
    feed = {name: value.numpy() for name, value in zip(names, example, strict=True)}
    return [torch.from_numpy(result) for result in session.run(outputs, feed)]


def _tuple(result: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return (result,) if isinstance(result, Tensor) else result


def _check(differences: Mapping[str, float], tolerance: float, example: tuple[Tensor, ...]) -> None:
    """Refuses a difference that is too great, or no number.

    Raises:
        ExportMismatchError: With its name and the input's size.
    """
    for what, difference in differences.items():
        if not difference <= tolerance:
            raise ExportMismatchError(
                f"{what} of the exported graph differs by {difference:.2g} at input "
                f"{tuple(example[0].shape)}; at most {tolerance:g} is allowed."
            )


def _difference(result: Tensor, reference: Tensor) -> float:
    """As of :class:`Agreement`; infinite where the shapes differ."""
    if result.shape != reference.shape:
        return float("inf")
    magnitude = max(1.0, float(reference.abs().max()))
    return float((result - reference).abs().max()) / magnitude
