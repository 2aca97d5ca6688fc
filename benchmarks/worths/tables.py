"""The tables of benchmarks/worth.py, with the bars that were set for them beforehand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import Any

from augplug._search.intervals import interval
from augplug.cli.output import table
from benchmarks.worths.controls import PLANTED
from benchmarks.worths.searches import Row, against

BARS: dict[str, dict[str, tuple[float, bool]]] = {
    "digits": {"none": (0.036, False), "hand-made": (0.007, True), "best_published": (0.017, True)},
    "fashion": {"none": (0.024, False), "hand-made": (0.006, True), "best_published": (0.005, True)},
    "cifar": {
        "none": (0.044, False),
        "hand-made": (0.018, True),
        "best_published": (0.005, False),
        "flip-crop": (-0.005, False),
    },
    "photographs": {"none": (0.035, False), "hand-made": (0.015, True)},
}
"""Of each set: what the found policy gains at least over another, and whether the interval lies above 0."""
OTHERS = ("none", "hand-made", "best_published", "flip-crop", "best_baseline", "best_by_test")
Rows = Sequence[tuple[Any, Row]]


def print_tables(rows: Rows) -> None:
    """Print what there is."""
    kinds: dict[str, list[tuple[Any, Row]]] = defaultdict(list)
    for task, row in rows:
        kinds[task.kind].append((task, row))
    if searches := kinds.get("search"):
        _gains(searches)
    for kind in ("learning", "ranks"):
        for what, ran in _grouped(kinds.get(kind, [])).items():
            key = "difference" if kind == "learning" else "rho"
            values = [row[key] for row in ran]
            print(f"{kind} {what}: mean {fmean(values):+.4f}, each {' '.join(f'{value:+.4f}' for value in values)}")
    for kind in ("permuted-labels", "permuted-rewards", "planted"):
        for what, ran in _grouped(kinds.get(kind, [])).items():
            print(f"{kind} {what}: {_control(kind, ran)}")
    if algorithms := kinds.get("algorithm"):
        _algorithms(algorithms, kinds.get("search", []))


def _grouped(rows: Rows) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for task, row in rows:
        groups[f"{task.data} {task.variant}".strip()].append(row)
    return groups


def _gains(searches: Rows) -> None:
    lines, over_best = [], []
    for data, ran in _grouped(searches).items():
        done = [row for row in ran if "refused" not in row]
        cells = [f"{fmean(row['found'] for row in done):.4f}"] if done else ["-"]
        for other in OTHERS if done else ():
            values = [against(row, other) for row in done]
            cells.append(f"{_interval(values)}{_bar(data, other, values)}")
            if other == "best_baseline" and data != "solar-cells":
                over_best += values
        fits = max((row["fits"] for row in done), default=0)
        kept = sum(row["kept"] is not None for row in done)
        seconds = fmean(row["seconds"] for row in ran)
        lines.append((data, f"{len(done)}/{len(ran)}", *cells, f"{kept}", f"{fits}", f"{seconds:.0f}"))
    head = ("set", "searched", "found", *(f"- {name.replace('_', ' ')}" for name in OTHERS), "kept", "fits", "CPU s")
    print(table(head, lines))
    if over_best:
        print(
            f"found - best baseline by validation, all sets and seeds: {_interval(over_best)} (bar: mean above -.002)"
        )


def _interval(values: Sequence[float]) -> str:
    low, high = interval(values)
    return f"{fmean(values):+.4f} ({low:+.4f}..{high:+.4f})"


def _bar(data: str, other: str, values: Sequence[float]) -> str:
    if other not in BARS.get(data, {}):
        return ""
    least, above = BARS[data][other]
    met = fmean(values) >= least and (not above or interval(values)[0] > 0)
    return f" {'met' if met else 'MISSED'} {least:+.3f}"


def _control(kind: str, ran: Sequence[Row]) -> str:
    if kind == "permuted-labels":
        return f"{sum('refused' in row for row in ran)} of {len(ran)} refused"
    done = [row for row in ran if "refused" not in row]
    if kind == "permuted-rewards":
        return f"{sum(row['kept'] is not None for row in done)} of {len(ran)} kept a baseline"
    found = [f"turns {_strength(row, 'degrees')}, zooms {_strength(row, 'scale')}" for row in done]
    gains = [against(row, "hand-made") for row in done]
    return f"planted {PLANTED}; found {'; '.join(found)}; - hand-made {' '.join(f'{gain:+.4f}' for gain in gains)}"


def _strength(row: Row, field: str) -> str:
    """The range that the found policy draws a field of Affine from."""
    import json

    def steps(node: Any) -> Iterable[dict[str, Any]]:
        if isinstance(node, dict):
            if node.get("op") == "Affine":
                yield node
            for value in node.values():
                yield from steps(value)
        elif isinstance(node, list):
            for value in node:
                yield from steps(value)

    return ", ".join(str(step[field]) for step in steps(json.loads(row["policy"])) if field in step) or "none"


def _algorithms(algorithms: Rows, searches: Rows) -> None:
    seeds = {task.seed for task, _row in algorithms}
    sets = {task.data for task, _row in algorithms}
    groups = _grouped(algorithms)
    for task, row in searches:
        if task.seed in seeds and task.data in sets:
            groups.setdefault(f"{task.data} strengths", []).append(row)
    lines = []
    for name, ran in sorted(groups.items()):
        done = [row for row in ran if "refused" not in row]
        if done:
            gains = [_interval([against(row, other) for row in done]) for other in ("hand-made", "best_baseline")]
            kept = sum(row["kept"] is not None for row in done)
            lines.append((name, f"{fmean(row['found'] for row in done):.4f}", *gains, f"{kept}/{len(done)}"))
    print(table(("set, algorithm", "found", "- hand-made", "- best baseline", "kept a baseline"), lines))
