"""A program as a LiteRT file: operators, tensors and buffers of a flatbuffer, by the schema in LiteRT's own wheel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from augplug_phones.program import Program, Step, Value

_ALIGNMENT = 16
_OPERATOR, _OPTIONS = schema.BuiltinOperator, schema.BuiltinOptions
_OPERATORS: Mapping[str, tuple[int, int, Any]] = {
    "add": (_OPERATOR.ADD, _OPTIONS.AddOptions, schema.AddOptionsT),
    "sub": (_OPERATOR.SUB, _OPTIONS.SubOptions, schema.SubOptionsT),
    "mul": (_OPERATOR.MUL, _OPTIONS.MulOptions, schema.MulOptionsT),
    "div": (_OPERATOR.DIV, _OPTIONS.DivOptions, schema.DivOptionsT),
    "maximum": (_OPERATOR.MAXIMUM, _OPTIONS.MaximumMinimumOptions, schema.MaximumMinimumOptionsT),
    "minimum": (_OPERATOR.MINIMUM, _OPTIONS.MaximumMinimumOptions, schema.MaximumMinimumOptionsT),
    "floor": (_OPERATOR.FLOOR, _OPTIONS.NONE, None),
    "exp": (_OPERATOR.EXP, _OPTIONS.ExpOptions, schema.ExpOptionsT),
    "sqrt": (_OPERATOR.SQRT, _OPTIONS.NONE, None),
    "softmax": (_OPERATOR.SOFTMAX, _OPTIONS.SoftmaxOptions, schema.SoftmaxOptionsT),
    "matmul": (_OPERATOR.FULLY_CONNECTED, _OPTIONS.FullyConnectedOptions, schema.FullyConnectedOptionsT),
    "gather": (_OPERATOR.GATHER, _OPTIONS.GatherOptions, schema.GatherOptionsT),
    "transpose": (_OPERATOR.TRANSPOSE, _OPTIONS.TransposeOptions, schema.TransposeOptionsT),
    "reshape": (_OPERATOR.RESHAPE, _OPTIONS.ReshapeOptions, schema.ReshapeOptionsT),
    "sum": (_OPERATOR.SUM, _OPTIONS.ReducerOptions, schema.ReducerOptionsT),
    "concat": (_OPERATOR.CONCATENATION, _OPTIONS.ConcatenationOptions, schema.ConcatenationOptionsT),
    "cast": (_OPERATOR.CAST, _OPTIONS.CastOptions, schema.CastOptionsT),
}
_TYPES = {
    "float32": schema.TensorType.FLOAT32,
    "int32": schema.TensorType.INT32,
    "uint8": schema.TensorType.UINT8,
}
_AS_TENSORS = {"transpose": ["axes"], "reshape": ["shape"], "sum": ["axis"]}
"""Settings that are tensors beside the operands."""
_LEFT_OUT = -1
"""In the place of a tensor that an operator may have and has not."""
_OLD_CODES = 127
"""Numbers of operators up to this one stand in an older field too, which older readers look at."""


class _Builder(flatbuffers.Builder):
    """Puts arrays where the schema wants them."""

    # pylint: disable-next=invalid-name  # flatbuffers' names
    def StartVector(self, elemSize: int, numElems: int, alignment: int) -> Any:  # noqa: N802, N803  # the same
        """Start a vector; bytes are the contents of tensors, which kernels read 16 bytes at a time."""
        return super().StartVector(elemSize, numElems, _ALIGNMENT if elemSize == 1 else alignment)


class FlatModel:
    """A LiteRT model under construction: one graph from `image` to its result."""

    def __init__(self) -> None:
        """Start with the empty buffer that every model has."""
        self._operators: list[Any] = []
        self._tensors: list[Any] = []
        self._buffers: list[Any] = [schema.BufferT()]
        self._metadata: list[Any] = []
        self._codes: list[Any] = []
        self._known: dict[str, int] = {}
        self._numbers: dict[int, int] = {}
        self._result = 0

    def add(self, program: Program, output: str) -> None:
        """Add a program, from `image` to `output`."""
        self._tensor(program.image, "image")
        for step in program.steps:
            self._add_step(step, output if step.result is program.result else step.name)
        self._result = self._numbers[program.result.number]

    def append(self, network: Any, output: str) -> None:
        """Add a model with one graph, which takes the result so far and gives `output`."""
        graph = network.subgraphs[0]
        taken, given = int(graph.inputs[0]), int(graph.outputs[0])
        kept = [number for number in range(len(graph.tensors)) if number != taken]
        places = {number: len(self._tensors) + place for place, number in enumerate(kept)}
        places |= {taken: self._result, _LEFT_OUT: _LEFT_OUT}
        for number in kept:
            name = output if number == given else graph.tensors[number].name
            self._tensors.append(_moved_tensor(graph.tensors[number], len(self._buffers), name))
        self._operators += [_moved_operator(operator, len(self._codes), places) for operator in graph.operators]
        self._buffers += network.buffers
        self._codes += network.operatorCodes
        self._result = places[given]

    def add_metadata(self, name: str, content: bytes) -> None:
        """Add bytes under a name."""
        self._metadata.append(schema.MetadataT(name, self._buffer(content)))

    def finished(self, description: str) -> bytes:
        """Return the file."""
        ends = 0, self._result
        taken, given = ([schema.TensorMapT(self._tensors[number].name, number)] for number in ends)
        graph = schema.SubGraphT(self._tensors, [ends[0]], [ends[1]], self._operators, "main")
        signature = schema.SignatureDefT(taken, given, "serving_default", 0)
        model = schema.ModelT(
            3, self._codes, [graph], description, self._buffers, metadata=self._metadata, signatureDefs=[signature]
        )
        builder = _Builder(1 << 20)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    def _add_step(self, step: Step, name: str) -> None:
        number, kind, options = _OPERATORS[step.name]
        operands = [self._tensor(value, f"{name}/{place}") for place, value in enumerate(_as_here(step))]
        for setting in _AS_TENSORS.get(step.name, ()):
            numbers = np.array(step.settings[setting], np.int32).reshape(-1)
            operands += [self._new(numbers.shape, "int32", self._buffer(numbers.tobytes()), f"{name}/{setting}")]
        result = self._tensor(step.result, name)
        chosen = None if options is None else _filled(options, step)
        if step.name not in self._known:
            self._known[step.name] = len(self._codes)
            self._codes.append(schema.OperatorCodeT(min(number, _OLD_CODES), builtinCode=number))
        operator = schema.OperatorT(
            self._known[step.name], operands, [result], builtinOptionsType=kind, builtinOptions=chosen
        )
        self._operators.append(operator)

    def _tensor(self, value: Value, name: str) -> int:
        """Return the number of a value's tensor."""
        if value.number not in self._numbers:
            buffer = 0 if value.array is None else self._buffer(value.array.tobytes())
            self._numbers[value.number] = self._new(value.shape, value.dtype, buffer, name)
        return self._numbers[value.number]

    def _new(self, shape: tuple[int, ...], dtype: str, buffer: int, name: str) -> int:
        self._tensors.append(schema.TensorT(np.array(shape, np.int32), _TYPES[dtype], buffer, name, hasRank=True))
        return len(self._tensors) - 1

    def _buffer(self, content: bytes) -> int:
        self._buffers.append(schema.BufferT(np.frombuffer(bytes(content), np.uint8)))
        return len(self._buffers) - 1


