"""The page of a comparison: one HTML file with the tables and the plots; no scripts, nothing from the network."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from statistics import fmean
from typing import TypeAlias

from augplug.report.axes import HEIGHT, WIDTH, Axes, bounds, stairs, straight, svg
from augplug.report.charts import best_so_far
from augplug.report.columns import gain, score, tables
from augplug.report.comparison import Comparison, Row
from augplug.report.dots import Dots, dot_plot
from augplug.report.markup import Safe, joined, tag
from augplug.report.parts import document, figure, table, warnings
from augplug.report.spread import Spread
from augplug.report.standing import called

WINDOW = 20
COLORS = 6
"""Colours of the style sheet for groups; more groups have them again, with broken lines."""
Rewards: TypeAlias = Sequence[tuple[int, float]]


def compare_page(*sets: Comparison) -> str:
    """Return the HTML page of a comparison, or of several: one for each data set."""
    return document("augplug: searches side by side", [part for compared in sets for part in _parts(compared)])


def _parts(compared: Comparison) -> tuple[Safe, ...]:
    runs, groups = len(compared.rows), len(compared.groups)
    searches = _counted(runs, "finished search", "finished searches")
    about = f"{searches} by {_counted(groups, 'algorithm', 'algorithms')}, on {compared.data}."
    return (
        tag("p", about, class_="soft"),
        *warnings(compared.warnings),
        *(
            joined(tag("h2", one.title), tag("div", table(one.head, one.rows), class_="wide"))
            for one in tables(compared)
        ),
        _running(compared),
        _best(compared),
        _tests(compared),
        _gains(compared),
        _pairs(compared),
    )


def running_mean(rewards: Rewards) -> list[tuple[int, float]]:
    """Return the mean of each reward and up to WINDOW - 1 before it, by trial."""
    latest: deque[float] = deque(maxlen=WINDOW)
    made = []
    for number, reward in rewards:
        latest.append(reward)
        made.append((number, fmean(latest)))
    return made


def _running(compared: Comparison) -> Safe:
    caption = (
        f"The mean reward of the latest {WINDOW} trials, or of as many as there were: does the search propose better "
        "and better policies? The broken line is the mean reward without augmentation. Failed trials are left out; one "
        "that was stopped early counts with its last report. A grid does not learn: its line follows its cells."
    )
    curves = [running_mean(rewards) for rewards in compared.rewards]
    return _lines("Rewards by trial, running mean", compared, curves, straight, caption)


def _best(compared: Comparison) -> Safe:
    caption = "The best reward up to each trial. It flatters: the best of many noisy rewards is lucky, too."
    curves = [best_so_far(rewards) for rewards in compared.rewards]
    return _lines("Best reward so far", compared, curves, stairs, caption)


def _lines(
    title: str, compared: Comparison, curves: Sequence[Rewards], draw: Callable[[Axes, Rewards], str], caption: str
) -> Safe:
    baseline = fmean(row.baseline_reward for row in compared.rows)
    last = max(number for curve in curves for number, _ in curve)
    axes = Axes(last, *bounds([baseline, *(value for curve in curves for _, value in curve)]))
    parts = [*axes.frame("trial", "reward"), axes.rule(baseline, "level", f"without augmentation: {baseline:.4f}")]
    for row, curve in zip(compared.rows, curves, strict=True):
        drawn = draw(axes, curve)
        told = tag("title", f"{row.group}, seed {row.seed} ({row.run}): {curve[-1][1]:.4f} at trial {curve[-1][0]}")
        # The second, invisible and broad, is for a pointer that looks for the tooltip.
        lines = (
            tag("path", d=drawn, class_=f"curve {_style(compared, row.group)}"),
            tag("path", d=drawn, class_="near"),
        )
        parts.append(tag("g", told, *lines))
    return figure(title, joined(_legend(compared), svg(WIDTH, HEIGHT, title, parts)), caption)


def _legend(compared: Comparison) -> Safe:
    styles = [_style(compared, group.name) for group in compared.groups]
    line = {"x1": 0, "x2": 26, "y1": 6, "y2": 6}
    samples = [svg(26, 12, "colour", [tag("line", **line, class_=f"curve {style}")]) for style in styles]
    named = zip(samples, compared.groups, strict=True)
    return tag("p", *(tag("span", sample, group.name) for sample, group in named), class_="legend")


def _style(compared: Comparison, name: str) -> str:
    number = [group.name for group in compared.groups].index(name)
    return f"c{number % COLORS} d{number // COLORS % 3}"


def _tests(compared: Comparison) -> Safe:
    caption = (
        "The test score of each run's policy with its 95 % interval, over training subsets and test images (of runs of "
        "formats 1 and 2 over augmentation seeds). Hollow dots are no augmentation, hand-made and the best fixed "
        "policy by validation, on the same images. Runs of one seed share their images; compare those."
    )
    rows = [
        Dots(
            _named(row),
            (row.test_score, f"{row.run}: {score(row.test_score)}"),
            row.test_score_interval,
            hollow=tuple(_baselines(row)),
            style=_style(compared, row.group),
        )
        for row in _sorted(compared)
        if row.test_score is not None
    ]
    name = "test score (average over classes)" if compared.balanced else "test score"
    return figure("Test scores", dot_plot(rows, name, rows_name="run"), caption) if rows else Safe()


def _baselines(row: Row) -> Iterable[tuple[float, str]]:
    named = [row.fixed.get(name) for name in dict.fromkeys(("none", "hand-made", row.best_baseline or "none"))]
    return [(one.score, f"{called(one.name)}: {one.score:.4f}") for one in named if one is not None]


def _gains(compared: Comparison) -> Safe:
    rows = [
        Dots(
            _named(row),
            (row.gains_mean, f"{row.run}: mean {gain(row.gains_mean)}"),
            row.gains_interval,
            tuple((value, f"training set {number}: {gain(value)}") for number, value in enumerate(row.gains, 1)),
            style=_style(compared, row.group),
        )
        for row in _sorted(compared)
        if row.gains_mean is not None
    ]
    caption = (
        "What each policy gains against no augmentation on training sets that its search did not train on: a small dot "
        "for each set, their mean, and its 95 % interval."
    )
    return _signed("Gains on other training images", rows, "gain", caption)


def _pairs(compared: Comparison) -> Safe:
    rows = [
        _difference(f"{what}: {pair.first} - {pair.second}", spread)
        for what in ("test", "gain")
        for pair in compared.pairs
        if (spread := pair.test_score if what == "test" else pair.gains_mean) is not None
    ]
    caption = (
        "The difference of two algorithms in test score (and in mean gain, of runs of formats 1 and 2): a small dot "
        "for each seed of which both have runs on the same training subsets and test images, their mean, and its 95 % "
        "interval; of a single seed over subsets and images. An interval across zero shows no difference."
    )
    return _signed("Differences, by equal seed", rows, "difference", caption)


def _signed(title: str, rows: Sequence[Dots], name: str, caption: str) -> Safe:
    return figure(title, dot_plot(rows, name, signed=True), caption) if rows else Safe()


def _difference(label: str, spread: Spread) -> Dots:
    told = zip(spread.seeds, spread.values, strict=True)
    dots = tuple((value, f"seed {seed}: {gain(value)}") for seed, value in told)
    return Dots(label, (spread.mean, f"mean {gain(spread.mean)}"), spread.interval, dots, style="plain")


def _sorted(compared: Comparison) -> list[Row]:
    order = [group.name for group in compared.groups]
    return sorted(compared.rows, key=lambda row: (order.index(row.group), row.seed))


def _named(row: Row) -> str:
    return f"{row.group}, seed {row.seed}"


def _counted(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"
