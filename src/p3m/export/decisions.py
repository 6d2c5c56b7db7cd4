"""Where a network decides between values, and rounding may tip the decision."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto


def tell_decisions(model: "ModelProto") -> list[str]:
    """Adds outputs to a graph, in place: the places of pooled maxima, the classes of ``ArgMax``.

    Args:
        model: A graph whose nodes stand in the order in which its module calls them.

    Returns:
        The names of the new outputs, in that order.
    """
    from onnx import TensorProto, helper  # noqa: PLC0415 - an extra

    used = {value for node in model.graph.node for value in node.input}
    decided = [name for node in model.graph.node for name in _decision(node)]
    names = [name for name in decided if name in used]
    model.graph.output.extend(
        helper.make_tensor_value_info(name, TensorProto.INT64, None) for name in names
    )
    return names


class Following(TorchFunctionMode):
    """Within it, torch code decides as a graph did, and it is measured what that costs.

    Max-pooling with indices and ``argmax`` take their maxima where the graph took them. What the
    graph decided in another shape, or not at all, is decided as ever.

    Args:
        decisions: What the outputs of :func:`tell_decisions` gave, in their order.

    Attributes:
        loss: The greatest difference of a maximum to what the graph took for it, relative to the
            greatest magnitude of the values where that is over 1.
        tipped: How many decisions the code would have taken otherwise.
        taken: How many decisions there were.
    """

    def __init__(self, decisions: Sequence[Tensor]) -> None:
        super().__init__()
        self._decisions = list(decisions)
        self.loss = 0.0
        self.tipped = 0
        self.taken = 0

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """The function's result, by the graph's decisions if it is one that decides."""
        options = kwargs or {}
        result = func(*args, **options)
        if func is F.max_pool2d_with_indices:
            features = args[0].flatten(2)
            places = self._next(result[1])
            if places is not None:
                # The graph counts places within the batch, torch within a channel.
                places %= features.shape[2]
                pooled = features.gather(2, places.flatten(2)).view_as(places)
                self._count(args[0], result[0], pooled, result[1] != places)
                return pooled, places
        elif func in (torch.argmax, Tensor.argmax) and options.keys() == {"dim", "keepdim"}:
            classes = self._next(result)
            if classes is not None:
                greatest, chosen = (args[0].gather(options["dim"], at) for at in (result, classes))
                self._count(args[0], greatest, chosen, result != classes)
                return classes
        return result

    def _next(self, own: Tensor) -> Tensor | None:
        """The graph's next decisions, which may be several groups of channels; ``None`` if other.

        Args:
            own: The code's decisions.
        """
        parts: list[Tensor] = []
        while self._decisions and sum(part.shape[1] for part in parts) < own.shape[1]:
            parts.append(self._decisions.pop(0))
        if not parts or any(part[:, :1].shape != own[:, :1].shape for part in parts):
            return None
        joined = torch.cat(parts, dim=1)
        return joined if joined.shape == own.shape else None

    def _count(self, values: Tensor, greatest: Tensor, chosen: Tensor, tipped: Tensor) -> None:
        distance = float((greatest - chosen).abs().max()) / max(1.0, float(values.abs().max()))
        self.loss = max(self.loss, distance)
        self.tipped += int(tipped.sum())
        self.taken += tipped.numel()


def _decision(node: "NodeProto") -> list[str]:
    """The output of a node that says where a maximum is among several values, if it has one."""
    if node.op_type == "ArgMax":
        return [node.output[0]]
    kernels = [list(a.ints) for a in node.attribute if a.name == "kernel_shape"]
    several = node.op_type == "MaxPool" and max(kernels[0]) > 1
    return list(node.output[1:2]) if several else []