def _moved_tensor(tensor: Any, buffers: int, name: str) -> Any:
    """Return a tensor of another model, whose buffers follow `buffers` others."""
    about = tensor.quantization, tensor.isVariable, tensor.sparsity, tensor.shapeSignature, tensor.hasRank
    return schema.TensorT(tensor.shape, tensor.type, tensor.buffer + buffers, name, *about, tensor.variantTensors)


def _moved_operator(operator: Any, codes: int, places: Mapping[int, int]) -> Any:
    """Return an operator of another model, whose codes follow `codes` others; `places` are its tensors' new ones."""
    inputs, outputs, within = (
        [places[int(number)] for number in (() if numbers is None else numbers)]
        for numbers in (operator.inputs, operator.outputs, operator.intermediates)
    )
    return schema.OperatorT(
        operator.opcodeIndex + codes,
        inputs,
        outputs,
        operator.builtinOptionsType,
        operator.builtinOptions,
        operator.customOptions,
        operator.customOptionsFormat,
        operator.mutatingVariableInputs,
        within,
        builtinOptions2Type=operator.builtinOptions2Type,
        builtinOptions2=operator.builtinOptions2,
    )


def _as_here(step: Step) -> Iterator[Value]:
    """Yield the operands as LiteRT has them: the matrix of a product is `(N, K)`."""
    for value in step.operands:
        if step.name == "matmul" and value.array is not None:
            turned = np.ascontiguousarray(value.array.T)
            yield Value(value.number, turned.shape, value.dtype, turned)
        else:
            yield value


def _filled(options: Any, step: Step) -> Any:
    """Return the options of an operator."""
    settings: Mapping[str, Mapping[str, Any]] = {
        "matmul": {"keepNumDims": True},
        "softmax": {"beta": 1.0},
        "sum": {"keepDims": True},
        "concat": {"axis": step.settings.get("axis")},
        "cast": {"inDataType": _TYPES[step.operands[0].dtype], "outDataType": _TYPES[step.result.dtype]},
    }
    return options(**settings.get(step.name, {}))
