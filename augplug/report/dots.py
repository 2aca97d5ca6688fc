"""Dot plots: a row for each of several means, with its interval and the single values behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from augplug.report.axes import WIDTH, bounds, svg, text, ticks
from augplug.report.markup import Safe, joined, tag

ROW = 26
_LEFT, _RIGHT, _TOP, _BELOW = 250, 20, 8, 40
_NAMED = 20
_LABEL = 26
"""Most characters of a label; of a longer one the middle goes, for its end tells one run from another."""


@dataclass(frozen=True)
class Dots:
    """A row: a `label`; the `mean` and its `interval`, if any; small dots; hollow dots, such as baselines.

    Every dot is a value with what its tooltip says. `style` is the class of the row's colour.
    """

    label: str
    mean: tuple[float, str]
    interval: tuple[float, float] | None = None
    dots: tuple[tuple[float, str], ...] = ()
    hollow: tuple[tuple[float, str], ...] = ()
    style: str = "c0"

    def values(self) -> list[float]:
        """Return every number of the row."""
        return [value for value, _ in (self.mean, *self.dots, *self.hollow)] + list(self.interval or ())


def dot_plot(rows: Sequence[Dots], name: str, *, signed: bool = False, rows_name: str = "") -> Safe:
    """Return a row for each of `rows`; where values are `signed`, 0 is marked and they are written with a sign.

    `name` is that of the axis of values, below; `rows_name` says what the rows are, above their labels.
    """
    values = [value for row in rows for value in row.values()] + ([0.0] if signed else [])
    low, high = bounds(values)
    top = _TOP + (_NAMED if rows_name else 0)
    bottom = top + ROW * len(rows)

    def across(value: float) -> float:
        return _LEFT + (value - low) / (high - low) * (WIDTH - _LEFT - _RIGHT)

    parts = [text(_LEFT - 12, _TOP + 8, rows_name, anchor="end", class_="axis")] if rows_name else []
    for tick in ticks(low, high):
        class_ = "zero" if signed and tick == 0 else "rule"
        parts.append(tag("line", x1=across(tick), x2=across(tick), y1=top, y2=bottom, class_=class_))
        parts.append(text(across(tick), bottom + 16, f"{tick:+.3g}" if signed and tick else f"{tick:.3g}"))
    for number, row in enumerate(rows):
        y = top + ROW * (number + 0.5)
        label = row.label if len(row.label) <= _LABEL else f"{row.label[: _LABEL - 15]}...{row.label[-12:]}"
        drawn = [] if row.interval is None else [_whisker(across(row.interval[0]), across(row.interval[1]), y)]
        drawn += [_dot(across(value), y, 3.5, "small", told) for value, told in row.dots]
        drawn += [_dot(across(value), y, 4.5, "hollow", told) for value, told in row.hollow]
        drawn.append(_dot(across(row.mean[0]), y, 5.5, "mean", row.mean[1]))
        parts.append(joined(text(_LEFT - 12, y + 4, label, anchor="end"), tag("g", *drawn, class_=row.style)))
    parts.append(text(_LEFT + (WIDTH - _LEFT - _RIGHT) / 2, bottom + 34, name, class_="axis"))
    return svg(WIDTH, bottom + _BELOW, name, parts)


def _whisker(left: float, right: float, y: float) -> Safe:
    return tag("line", x1=left, x2=right, y1=y, y2=y, class_="whisker")


def _dot(x: float, y: float, radius: float, class_: str, told: str) -> Safe:
    return tag("circle", tag("title", told), cx=x, cy=y, r=radius, class_=class_)
