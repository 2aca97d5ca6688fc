"""The charts of a search, as inline SVG: the grid's heat map, rewards by trial, gains on other training images.

Colours are CSS variables of the page, so that a chart is right on light and on dark ground. Every value that a colour
or a position shows is also written out or in a tooltip.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate

from augplug.report.axes import HEIGHT, WIDTH, Axes, bounds, shade, stairs, svg, text
from augplug.report.markup import Safe, tag

CELL = (64, 40)


def heat_map(
    cells: Mapping[tuple[float, float], float | None],
    names: tuple[str, str],
    baseline: float,
    best: tuple[float, float] | None,
) -> Safe:
    """Return the rewards of a grid, a row for each first number of a key and a column for each second.

    Blue is better than `baseline`, orange worse. None is a cell whose trial failed; one that is not in `cells` was not
    tried. The cell `best` has a frame.
    """
    rows, columns = (sorted({key[axis] for key in cells}) for axis in (0, 1))
    values = [value for value in cells.values() if value is not None]
    most = max((abs(value - baseline) for value in values), default=0.0) or 1.0
    parts: list[Safe] = []
    left, top = 64, 40
    for column, number in enumerate(columns):
        parts.append(text(left + (column + 0.5) * CELL[0], top - 9, f"{number:g}"))
    for row, number in enumerate(rows):
        parts.append(text(left - 10, top + (row + 0.5) * CELL[1] + 5, f"{number:g}", anchor="end"))
        for column, other in enumerate(columns):
            place = (left + column * CELL[0], top + row * CELL[1])
            parts.append(_cell(place, cells, (number, other), baseline, most))
    if best is not None:
        x, y = left + columns.index(best[1]) * CELL[0], top + rows.index(best[0]) * CELL[1]
        parts.append(tag("rect", x=x + 2, y=y + 2, width=CELL[0] - 4, height=CELL[1] - 4, class_="best"))
    width, height = left + len(columns) * CELL[0] + 8, top + len(rows) * CELL[1] + 8
    parts.append(text(left + len(columns) * CELL[0] / 2, 12, names[1], class_="axis"))
    parts.append(text(14, top + len(rows) * CELL[1] / 2 + 5, names[0], class_="axis"))
    return svg(width, height, f"Rewards by {names[0]} and {names[1]}", parts)


def _cell(
    place: tuple[float, float],
    cells: Mapping[tuple[float, float], float | None],
    key: tuple[float, float],
    baseline: float,
    most: float,
) -> Safe:
    value = cells.get(key)
    x, y = place
    size = {"x": x + 1, "y": y + 1, "width": CELL[0] - 2, "height": CELL[1] - 2, "rx": 3}
    middle = (x + CELL[0] / 2, y + CELL[1] / 2 + 5)
    if value is None:
        told = "failed" if key in cells else "not tried"
        return tag("g", tag("rect", **size, class_="empty"), text(*middle, told, class_="faint"))
    color, ink = shade((value - baseline) / most)
    told = f"{key[0]:g}, {key[1]:g}: reward {value:.4f}, {value - baseline:+.4f} against no augmentation"
    number = tag("text", f"{value:.3f}", x=middle[0], y=middle[1], text_anchor="middle", style=f"fill:{ink}")
    return tag("g", tag("title", told), tag("rect", **size, fill=color), number)


def rewards_by_trial(rewards: Sequence[tuple[int, float]], baseline: float) -> Safe:
    """Return a dot for each (trial, reward), the best so far as a line, and the baseline as a broken one."""
    last = max((number for number, _ in rewards), default=1)
    axes = Axes(last, *bounds([baseline, *(reward for _, reward in rewards)]))
    parts = axes.frame("trial", "reward")
    if rewards:
        parts.append(tag("path", d=stairs(axes, best_so_far(rewards)), class_="sofar"))
    for number, reward in rewards:
        x, y = axes.at(number, reward)
        parts.append(tag("circle", tag("title", f"trial {number}: {reward:.4f}"), cx=x, cy=y, r=4, class_="dot"))
    parts.append(axes.rule(baseline, "baseline"))
    return svg(WIDTH, HEIGHT, "Rewards by trial", parts)


def best_so_far(rewards: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """Return the best reward up to each trial."""
    best = accumulate((reward for _, reward in rewards), max)
    return [(number, reward) for (number, _), reward in zip(rewards, best, strict=True)]


def gains_chart(gains: Sequence[float]) -> Safe:
    """Return a bar for the gain on each other training set, in percentage points, with their mean as a broken line."""
    points = [100 * gain for gain in gains]
    mean = sum(points) / len(points)
    most = max(abs(point) for point in points) or 1.0
    low, high = min(0.0, *points), max(0.0, *points)
    high, low = high + 0.1 * most * (high > 0), low - 0.1 * most * (low < 0)
    row, left, right = 30, 130, 70
    width, height = WIDTH, row * len(points) + 30

    def across(point: float) -> float:
        return left + (point - low) / ((high - low) or 1.0) * (width - left - right)

    zero = across(0.0)
    parts: list[Safe] = []
    for number, point in enumerate(points):
        x, y = min(zero, across(point)), 8 + number * row
        strip = {"x": x, "y": y, "width": abs(across(point) - zero), "height": row - 10, "rx": 2}
        parts.append(text(left - 12, y + 15, f"training set {number + 1}", anchor="end"))
        parts.append(tag("rect", **strip, class_="better" if point >= 0 else "worse"))
        parts.append(text(width - 8, y + 15, f"{point:+.1f}", anchor="end"))
    below = 8 + row * len(points)
    parts.append(tag("line", x1=zero, x2=zero, y1=2, y2=below, class_="rule"))
    parts.append(tag("line", x1=across(mean), x2=across(mean), y1=2, y2=below, class_="baseline"))
    parts.append(text(across(mean), below + 16, f"mean {mean:+.1f} points", class_="axis"))
    return svg(width, height, "Gains on other training sets", parts)
