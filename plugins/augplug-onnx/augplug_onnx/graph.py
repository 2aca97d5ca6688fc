"""A model under construction: values, arithmetic on which adds nodes, and bodies of loops and conditions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

OPSET, IR = 20, 10
Shape: TypeAlias = Sequence[int | str]
"""Sides of a tensor: numbers, and names of sides that may have any length."""
Inputs: TypeAlias = dict[str, tuple[Any, Shape]]
"""The dtype and shape of each input of a model."""


class Value:
    """A tensor of a graph; operators add nodes with numpy's meaning. Numbers beside it take its dtype."""

    def __init__(self, graph: Graph, name: str, dtype: np.dtype[Any]) -> None:
        """Take its name and dtype."""
        self.graph, self.name, self.dtype = graph, name, dtype

    def __add__(self, other: Operand) -> Value:
        return self.graph.node("Add", self, other)

    def __sub__(self, other: Operand) -> Value:
        return self.graph.node("Sub", self, other)

    def __rsub__(self, other: float) -> Value:
        return self.graph.node("Sub", other, self)

    def __mul__(self, other: Operand) -> Value:
        return self.graph.node("Mul", self, other)

    def __truediv__(self, other: Operand) -> Value:
        """Divide; integers, which are not negative here, round down."""
        return self.graph.node("Div", self, other)

    def __mod__(self, other: Operand) -> Value:
        return self.graph.node("Mod", self, other)

    def __lt__(self, other: Operand) -> Value:
        return self.graph.node("Less", self, other, dtype=np.bool_)

    def __ge__(self, other: Operand) -> Value:
        return self.graph.node("GreaterOrEqual", self, other, dtype=np.bool_)

    def __and__(self, other: Value) -> Value:
        return self.graph.node("And", self, other)

    def __or__(self, other: Value) -> Value:
        return self.graph.node("Or", self, other)

    def equals(self, other: Operand) -> Value:
        """Compare; `==` stays that of Python."""
        return self.graph.node("Equal", self, other, dtype=np.bool_)

    def as_type(self, dtype: npt.DTypeLike) -> Value:
        """Convert; floats become integers by truncation."""
        from onnx import helper  # only when something is exported

        wanted = np.dtype(dtype)
        return self.graph.node("Cast", self, dtype=wanted, to=helper.np_dtype_to_tensor_dtype(wanted))

    def floor(self) -> Value:
        """Round down, within the dtype."""
        return self.graph.node("Floor", self)

    def clip(self, low: Operand, high: Operand) -> Value:
        """Hold to low..high."""
        return self.graph.node("Clip", self, low, high)

    def at(self, *places: Operand) -> Value:
        """Return what stands at whole numbers, one for each of the first axes."""
        part = self
        for place in places:
            index = place if isinstance(place, Value) else self.graph.constant(place, np.int64)
            part = self.graph.node("Gather", part, index, axis=0)
        return part

    def reshape(self, *shape: int) -> Value:
        """Change the shape; -1 is what is left, 0 the side as it is."""
        return self.graph.node("Reshape", self, np.array(shape, dtype=np.int64))

    def unsqueeze(self, *axes: int) -> Value:
        """Insert axes of length 1."""
        return self.graph.node("Unsqueeze", self, np.array(axes))

    def side(self, axis: int) -> Value:
        """Return the length of an axis, a whole number."""
        return self.graph.node("Shape", self, dtype=np.int64, start=axis, end=axis + 1).reshape()

    def reduce(self, kind: str, *axes: int, keepdims: int = 1) -> Value:
        """Return the `Sum`, `Min`, `Max` or `Mean` along axes; along all of them if none is named."""
        return self.graph.node(f"Reduce{kind}", self, *([np.array(axes)] if axes else []), keepdims=keepdims)


Operand: TypeAlias = Value | float | npt.NDArray[Any]
Outputs: TypeAlias = Mapping[str, tuple[Value, Shape]]


