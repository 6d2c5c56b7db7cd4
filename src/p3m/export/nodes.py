"""The nodes of an ONNX graph by what they make and use, to find patterns and to replace them."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from onnx import GraphProto, NodeProto, TensorProto


class Nodes:
    """A graph whose nodes are looked up by the values between them.

    Args:
        graph: Is changed by :meth:`replace` only, after which this object is spent.

    Attributes:
        graph: The graph.
        constants: Its initializers by name.
    """

    def __init__(self, graph: "GraphProto") -> None:
        self.graph = graph
        self.constants: Mapping[str, TensorProto] = {t.name: t for t in graph.initializer}
        self._makers = {value: node for node in graph.node for value in node.output if value}
        self._users: dict[str, list[NodeProto]] = {}
        for node in graph.node:
            for value in dict.fromkeys(node.input):
                self._users.setdefault(value, []).append(node)
        self._results = {value.name for value in graph.output}

    def of_type(self, operator: str) -> "list[NodeProto]":
        """The nodes of an operator, in the graph's order."""
        return [node for node in self.graph.node if node.op_type == operator]

    def maker(self, value: str, operator: str) -> "NodeProto | None":
        """The node that makes a value, if it is of that operator."""
        node = self._makers.get(value)
        return node if node is not None and node.op_type == operator else None

    def users(self, value: str) -> "list[NodeProto]":
        """The nodes that use a value, in the graph's order."""
        return self._users.get(value, [])

    def only_user(self, value: str, operator: str) -> "NodeProto | None":
        """The one node that uses a value, if it is of that operator and the value is no result."""
        users = self.users(value)
        if len(users) != 1 or value in self._results or users[0].op_type != operator:
            return None
        return users[0]

    def replace(
        self,
        nodes: "Mapping[str, Iterable[NodeProto]]",
        constants: "Iterable[TensorProto]" = (),
    ) -> None:
        """Puts other nodes where some were, and drops all that no result needs any more.

        Args:
            nodes: New nodes, by the first output of the one whose place they take.
            constants: What the new nodes use besides.
        """
        graph = self.graph
        everything = [new for node in graph.node for new in nodes.get(node.output[0], (node,))]
        needed, kept = set(self._results), []
        for node in reversed(everything):
            if needed & set(node.output):
                needed |= set(node.input)
                kept.append(node)
        tensors = [t for t in (*graph.initializer, *constants) if t.name in needed]
        made = {value for node in kept for value in node.output}
        known = [info for info in graph.value_info if info.name in made]
        for field, content in (
            ("node", kept[::-1]),
            ("initializer", tensors),
            ("value_info", known),
        ):
            graph.ClearField(field)
            getattr(graph, field).extend(content)
