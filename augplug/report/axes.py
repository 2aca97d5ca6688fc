"""What charts are drawn with: a frame that turns numbers into places, round ticks, text, and the SVG around it all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from augplug.report.markup import Safe, joined, tag

WIDTH, HEIGHT = 720, 250
BETTER = (33, 102, 172)
WORSE = (179, 88, 6)
"""Ends of a scale that colour-blind readers can tell apart (ColorBrewer PuOr/RdBu); its middle is white."""
_LEFT, _RIGHT, _TOP, _BOTTOM, _INSET = 56, 16, 24, 36, 8


@dataclass(frozen=True)
class Axes:
    """The frame of a chart of WIDTH x HEIGHT pixels: across from 0 to `last`, up from `low` to `high`."""

    last: float
    low: float
    high: float

    def at(self, number: float, value: float) -> tuple[float, float]:
        """Return the place of a point in pixels, (x, y)."""
        across = _LEFT + _INSET + number / (self.last or 1) * (WIDTH - _LEFT - _RIGHT - 2 * _INSET)
        return across, _TOP + (self.high - value) / (self.high - self.low) * (HEIGHT - _TOP - _BOTTOM)

    def frame(self, name: str, value_name: str) -> list[Safe]:
        """Return the rules of round values, the whole numbers below, and the names of what goes across and up."""
        rules = [joined(self.rule(tick), self._tick(tick)) for tick in ticks(self.low, self.high)]
        numbers = sorted({round(tick) for tick in ticks(0, self.last or 1)})
        below = [text(self.at(number, self.low)[0], HEIGHT - _BOTTOM + 17, str(number)) for number in numbers]
        named = text(_LEFT + (WIDTH - _LEFT - _RIGHT) / 2, HEIGHT - 3, name, class_="axis")
        return [*rules, *below, named, text(2, _TOP - 10, value_name, anchor="start", class_="axis")]

    def rule(self, value: float, class_: str = "rule", told: str = "") -> Safe:
        """Return a line across at a value."""
        y = self.at(0, value)[1]
        children = [tag("title", told)] if told else []
        return tag("line", *children, x1=_LEFT, x2=WIDTH - _RIGHT, y1=y, y2=y, class_=class_)

    def _tick(self, value: float) -> Safe:
        return text(_LEFT - 8, self.at(0, value)[1] + 4, f"{value:.3g}", anchor="end")


def bounds(values: Sequence[float]) -> tuple[float, float]:
    """Return the range of the values with a little room below and above."""
    low, high = min(values), max(values)
    room = (high - low) * 0.08 or 0.01
    return low - room, high + room


def ticks(low: float, high: float) -> list[float]:
    """Return about five round numbers between the bounds."""
    raw = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw)
    return [number * step for number in range(math.ceil(low / step), math.floor(high / step + 1e-9) + 1)]


def straight(axes: Axes, points: Sequence[tuple[float, float]]) -> str:
    """Return the `d` of straight lines from point to point."""
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in (axes.at(*point) for point in points))


def stairs(axes: Axes, points: Sequence[tuple[float, float]]) -> str:
    """Return the `d` of a line that goes across to each point before it goes up or down to it."""
    left, level = axes.at(*points[0])
    made = f"M{left:.1f} {level:.1f}"
    for point in points:
        x, y = axes.at(*point)
        made += f"H{x:.1f}" + (f"V{y:.1f}" if y != level else "")
        level = y
    return made


def shade(share: float) -> tuple[str, str]:
    """Return the colour of a share in -1..1 (WORSE to BETTER, white between), and that of text upon it."""
    end = BETTER if share >= 0 else WORSE
    red, green, blue = (round(255 + (channel - 255) * abs(share) * 0.9) for channel in end)
    return f"rgb({red},{green},{blue})", "#fff" if abs(share) > 0.55 else "#222"


def text(x: float, y: float, content: str, *, anchor: str = "middle", class_: str = "label") -> Safe:
    """Return text at a place."""
    return tag("text", content, x=float(x), y=float(y), text_anchor=anchor, class_=class_)


def svg(width: float, height: float, name: str, parts: Sequence[Safe]) -> Safe:
    """Return a drawing of a size in pixels; `name` is what a reader who cannot see it is told."""
    view = f"0 0 {width:g} {height:g}"
    return tag(
        "svg", *parts, viewBox=view, width=f"{width:g}", role="img", aria_label=name, xmlns="http://www.w3.org/2000/svg"
    )