class Graph:
    """Nodes in order and constants; the same calls make the same bytes."""

    def __init__(self, prefix: str = "augplug") -> None:
        """Start without nodes; names begin with `prefix`."""
        self._prefix, self._count = prefix, 0
        self._nodes: list[Any] = []
        self._constants: dict[tuple[str, tuple[int, ...], bytes], Any] = {}

    def constant(self, number: float | npt.NDArray[Any], dtype: npt.DTypeLike) -> Value:
        """Return a constant; equal ones are kept once."""
        from onnx import numpy_helper  # as above

        array = np.asarray(number, dtype=dtype)
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._constants:
            self._constants[key] = numpy_helper.from_array(array.copy(order="C"), self._name())
        return Value(self, self._constants[key].name, array.dtype)

    def node(self, kind: str, *operands: Operand, dtype: npt.DTypeLike | None = None, **attributes: Any) -> Value:
        """Add a node of one output, which has the dtype of its first operand unless another is named."""
        first = next(operand.dtype for operand in operands if isinstance(operand, Value))
        inputs = [self._operand(operand, first).name for operand in operands]
        made = Value(self, self._name(), np.dtype(dtype) if dtype is not None else first)
        self._nodes.append(_node(kind, inputs, [made], **attributes))
        return made

    def _operand(self, operand: Operand, dtype: np.dtype[Any]) -> Value:
        if isinstance(operand, Value):
            return operand
        return self.constant(operand, operand.dtype if isinstance(operand, np.ndarray) else dtype)

    def where(self, condition: Value, first: Value, second: Operand) -> Value:
        """Return the first where the condition holds, else the second."""
        return self.node("Where", condition, first, self._operand(second, first.dtype), dtype=first.dtype)

    def count(self, number: Value) -> Value:
        """Return 0, 1, ... up to a number, which is not in it."""
        return self.node("Range", 0, number, 1)

    def choose(self, condition: Value, then: Callable[[], Sequence[Value]], otherwise: Sequence[Value]) -> list[Value]:
        """Return what `then` makes if the condition holds, else `otherwise`; `then` runs only if it is needed."""
        branches = {"then_branch": self._body(then, []), "else_branch": self._body(lambda: otherwise, [])}
        made = [Value(self, self._name(), value.dtype) for value in otherwise]
        self._nodes.append(_node("If", [condition.name], made, **branches))
        return made

    def repeat(
        self, times: Value, body: Callable[[Value, Sequence[Value]], Sequence[Value]], state: Sequence[Value]
    ) -> list[Value]:
        """Return the state after this many runs of `body`, which takes the turn's number and the state."""
        turn, going = Value(self, self._name(), np.dtype(np.int64)), Value(self, self._name(), np.dtype(np.bool_))
        carried = [Value(self, self._name(), value.dtype) for value in state]
        graph = self._body(lambda: [going, *body(turn, carried)], [turn, going, *carried])
        made = [Value(self, self._name(), value.dtype) for value in state]
        self._nodes.append(_node("Loop", [times.name, "", *(value.name for value in state)], made, body=graph))
        return made

    def _body(self, make: Callable[[], Sequence[Value]], inputs: Sequence[Value]) -> Any:
        from onnx import helper  # as above

        outer, self._nodes = self._nodes, []
        outputs = [self.node("Identity", value) for value in make()]  # what a body returns is made in it
        nodes, self._nodes = self._nodes, outer
        # Those of a loop begin with the turn and the condition, which are scalars.
        takes = [_told(value, () if place < len(("turn", "going")) else None) for place, value in enumerate(inputs)]
        gives = [_told(value, () if inputs and place == 0 else None) for place, value in enumerate(outputs)]
        return helper.make_graph(nodes, self._name(), takes, gives)

    def _name(self) -> str:
        self._count += 1
        return f"{self._prefix}/{self._count}"

    def model(self, inputs: Inputs, outputs: Outputs, *, opset: int = OPSET, ir: int = IR) -> Any:
        """Return the checked model."""
        from onnx import checker, helper  # as above

        last = [helper.make_node("Identity", [value.name], [name]) for name, (value, _) in outputs.items()]
        takes = [_told(Value(self, name, np.dtype(dtype)), shape) for name, (dtype, shape) in inputs.items()]
        gives = [_told(Value(self, name, value.dtype), shape) for name, (value, shape) in outputs.items()]
        graph = helper.make_graph([*self._nodes, *last], "augplug", takes, gives, [*self._constants.values()])
        versions = {"opset_imports": [helper.make_opsetid("", opset)], "ir_version": ir}
        made = helper.make_model(graph, **versions, producer_name="augplug-onnx")
        checker.check_model(made, full_check=True)
        return made


def _node(kind: str, inputs: Sequence[str], outputs: Sequence[Value], **attributes: Any) -> Any:
    from onnx import helper  # as above

    return helper.make_node(kind, inputs, [value.name for value in outputs], **attributes)


def _told(value: Value, shape: Shape | None) -> Any:
    from onnx import helper  # as above

    return helper.make_tensor_value_info(value.name, helper.np_dtype_to_tensor_dtype(value.dtype), shape)
