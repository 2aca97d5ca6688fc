"""The exporter `executorch`: a .pte file for PyTorch's runtime on phones, which took the place of FRITZ."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from augplug import ExportError, Image, InputSpec, Plan, Policy
from augplug_phones.exporter import PhoneExporter
from augplug_phones.program import Program, Value


class ExecuTorch(PhoneExporter):
    """A draw, or a draw in front of a classifier, as an ExecuTorch program for the CPU, by way of XNNPACK."""

    suffix = ".pte"
    method = "forward"

    def export(self, source: Policy | Plan, spec: InputSpec) -> Mapping[str, bytes]:
        """Return the program. Raises ExportError that names what it cannot hold."""
        program, _ = self.assembled(source, spec)
        try:
            import torch  # only when something is exported
            from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
            from executorch.exir import to_edge_transform_and_lower
        except ImportError as error:
            raise ExportError("ExecuTorch is not installed: pip install 'augplug-phones[executorch]'") from error
        image = torch.zeros(program.shape, dtype=torch.uint8)
        captured = torch.export.export(as_module(program), (image,), strict=False)
        lowered = to_edge_transform_and_lower(captured, partitioner=[XnnpackPartitioner()])
        return {f"model{self.suffix}": bytes(lowered.to_executorch().buffer)}

    def run(self, files: Mapping[str, bytes], image: Image, plan: Plan) -> Image:
        """Return what ExecuTorch's runtime makes of an image `(H, W, C)`."""
        import torch  # only when a model is run
        from executorch.runtime import Runtime

        del plan  # its numbers are in the model
        (content,) = files.values()
        program = Runtime.get().load_program(content)
        (made,) = program.load_method(self.method).execute((torch.from_numpy(image.copy())[None],))
        given: Image = made.numpy()[0]
        return given


def as_module(program: Program) -> Any:
    """Return a program as a module of torch; its constants are buffers."""
    import torch  # as above

    class Steps(torch.nn.Module):
        """The steps of a program."""

        def __init__(self) -> None:
            super().__init__()
            for value in constants_of(program):
                self.register_buffer(f"constant_{value.number}", torch.from_numpy(np.array(value.array)))

        def forward(self, image: Any) -> Any:
            """Return the result for a batch of one image."""
            kept = dict(self.named_buffers())
            known = {0: image} | {value.number: kept[f"constant_{value.number}"] for value in constants_of(program)}
            for step in program.steps:
                taken = [known[value.number] for value in step.operands]
                known[step.result.number] = _computed(torch, step.name, taken, step.settings)
            return known[program.result.number]

    return Steps().eval()


def constants_of(program: Program) -> list[Value]:
    """Return the constants of a program."""
    return [value for step in program.steps for value in step.operands if value.array is not None]


def _computed(library: Any, kind: str, taken: Sequence[Any], settings: Mapping[str, Any]) -> Any:
    """Return the result of one operation on tensors."""
    first, *rest = taken
    dtypes = {"float32": library.float32, "int32": library.int32, "uint8": library.uint8}
    functions: Mapping[str, Callable[[], Any]] = {
        "add": lambda: first + rest[0],
        "sub": lambda: first - rest[0],
        "mul": lambda: first * rest[0],
        "div": lambda: first / rest[0],
        "maximum": lambda: library.maximum(first, rest[0]),
        "minimum": lambda: library.minimum(first, rest[0]),
        "matmul": lambda: library.matmul(first, rest[0]),
        "floor": lambda: library.floor(first),
        "exp": lambda: library.exp(first),
        "sqrt": lambda: library.sqrt(first),
        "softmax": lambda: library.softmax(first, dim=-1),
        "gather": lambda: _rows(library, first, rest[0]),
        "transpose": lambda: first.permute(settings["axes"]),
        "reshape": lambda: first.reshape(settings["shape"]),
        "sum": lambda: first.sum(dim=settings["axis"], keepdim=True),
        "concat": lambda: library.cat([*taken], dim=settings["axis"]),
        "cast": lambda: first.to(dtypes[settings["dtype"]]),
    }
    return functions[kind]()


def _rows(library: Any, table: Any, places: Any) -> Any:
    """Return rows of a table by indices of any shape."""
    return library.index_select(table, 0, places.reshape(-1)).reshape(*places.shape, *table.shape[1:])
