"""The found policy beside every fixed policy: scores on the test images, and differences with their intervals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Any, TypeAlias

from augplug.report.dots import Dots, dot_plot
from augplug.report.markup import Safe, joined, tag
from augplug.report.parts import figure, percent, points, table
from augplug.report.run import Run

Interval: TypeAlias = tuple[float, float]
NAMES = {"none": "no augmentation"}
"""How fixed policies are called where their name says too little."""


@dataclass(frozen=True)
class Standing:
    """A fixed policy: its test `score`, and the found policy's score minus it. None is what a run does not have."""

    name: str
    score: float
    interval: Interval | None
    difference: float | None
    difference_interval: Interval | None

    @property
    def reading(self) -> str:
        """What the interval of the difference says."""
        if self.difference_interval is None:
            return ""
        low, high = self.difference_interval
        return "found is better" if low > 0 else "found is worse" if high < 0 else "not shown to differ"


def standings(result: Mapping[str, Any]) -> list[Standing]:
    """Return the fixed policies that were compared, best score first.

    Of runs of formats 1 and 2 these are no augmentation and, of format 2, `hand-made`; their differences are gains.
    """
    if "comparisons" in result:
        found = [
            Standing(
                name,
                one["test_score"],
                _pair(one["test_score_interval"]),
                one["difference"],
                _pair(one["difference_interval"]),
            )
            for name, one in result["comparisons"].items()
        ]
        return sorted(found, key=lambda one: -one.score)
    gained = (result["gains_mean"], _pair(result["gains_interval"]))
    old = [Standing("none", result["baseline_test_score"], _pair(result["baseline_test_score_interval"]), *gained)]
    if result.get("hand_made_test_score") is not None:
        bounds = _pair(result["hand_made_test_score_interval"])
        old.append(Standing("hand-made", result["hand_made_test_score"], bounds, None, None))
    return sorted(old, key=lambda one: -one.score)


def _pair(bounds: Any) -> Interval | None:
    return None if bounds is None else (bounds[0], bounds[1])


def called(name: str) -> str:
    """Return what the report says for the name of a fixed policy."""
    return NAMES.get(name, name)


def found_name(result: Mapping[str, Any]) -> str:
    """Return what the run's policy is called: found, or the fixed one that was kept."""
    kept = result.get("kept_baseline")
    return "the found policy" if kept is None else f"{called(kept)}, kept"


def score_name(result: Mapping[str, Any]) -> str:
    """Return what a score is called: where it is balanced, it says so."""
    return "score (average over classes)" if result["settings"].get("balanced") else "score"


def standing_section(run: Run) -> Safe:
    """Return the chart and the table of scores and differences, and what could not be compared."""
    result = run.result
    if result["test_score"] is None:
        return Safe()
    others = [one for one in standings(result) if one.name != result.get("kept_baseline")]
    said = (
        f"The {score_name(result)} of each policy with its 95 % interval. Points are percentage points. A difference "
        "is the found policy's score minus the fixed policy's. It is shown where its interval does not hold 0; of "
        "twenty intervals at 95 % one is wrong by chance."
    )
    missing = result.get("missing", ())
    told = [tag("p", f"Not compared, because an evaluation failed: {', '.join(missing)}.")] if missing else []
    head = ("policy", score_name(result), "95 % interval", "difference", "95 % interval", "what it says")
    return joined(
        figure("Beside every fixed policy", _chart(run, others), said),
        tag("div", table(head, _rows(result, others)), class_="scrolled"),
        *told,
    )


def _rows(result: Mapping[str, Any], others: list[Standing]) -> Iterator[tuple[object, ...]]:
    bounds = _pair(result["test_score_interval"])
    yield tag("b", found_name(result)), percent(result["test_score"]), _span(bounds), "", "", ""
    for one in others:
        best = " (best by validation)" if one.name == result.get("best_baseline") else ""
        yield (
            f"{called(one.name)}{best}",
            percent(one.score),
            _span(one.interval),
            "" if one.difference is None else points(one.difference),
            "" if one.difference_interval is None else _signed(one.difference_interval),
            one.reading,
        )


def _span(bounds: Interval | None) -> str:
    return "" if bounds is None else f"{100 * bounds[0]:.2f} to {100 * bounds[1]:.2f}\N{NO-BREAK SPACE}%"


def _signed(bounds: Interval) -> str:
    return f"{100 * bounds[0]:+.2f} to {100 * bounds[1]:+.2f}"


def _chart(run: Run, others: list[Standing]) -> Safe:
    result = run.result
    score = result["test_score"]
    rows = [
        Dots(found_name(result), (score, f"{score:.4f}"), _pair(result["test_score_interval"])),
        *(Dots(called(one.name), (one.score, f"{one.score:.4f}"), one.interval, style="plain") for one in others),
    ]
    return dot_plot(rows, f"{score_name(result)} on the test images", rows_name="policy")


def race_section(run: Run) -> Safe:
    """Return the race as a table, in the order in which it ended."""
    race = run.result.get("race")
    if not race:
        return Safe()
    first = race[0]["rewards"]
    rows = [
        (
            place,
            called(one["name"]) if one["baseline"] else _proposed(one),
            "fixed" if one["baseline"] else "search",
            len(one["rewards"]),
            f"{fmean(one['rewards']):.4f}" if one["rewards"] else "failed",
            f"{fmean(one['accuracies']):.4f}" if one["accuracies"] else "",
            _behind(first, one["rewards"]) if place > 1 else "",
        )
        for place, one in enumerate(race, 1)
    ]
    head = ("place", "policy", "from", "cells", "reward", "accuracy", "behind the first, in the same cells")
    told = (
        "The best proposals of the search and all fixed policies ran in the same fresh cells; after each round the "
        "better ones went on, and the first is the policy of this run. A policy that ran in more cells ranks before "
        "those that dropped out. Rewards of different numbers of cells are not comparable; the last column is."
    )
    return joined(
        tag("h2", "The race"),
        tag("p", told, class_="soft"),
        tag("div", table(head, rows), class_="scrolled"),
    )


def _proposed(entrant: Mapping[str, Any]) -> str:
    return "several trials joined" if entrant["name"] == "joined" else str(entrant["name"])


def _behind(first: list[float], mine: list[float]) -> str:
    shared = [one - other for one, other in zip(first, mine, strict=False)]
    return f"{fmean(shared):.4f}" if shared else ""
