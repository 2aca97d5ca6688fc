"""What the race of the operations found: its tables, and the bars that were set for them beforehand."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.reporting import Bar, Table
from benchmarks.timing import digits, ratio, spread

LIMIT = "OpenCV"
NUMBA = "ours on numba"
SLOWEST = 0.95
"""The least part of the best peer's speed that every operation has, ..."""
MEAN = 1.5
"""... the least geometric mean over all of them, ..."""
FASTER = {"ElasticTransform": 3.0, "GridDistortion": 3.0}
"""... and the least of these."""
OVERHEAD = 5.0
"""Microseconds that Identity may take more than a copy, at every size."""
WITHIN = {("HorizontalFlip", 224): 1.5, ("Rotate nearest", 224): 1.1, ("Rotate linear", 224): 1.1}
"""The most that these may take, in bare OpenCV calls."""


@dataclass(frozen=True)
class Contest:
    """One operation at one size: microseconds a call of each contender, one figure a round."""

    name: str
    size: int
    micros: Mapping[str, Sequence[float]]

    @property
    def peers(self) -> list[str]:
        """Everybody but ours and the limit, the quickest first."""
        return sorted((name for name in self.micros if name not in ("ours", NUMBA, LIMIT)), key=self.median)

    def median(self, name: str) -> float:
        """Return microseconds a call."""
        return statistics.median(self.micros[name])

    def gain(self, mine: str = "ours") -> float:
        """Return the best peer's time over ours."""
        return ratio(self.micros, self.peers[0], mine).median

    @property
    def over_limit(self) -> float:
        """Our time over that of the bare call."""
        return ratio(self.micros, "ours", LIMIT).median

    @property
    def overhead(self) -> float:
        """Our time minus that of the bare call, in microseconds."""
        pairs = zip(self.micros["ours"], self.micros[LIMIT], strict=True)
        return statistics.median([mine - bare for mine, bare in pairs])


def judged(contests: Sequence[Contest]) -> tuple[list[Table], list[Bar]]:
    """Return the tables and the bars; what is slower than the best peer comes first."""
    raced = sorted((one for one in contests if one.peers), key=Contest.gain)
    slower = [one for one in raced if one.gain() < 1]
    libraries = list(dict.fromkeys(name for one in contests for name in one.peers))
    tables = [
        Table("Slower than the best peer", *_compared(slower, libraries)),
        *(_table(contests, size, libraries) for size in dict.fromkeys(one.size for one in contests)),
    ]
    return [table for table in tables if table.rows], bars(contests)


def _table(contests: Sequence[Contest], size: int, libraries: Sequence[str]) -> Table:
    head, rows = _compared([one for one in contests if one.size == size], libraries)
    return Table(f"Every operation at {size}", head, rows, "-: has nothing that does the same work.")


def _compared(contests: Sequence[Contest], libraries: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    head = ["operation", "size", LIMIT, "ours", "best peer / ours", "ours / OpenCV", NUMBA, *libraries]
    rows = []
    for one in contests:
        gain = str(ratio(one.micros, one.peers[0], "ours")) if one.peers else "no peer"
        over = digits(one.over_limit) if LIMIT in one.micros else "-"
        others = [digits(one.median(name)) if name in one.micros else "-" for name in (NUMBA, *libraries)]
        limit = digits(one.median(LIMIT)) if LIMIT in one.micros else "-"
        rows.append([one.name, str(one.size), limit, str(spread(one.micros["ours"])), gain, over, *others])
    return head, rows


def bars(contests: Sequence[Contest]) -> list[Bar]:
    """Return the bars."""
    raced = [one for one in contests if one.peers]
    found = [*_against_peers(raced, "ours"), *_against_peers([one for one in raced if NUMBA in one.micros], NUMBA)]
    for name, least in FASTER.items():
        gains = {str(one.size): one.gain() for one in raced if one.name == name}
        if gains:
            met = min(gains.values()) >= least
            found.append(Bar(f"{name}: best peer / ours", f">= {least:g}", _said(gains), met))
    return found + _against_the_limit([one for one in contests if LIMIT in one.micros])


def _against_peers(raced: Sequence[Contest], mine: str) -> list[Bar]:
    """Return the bars of all operations that are raced by `mine`."""
    found = []
    for size in dict.fromkeys(one.size for one in raced):
        here = {one.name: one.gain(mine) for one in raced if one.size == size}
        low = {name: gain for name, gain in here.items() if gain < SLOWEST} or _lowest(here)
        every = "every operation" if mine == "ours" else "every operation that numba compiles"
        what = f"{every} at {size}: best peer / {mine}"
        found.append(Bar(what, f">= {SLOWEST:g}", _said(low), min(here.values()) >= SLOWEST))
    if raced:
        mean = statistics.geometric_mean([one.gain(mine) for one in raced])
        said = f"{mean:.2f} over {len(raced)} contests"
        found.append(Bar(f"geometric mean of best peer / {mine}", f">= {MEAN:g}", said, mean >= MEAN))
    return found


def _against_the_limit(contests: Sequence[Contest]) -> list[Bar]:
    found = []
    overheads = {str(one.size): one.overhead for one in contests if one.name == "Identity"}
    if overheads:
        what = "Identity through an Augmenter minus x.copy(), microseconds"
        found.append(Bar(what, f"< {OVERHEAD:g}", _said(overheads), max(overheads.values()) < OVERHEAD))
    for one in contests:
        most = WITHIN.get((one.name, one.size))
        if most is not None:
            what = f"{one.name} at {one.size}: ours / the bare OpenCV call"
            found.append(Bar(what, f"<= {most:g}", f"{one.over_limit:.2f}", one.over_limit <= most))
    return found


def _lowest(gains: Mapping[str, float]) -> dict[str, float]:
    name = min(gains, key=lambda key: gains[key])
    return {f"lowest: {name}": gains[name]}


def _said(figures: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.2f}" for name, value in figures.items())
