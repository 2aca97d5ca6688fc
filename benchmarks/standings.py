"""What the race of the policies found: its tables, and the bars that were set for them beforehand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.photographs import NATIVE
from benchmarks.reporting import Bar, Table
from benchmarks.timing import Spread, ratio, spread

OURS = ("kernel sum", "ours", "batch", "numba")
WITHIN = {32: 3.0, 224: 1.25, 512: 1.25}
"""The most that ours may take, in kernel sums, by size."""
FASTER = {
    (32, "nearest"): 4.0,
    (32, "linear"): 4.0,
    (224, "nearest"): 1.5,
    (224, "linear"): 2.0,
    (512, "nearest"): 1.0,
    (512, "linear"): 1.5,
}
"""The least that the best peer takes, in times ours, by size and interpolation of AutoAugment's tables."""


@dataclass(frozen=True)
class Race:
    """One policy at one size: microseconds an image of each contender, one figure a round."""

    policy: str
    interpolation: str
    size: int
    micros: Mapping[str, Sequence[float]]

    @property
    def peers(self) -> list[str]:
        """Everybody but ours and the yardstick, the quickest first."""
        return sorted((name for name in self.micros if name not in OURS), key=lambda name: self.median(name).median)

    @property
    def libraries(self) -> list[str]:
        """The peers that draw for themselves, the quickest first."""
        return [name for name in self.peers if name != "Pillow"]

    def median(self, name: str) -> Spread:
        """Return microseconds an image."""
        return spread(self.micros[name])

    def ratio(self, above: str, below: str) -> Spread:
        """Return the median of the ratios within a round."""
        return ratio(self.micros, above, below)

    @property
    def place(self) -> tuple[str, str, str]:
        """Policy, interpolation and size, for people."""
        return self.policy, self.interpolation, "native" if self.size == NATIVE else str(self.size)


def standings(races: Sequence[Race]) -> tuple[list[Table], list[Bar]]:
    """Return the tables and the bars."""
    head = ("policy", "interpolation", "size")
    first = Table(
        "Kernel sum, ours and the best peer, microseconds an image",
        (*head, "kernel sum", "ours", "ours / kernel sum", "batch", "numba", "best peer", "", "best peer / ours"),
        [(*race.place, *_first(race)) for race in races],
        "Median (quartiles) over rounds; ratios are within a round.",
    )
    second = Table(
        "The best library that draws for itself, as ours does",
        (*head, "library", "microseconds", "library / ours", "library / batch"),
        [(*race.place, *_second(race)) for race in races if race.libraries],
    )
    names = list(dict.fromkeys(name for race in races for name in race.peers))
    third = Table(
        "Every peer, microseconds an image",
        (*head, "ours", *names),
        [(*race.place, *(_median(race, name) for name in ("ours", *names))) for race in races],
        "-: not raced; why is said under what was skipped.",
    )
    return [first, second, third], bars(races)


def _first(race: Race) -> list[str]:
    best = race.peers[0]
    figures = [race.median("kernel sum"), race.median("ours"), race.ratio("ours", "kernel sum")]
    others = [_median(race, name) for name in ("batch", "numba")]
    return [*map(str, figures), *others, best, str(race.median(best)), str(race.ratio(best, "ours"))]


def _second(race: Race) -> list[str]:
    best = race.libraries[0]
    batch = str(race.ratio(best, "batch")) if "batch" in race.micros else "-"
    return [best, str(race.median(best)), str(race.ratio(best, "ours")), batch]


def _median(race: Race, name: str) -> str:
    return str(race.median(name)) if name in race.micros else "-"


def bars(races: Sequence[Race]) -> list[Bar]:
    """Return the bars for the tables of AutoAugment: each table must meet its own."""
    found = []
    for (size, way), least in FASTER.items():
        tables = [race for race in races if (race.size, race.interpolation) == (size, way) and "auto" in race.policy]
        if not tables:
            continue
        where = f"AutoAugment at {size}, {way}"
        most = WITHIN[size]
        for name in ("ours", "numba"):
            if any(name not in race.micros for race in tables):
                continue
            who = "ours" if name == "ours" else "ours on the backend numba"
            costs = {race.policy: race.ratio(name, "kernel sum").median for race in tables}
            gains = {race.policy: race.ratio(race.peers[0], name).median for race in tables}
            found.append(Bar(f"{where}: {who} / kernel sum", f"<= {most:g}", _said(costs), max(costs.values()) <= most))
            found.append(
                Bar(f"{where}: best peer / {who}", f">= {least:g}", _said(gains), min(gains.values()) >= least)
            )
    return found


def _said(ratios: Mapping[str, float]) -> str:
    return ", ".join(f"{name.removeprefix('autoaugment-')} {value:.2f}" for name, value in ratios.items())
