"""The draws of many images at once: a column of numbers for each field of each step. They are the numbers of `draw`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from augplug._pipeline.compile import BlendDraw, NodeDraw, OneOfDraw, SequenceDraw, SomeOfDraw, StepDraw
from augplug._pipeline.items import Drawn
from augplug.distributions import Distribution
from augplug.ops.base import Operation
from augplug.rng import WORD, Rows, RowStreams, Streams, pick, pick_rows


@dataclass(frozen=True, eq=False)
class StepColumns:
    """A step as it was drawn for some images: their `rows`, ascending, and one array `(N,)` for each drawn field."""

    step: StepDraw
    rows: Rows
    drawn: dict[str, npt.NDArray[np.float64]]

    def operations(self, places: Rows | None = None) -> list[Drawn]:
        """Return the operation of each row, or of the rows at some places."""
        return [self.step.of(values) for values in self._values(places)]

    def new_operations(self, places: Rows) -> list[Operation]:
        """Return the operation of the rows at some places, of which none is kept."""
        return [self.step.made(values) for values in self._values(places)]

    def _values(self, places: Rows | None) -> Iterable[tuple[float, ...]]:
        columns = [column if places is None else column[places] for column in self.drawn.values()]
        count = len(self.rows) if places is None else len(places)
        return zip(*(column.tolist() for column in columns), strict=True) if columns else [()] * count


def _draw(node: NodeDraw, streams: Streams, rows: Rows, drawn: list[StepColumns]) -> None:
    """Append what the streams of some rows draw from a node; the order of the list is that of the steps on each row."""
    if isinstance(node, StepDraw):
        if node.below < WORD:
            rows = rows[streams.words(rows) < np.uint64(node.below)]
        if rows.size:
            view = streams.of(rows)
            drawn.append(StepColumns(node, rows, {name: by.draw_rows(view) for name, by in node.chances.items()}))
    elif isinstance(node, SequenceDraw):
        for child in node.children:
            _draw(child, streams, rows, drawn)
    elif isinstance(node, OneOfDraw):
        view = streams.of(rows)
        chosen = view.below(len(node.children)) if node.weights is None else pick_rows(node.weights, view)
        _draw_chosen(node.children, chosen, streams, rows, drawn)
    else:
        assert isinstance(node, SomeOfDraw)  # noqa: S101  # whoever asks for columns has asked `blends` before
        _draw_some(node, streams, rows, drawn)


def _draw_some(some: SomeOfDraw, streams: Streams, rows: Rows, drawn: list[StepColumns]) -> None:
    children, node = some
    weights = node.weights or (1.0,) * len(children)
    view = streams.of(rows)
    numbers = node.n.draw_rows(view) if isinstance(node.n, Distribution) else np.full(len(rows), node.n)
    left = np.tile(weights, (len(rows), 1))  # without replacement: what each row may still choose
    for turn in range(int(numbers.max(initial=0))):
        still = np.flatnonzero(numbers > turn)
        view = streams.of(rows[still])
        if node.replacement:
            chosen = view.below(len(children)) if node.weights is None else pick_rows(weights, view)
        else:
            chosen = _pick_each(left[still].tolist(), view)
            left[still, chosen] = 0.0
        _draw_chosen(children, chosen, streams, rows[still], drawn)


def _pick_each(weights: list[list[float]], view: RowStreams) -> Rows:
    """Return what `pick` returns for each row, by weights of its own."""
    lists = iter(weights)
    return np.array(view.each(lambda stream: pick(next(lists), stream)), np.intp)


def _draw_chosen(
    children: Sequence[NodeDraw], chosen: Rows, streams: Streams, rows: Rows, drawn: list[StepColumns]
) -> None:
    for number, child in enumerate(children):
        own = rows[chosen == number]
        if own.size:
            _draw(child, streams, own, drawn)


def draw_columns(node: NodeDraw, digest: bytes, keys: Sequence[bytes], blocks: int) -> tuple[list[StepColumns], int]:
    """Return what the streams of these keys draw from a node without blends, and the blocks of words that they took."""
    streams, drawn = Streams(digest, keys, blocks), list[StepColumns]()
    _draw(node, streams, np.arange(len(keys)), drawn)
    return drawn, streams.blocks


def blends(node: NodeDraw) -> bool:
    """Return True if there is a blend below a node, whose chains have no columns."""
    return isinstance(node, BlendDraw) or (not isinstance(node, StepDraw) and any(map(blends, node.children)))
