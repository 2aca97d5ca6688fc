"""How a search of a space learned: its learning curve, what it proposed over time, and its best policies."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from augplug._search.space import SearchSpace
from augplug._search.space_base import Space
from augplug.ops.levels import SCALES
from augplug.report.axes import HEIGHT, WIDTH, Axes, bounds, shade, straight, svg, text
from augplug.report.markup import Safe, joined, tag
from augplug.report.parts import figure, image, table
from augplug.report.proposed import Batch, Period, batches, periods
from augplug.report.run import Run, Trial

COLUMNS = 20
"""Most columns of the map of operations; of more batches several are one column."""
ROWS = 40
"""Most operations on the map."""
TOP = 8
_LEFT, _RIGHT, _HEAD, _ROW = 140, 60, 40, 22


@dataclass(frozen=True)
class Shown:
    """A trial to look at: the PNG of its contact `sheet`, and a line for each sub-policy."""

    trial: Trial
    sheet: bytes
    lines: tuple[str, ...]


def learning_sections(run: Run, space: Space) -> Safe:
    """Return the learning curve and, of AutoAugment's kind of space, the operations that were proposed."""
    size = run.result["settings"].get("batch", COLUMNS)
    return joined(_curve(run, size), _operations(run, space, size) if isinstance(space, SearchSpace) else Safe())


def best_section(best: Sequence[Shown]) -> Safe:
    """Return the best policies, each as a contact sheet and in words."""
    if not best:
        return Safe()
    one_of = any(len(one.lines) > 1 for one in best)
    drawn = "one of the sub-policies" if one_of else "all operations of the line, each drawn anew within its range"
    about = (
        "The policies of the highest rewards. Of hundreds of rewards the highest are lucky in part. An image gets "
        f"{drawn}; p is the probability of an operation."
    )
    shown = (
        joined(
            tag("h3", f"Trial {one.trial.number}: reward {one.trial.reward:.4f}"),
            tag("figure", image(one.sheet, f"draws of trial {one.trial.number}")),
            tag("ul", *(tag("li", line) for line in one.lines), class_="soft"),
        )
        for one in best
    )
    return joined(tag("h2", "The best policies"), tag("p", about, class_="soft"), *shown)


def _curve(run: Run, size: int) -> Safe:
    found = batches(run.trials, size)
    caption = (
        f"The mean reward of each batch of {size} trials; the band is one standard deviation of its rewards to either "
        "side. The broken lines are the baselines. A search that learns proposes better policies later; one that draws "
        "at random stays where it is. Failed trials are left out; one that was stopped early counts with its last "
        "report."
    )
    if any(trial.cells for trial in run.trials):
        caption += (
            " Rewards are differences to hand-made in the same cells, and the cells change from batch to batch: a step "
            "of the whole curve may be theirs."
        )
    levels = {
        "baseline": ("no augmentation", run.result["baseline_reward"]),
        "level": ("hand-made", run.result.get("hand_made_reward")),
    }
    given = {class_: (name, value) for class_, (name, value) in levels.items() if value is not None}
    return figure("Learning curve", learning_curve(found, given), caption)


def learning_curve(found: Sequence[Batch], levels: Mapping[str, tuple[str, float]]) -> Safe:
    """Return the mean of each batch as a line in a band; `levels` holds names and values of broken lines by class."""
    values = [value for one in found for value in (one.mean - one.sd, one.mean + one.sd)]
    axes = Axes(found[-1].last, *bounds([*values, *(value for _, value in levels.values())]))
    middles = [((one.first + one.last) / 2, one) for one in found]
    upper = [(x, one.mean + one.sd) for x, one in middles]
    lower = [(x, one.mean - one.sd) for x, one in reversed(middles)]
    parts = axes.frame("trial", "reward")
    parts.append(tag("path", d=straight(axes, upper + lower) + "Z", class_="band"))
    for class_, (name, value) in levels.items():
        parts.append(axes.rule(value, class_, f"{name}: {value:.4f}"))
        parts.append(text(WIDTH - 20, axes.at(0, value)[1] - 5, name, anchor="end", class_="faint"))
    parts.append(tag("path", d=straight(axes, [(x, one.mean) for x, one in middles]), class_="curve c0"))
    for x, one in middles:
        told = tag("title", f"trials {one.first} to {one.last}: {one.mean:.4f}, standard deviation {one.sd:.4f}")
        across, down = axes.at(x, one.mean)
        parts.append(tag("circle", told, cx=across, cy=down, r=4, class_="dot"))
    return svg(WIDTH, HEIGHT, "Learning curve", parts)


def _operations(run: Run, space: SearchSpace, size: int) -> Safe:
    together = math.ceil(math.ceil(len(run.trials) / size) / COLUMNS)
    found = periods(run.trials, space, size * together)
    ranked = sorted(space.operations, key=lambda name: -found[-1].share(name))
    uniform = 1 / len(space.operations)
    caption = (
        f"The share of each operation in what each {size * together} trials proposed, the highest last share on top. "
        f"Blue is more than a uniform choice would propose ({100 * uniform:.1f} %), orange less. Operations at "
        "probability 0 do nothing and are not counted."
    )
    if len(ranked) > ROWS:
        caption += f" The first {ROWS} of {len(ranked)} operations."
    strongest = SCALES[space.scale].divisor
    rows = [
        (name, f"{100 * use.share:.1f} %", f"{use.probability:.2f}", f"{strongest * use.level:.1f}")
        for name in ranked[:TOP]
        if (use := found[-1].uses.get(name)) is not None
    ]
    head = (
        f"trials {found[-1].first} to {found[-1].last}",
        "share",
        "mean probability",
        f"mean level, 0 to {strongest:g}",
    )
    return joined(
        figure("Which operations are proposed", operation_map(found, ranked[:ROWS], uniform), caption),
        table(head, rows),
    )


def operation_map(found: Sequence[Period], operations: Sequence[str], uniform: float) -> Safe:
    """Return a row for each operation and a column for each period; the last share is written beside the row."""
    most = max(uniform, *(abs(one.share(name) - uniform) for one in found for name in operations))
    across = min(64.0, (WIDTH - _LEFT - _RIGHT) / len(found))
    every = math.ceil(40 / across)
    parts = [
        text(_LEFT + (column + 0.5) * across, _HEAD - 8, str(one.first))
        for column, one in enumerate(found)
        if column % every == 0
    ]
    for row, name in enumerate(operations):
        y = _HEAD + row * _ROW
        parts.append(text(_LEFT - 10, y + 15, name if len(name) <= 20 else f"{name[:18]}...", anchor="end"))
        for column, one in enumerate(found):
            share = one.share(name)
            told = tag("title", f"{name}, trials {one.first} to {one.last}: {100 * share:.1f} % of {one.count}")
            size = {"x": _LEFT + column * across + 1, "y": y + 1, "width": across - 2, "height": _ROW - 2, "rx": 2}
            parts.append(tag("rect", told, **size, fill=shade((share - uniform) / most)[0]))
        last = f"{100 * found[-1].share(name):.1f} %"
        parts.append(text(_LEFT + len(found) * across + 8, y + 15, last, anchor="start"))
    width, height = _LEFT + len(found) * across, _HEAD + len(operations) * _ROW
    parts.append(text((_LEFT + width) / 2, 12, "from trial", class_="axis"))
    return svg(width + _RIGHT, height + 8, "Which operations are proposed", parts)
