"""What the benchmarks share: CPU time, contenders interleaved, medians with their spread, a table for people.

Times are those of `time.thread_time`: what this thread computed, whoever else was busy on the machine. Contenders take
turns in every round, so that a slow moment hits all of them, and ratios are medians of ratios within a round.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

ROUNDS = 9
Times: TypeAlias = Mapping[str, Sequence[float]]
"""Seconds of each contender, one a round."""


@dataclass(frozen=True)
class Spread:
    """A median, and the quarter and three quarter points around it."""

    median: float
    low: float
    high: float

    def scaled(self, factor: float) -> Spread:
        """Return the same in other units."""
        return Spread(self.median * factor, self.low * factor, self.high * factor)

    def __str__(self) -> str:
        """Three digits, and the spread."""
        return f"{digits(self.median)} ({digits(self.low)}-{digits(self.high)})"


def digits(value: float) -> str:
    """Return three digits of a figure, all of them where it has more before the point."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def spread(values: Sequence[float]) -> Spread:
    """Return the median and the spread of some figures."""
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(statistics.median(values), low, high)


def race(
    contenders: Mapping[str, Callable[[int], object]],
    passes: int = 1,
    rounds: int = ROUNDS,
    clock: Callable[[], float] = time.thread_time,
) -> Times:
    """Return the seconds of one call of each contender, by round, on a clock: `time.perf_counter` sees other threads.

    In a round each contender is called `passes` times on end, with numbers that go on from round to round. Round 0
    warms up and is not counted. The order turns from round to round.
    """
    names = list(contenders)
    times: dict[str, list[float]] = {name: [] for name in names}
    gc.freeze()  # what is there already need not be gone through before every turn
    for number in range(rounds + 1):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            taken = _timed(contenders[name], range(number * passes, (number + 1) * passes), clock)
            if number:
                times[name].append(taken)
    gc.unfreeze()
    return times


def _timed(contender: Callable[[int], object], numbers: Sequence[int], clock: Callable[[], float]) -> float:
    gc.collect()
    gc.disable()
    try:
        start = clock()
        for number in numbers:
            contender(number)
        return (clock() - start) / len(numbers)
    finally:
        gc.enable()


def ratio(times: Times, above: str, below: str) -> Spread:
    """Return the median of the ratio of two contenders, pair by pair."""
    return spread([a / b for a, b in zip(times[above], times[below], strict=True)])


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return rows as text in columns that line up."""
    lines = [[str(cell) for cell in line] for line in (head, *rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = [[cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines]
    return "\n".join("  ".join(line).rstrip() for line in padded)
