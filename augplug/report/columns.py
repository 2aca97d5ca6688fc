"""A comparison as tables of text, for the terminal and for the page alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from augplug.report.comparison import ENDS, Comparison, Group, Pair, Row
from augplug.report.spread import Spread
from augplug.report.standing import Standing

NONE = "-"


@dataclass(frozen=True)
class Table:
    """A `title`, the `head` of the columns, and `rows` of as many cells."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def tables(compared: Comparison) -> list[Table]:
    """Return the runs; what they have more than fixed policies; algorithms over seeds; and differences in pairs."""
    average = ", scores averaged over classes" if compared.balanced else ""
    found = [Table(f"Runs{average}", _RUNS, tuple(_run(row) for row in compared.rows))]
    if any(row.best_baseline for row in compared.rows):
        rows = tuple(_over(row) for row in compared.rows)
        found.append(Table(f"Found minus fixed policies, on the test images{average}", _OVER, rows))
    if any(len(group.test_score.seeds) > 1 for group in compared.groups if group.test_score):
        found.append(Table("Algorithms, over their seeds", _GROUPS, tuple(_group(group) for group in compared.groups)))
    if compared.pairs:
        found.append(Table("Differences, by equal seed", _PAIRS, tuple(_pair(pair) for pair in compared.pairs)))
    return found


_RUNS = (
    "run",
    "algorithm",
    "seed",
    "trials",
    "evaluations",
    f"first {ENDS}",
    f"last {ENDS}",
    "best",
    "test",
    "95 % interval",
    "unaugmented",
    "hand-made",
    "gain",
    "95 % interval",
    "seconds",
)
_OVER = (
    "run",
    "policy",
    "minus none",
    "95 % interval",
    "minus hand-made",
    "95 % interval",
    "best fixed",
    "minus it",
    "95 % interval",
)
_GROUPS = ("algorithm", "seeds", "test", "SD", "gain", "SD")
_PAIRS = ("difference", "seeds", "test", "SD", "95 % interval", "gain", "SD", "95 % interval")


def _run(row: Row) -> tuple[str, ...]:
    return (
        row.run,
        row.group,
        str(row.seed),
        _trials(row),
        str(row.evaluations),
        score(row.first_rewards),
        score(row.last_rewards),
        score(row.best_reward),
        score(row.test_score),
        _interval(row.test_score_interval),
        score(row.baseline_test_score),
        score(row.hand_made_test_score),
        gain(row.gains_mean),
        _interval(row.gains_interval, "+.4f"),
        f"{row.seconds:.0f}",
    )


def _over(row: Row) -> tuple[str, ...]:
    kept = "found" if row.kept_baseline is None else f"{row.kept_baseline}, kept"
    best = row.best_baseline or NONE
    cells = [cell for name in ("none", "hand-made", best) for cell in _minus(row.fixed.get(name))]
    return row.run, kept, *cells[:4], best, *cells[4:]


def _minus(fixed: Standing | None) -> tuple[str, str]:
    return (NONE, NONE) if fixed is None else (gain(fixed.difference), _interval(fixed.difference_interval, "+.4f"))


def _trials(row: Row) -> str:
    notes = [f"{count} {word}" for word, count in (("failed", row.failed), ("stopped", row.stopped)) if count]
    return f"{row.trials} ({', '.join(notes)})" if notes else str(row.trials)


def _group(group: Group) -> tuple[str, ...]:
    scores, gains = group.test_score, group.gains_mean
    tested = (str(len(scores.seeds)), score(scores.mean), score(scores.sd)) if scores else ("0", NONE, NONE)
    return group.name, *tested, *_gains(gains)


def _pair(pair: Pair) -> tuple[str, ...]:
    scores, gains = pair.test_score, pair.gains_mean
    name = f"{pair.first} - {pair.second}"
    test = (gain(scores.mean), score(scores.sd), _interval(scores.interval, "+.4f"))
    return name, str(len(scores.seeds)), *test, *_gains(gains), _interval(gains.interval if gains else None, "+.4f")


def _gains(gains: Spread | None) -> tuple[str, str]:
    return (gain(gains.mean), score(gains.sd)) if gains else (NONE, NONE)


def score(value: float | None) -> str:
    """Return a score or reward in 0..1 as text."""
    return NONE if value is None else f"{value:.4f}"


def gain(value: float | None) -> str:
    """Return a difference of scores as text."""
    return NONE if value is None else f"{value:+.4f}"


def _interval(bounds: Sequence[float] | None, form: str = ".4f") -> str:
    return NONE if bounds is None else f"{bounds[0]:{form}} to {bounds[1]:{form}}"
