"""Whether an ONNX graph is a matting model: its inputs and outputs."""

from typing import TYPE_CHECKING, Any

from p3m.core.errors import ModelFormatError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

NEEDS = (
    "a matting model needs one input (B, 3, H, W) of float32 with free H and W, and a first output "
    "(B, 1, H, W) of float32"
)

PARTS = {"local_alpha": 1, "global_logits": 3}
"""Outputs that give the answers of the two decoders apart, and their channels."""


def check_graph(session: "InferenceSession", name: str) -> None:
    """Refuses a graph whose inputs and outputs are not those of a matting model.

    Raises:
        ModelFormatError: With the inputs and outputs that it has, and those that it needs.
    """
    inputs, outputs = session.get_inputs(), session.get_outputs()
    fits = (
        len(inputs) == 1
        and _is_picture(inputs[0], channels=3)
        and not any(isinstance(side, int) for side in inputs[0].shape[2:])
        and len(outputs) > 0
        and _is_picture(outputs[0], channels=1)
    )
    if not fits:
        raise ModelFormatError(
            f"{name} is not a matting model: its inputs are {_described(inputs)} and its outputs "
            f"{_described(outputs)}; {NEEDS}."
        )


def has_parts(session: "InferenceSession") -> bool:
    """Whether a graph gives the answers of its two decoders apart, beside their fusion."""
    outputs = {value.name: value for value in session.get_outputs()}
    return all(
        name in outputs and _is_picture(outputs[name], channels=channels)
        for name, channels in PARTS.items()
    )


def check_detail(base: "InferenceSession", detail: "InferenceSession", name: str) -> None:
    """Refuses a detail graph that does not fit its model.

    Raises:
        ModelFormatError: With the names that are there, and those that are needed.
    """
    fits = (
        "coarse" in _names(base.get_outputs())
        and set(_names(detail.get_inputs())) == {"image", "coarse"}
        and "alpha" in _names(detail.get_outputs())
    )
    if not fits:
        raise ModelFormatError(
            f"{name} has a detail graph of inputs {_described(detail.get_inputs())} and outputs "
            f"{_described(detail.get_outputs())}; it needs inputs 'image' and 'coarse', an output "
            "'alpha', and an output 'coarse' of the model that carries it."
        )


def _is_picture(value: Any, *, channels: int) -> bool:
    """Whether an input or output is float32 (B, channels, H, W), as far as its declaration says."""
    shape = value.shape
    return (
        value.type == "tensor(float)"
        and len(shape) == 4
        and (not isinstance(shape[1], int) or shape[1] == channels)
        and (not isinstance(shape[0], int) or shape[0] == 1)
    )


def _names(values: list[Any]) -> list[str]:
    return [value.name for value in values]


def _described(values: list[Any]) -> str:
    return ", ".join(f"{value.name} {value.type}{value.shape}" for value in values) or "none"
