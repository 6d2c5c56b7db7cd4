"""Whether an exported graph gives the numbers of the module that it was made from."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from p3m.core.errors import ExportMismatchError


def compare_with_eager(
    model: bytes,
    module: nn.Module,
    examples: Sequence[tuple[Tensor, ...]],
    *,
    outputs: Sequence[str],
    tolerance: float,
) -> float:
    """The greatest difference between an ONNX graph, run by ONNX Runtime, and its module.

    Args:
        model: The ONNX file's bytes.
        module: In eval mode; returns a tensor, or a tuple that begins with the outputs.
        examples: Inputs to run both on, in the order of the graph's inputs.
        outputs: Names of the graph's outputs to compare.
        tolerance: What may not be exceeded.

    Returns:
        The greatest absolute difference, relative to an output's greatest magnitude where that is
        over 1.

    Raises:
        ExportMismatchError: If it exceeds the tolerance; the text names output, sizes and
            difference.
    """
    import onnxruntime  # noqa: PLC0415 - slow to import, and needed only here

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    names = [value.name for value in session.get_inputs()]
    worst = 0.0
    for example in examples:
        feed = {name: value.numpy() for name, value in zip(names, example, strict=True)}
        results = session.run(list(outputs), feed)
        with torch.no_grad():
            expected = module(*example)
        expected = (expected,) if isinstance(expected, Tensor) else expected
        for name, result, reference in zip(outputs, results, expected, strict=False):
            difference = _difference(torch.from_numpy(result), reference)
            if not difference <= tolerance:
                raise ExportMismatchError(
                    f"Output {name!r} of the exported graph differs by {difference:.2g} at input "
                    f"{tuple(example[0].shape)}; at most {tolerance:g} is allowed."
                )
            worst = max(worst, difference)
    return worst


def _difference(result: Tensor, reference: Tensor) -> float:
    """As :func:`compare_with_eager` returns it; infinite where the shapes differ."""
    if result.shape != reference.shape:
        return float("inf")
    magnitude = max(1.0, float(reference.abs().max()))
    return float((result - reference).abs().max()) / magnitude
