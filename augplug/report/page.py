"""The page of a search: one HTML file with everything in it; no scripts, nothing from the network."""

from __future__ import annotations

from collections.abc import Sequence

from augplug._policies.grammar import Policy
from augplug._search.configuration import flat
from augplug.report.answer import answer_section
from augplug.report.charts import gains_chart, heat_map, rewards_by_trial
from augplug.report.effects import effects_section
from augplug.report.learning import Shown, best_section, learning_sections
from augplug.report.markup import Safe, joined, tag
from augplug.report.parts import document, figure, image, percent, points, table, warnings
from augplug.report.proposed import space_of
from augplug.report.run import Run, Trial
from augplug.report.standing import called, race_section, score_name, standing_section, standings


def page(run: Run, sheet: bytes, sheet_text: str, best: Sequence[Shown] = (), policy: Policy | None = None) -> str:
    """Return the HTML page of a run: what to do, how sure it is, and what the search did.

    `sheet` is the PNG of a contact sheet and `sheet_text` says what is on it; `best` are its best policies to show, and
    `policy` the run's, to be written as code.
    """
    space = space_of(run)
    title = f"augplug: {run.result['algorithm']} search"
    parts = (
        tag("p", _about(run), class_="soft"),
        tag("p", run.result["verdict"], class_="verdict good" if run.result["beats_baseline"] else "verdict"),
        *warnings(run.result["warnings"]),
        *(tag("p", f"Note: {note}.", class_="warning") for note in run.notes),
        _figures(run),
        answer_section(run, policy),
        standing_section(run),
        effects_section(run, space) if space else Safe(),
        _sheet(sheet, sheet_text),
        race_section(run),
        _grid(run),
        _rewards(run),
        learning_sections(run, space) if space else Safe(),
        _gains(run),
        best_section(best),
        _details(run),
    )
    return document(title, parts)


def _about(run: Run) -> str:
    evaluator = run.result["settings"]["evaluator"]
    data = run.result["data"]
    size = "x".join(str(side) for side in reversed(data["shape"][:2]))
    parts = f"{data['train']:,} to train on at a time, {data['valid']:,} to choose by, {data['test']:,} to test on"
    images = f"{data['images']:,} images of {size} pixels in {len(data['classes'])} classes"
    return f"{len(run.trials)} policies tried with the child model {evaluator} on {images}: {parts}."


def _figures(run: Run) -> Safe:
    """The three figures that matter most."""
    result = run.result
    if result["test_score"] is None:
        return Safe()
    every = {one.name: one for one in standings(result)}
    name = score_name(result).capitalize()
    rows = [(f"{name} with the policy", percent(result["test_score"]), _interval(result["test_score_interval"]))]
    for fixed in dict.fromkeys(("none", result.get("best_baseline", "hand-made"))):
        one = every.get(fixed)
        if one is None or fixed == result.get("kept_baseline"):
            continue
        note = (
            "" if one.difference is None else f"found: {points(one.difference)}, {_interval(one.difference_interval)}"
        )
        rows.append((f"{name} with {called(fixed)}", percent(one.score), note or _interval(one.interval)))
    return tag(
        "dl",
        *(tag("div", tag("dt", name), tag("dd", value, tag("small", note))) for name, value, note in rows),
        class_="figures",
    )


def _interval(bounds: Sequence[float] | None) -> str:
    return "" if bounds is None else f"95 % interval {100 * bounds[0]:.2f} to {100 * bounds[1]:.2f}"


def _signed(bounds: Sequence[float] | None) -> str:
    return "" if bounds is None else f", 95 % interval {100 * bounds[0]:+.2f} to {100 * bounds[1]:+.2f}"


def _grid(run: Run) -> Safe:
    """The heat map of a search that decides on two numbers, n and m."""
    if run.result["algorithm"] != "randaugment" or any(len(trial.decisions) != 2 for trial in run.trials):
        return Safe()
    cells = {(trial.decisions[0], trial.decisions[1]): trial.reward for trial in run.trials}
    best = run.result["best_decisions"]  # None if a baseline was kept
    baseline = run.result["baseline_reward"]
    caption = (
        "The reward of each cell: N operations at magnitude M. Blue is better than no augmentation "
        f"({percent(baseline)}), orange is worse; the frame is the cell that was chosen. Neighbouring cells are often "
        "equally good: rely on the gain, not on the exact cell."
    )
    return figure("The grid", heat_map(cells, ("N", "M"), baseline, tuple(best) if best else None), caption)


def _rewards(run: Run) -> Safe:
    rewards = [(trial.number, trial.reward) for trial in run.trials if trial.reward is not None]
    failed, stopped = len(run.trials) - len(rewards), sum(trial.stopped for trial in run.trials)
    caption = "Each dot is a policy, the line is the best so far, and the broken line is no augmentation."
    told = f"{caption} Failed trials: {failed}." if failed else caption
    told += f" Stopped early, with their last reports: {stopped}." if stopped else ""
    return figure("Rewards by trial", rewards_by_trial(rewards, run.result["baseline_reward"]), told)


def _gains(run: Run) -> Safe:
    if not run.result["gains"]:
        return Safe()
    caption = (
        "The score with the policy minus the score without augmentation, for each set of training images that the "
        "search did not train on, in percentage points."
    )
    return figure("Gains on other training images", gains_chart(run.result["gains"]), caption)


def _sheet(sheet: bytes, text: str) -> Safe:
    return figure("What the policy does", image(sheet, text), text)


def _details(run: Run) -> Safe:
    settings = [
        (name, _value(value)) for name, value in flat({**run.result["settings"], "data": run.result["data"]}).items()
    ]
    versions = [*flat(run.result["versions"]).items(), ("data (SHA-256)", run.result["data_digest"])]
    trials = [(trial.number, _decided(run, trial.decisions), _reward(trial)) for trial in run.trials]
    return joined(
        tag("h2", "Settings and versions"),
        tag("div", table(("setting", "value"), settings), table(("what", "version"), versions), class_="pair"),
        tag("details", tag("summary", f"All {len(trials)} trials"), table(("trial", "decisions", "reward"), trials)),
    )


def _decided(run: Run, decisions: Sequence[float]) -> str:
    if run.result["algorithm"] == "randaugment" and len(decisions) == 2:
        return f"n = {decisions[0]:g}, m = {decisions[1]:g}"
    return ", ".join(f"{part:g}" for part in decisions)


def _value(value: object) -> str:
    if isinstance(value, list | tuple):
        # The entries of a space by their names: all their numbers are in result.json.
        return ", ".join(str(part.get("name", part) if isinstance(part, dict) else part) for part in value)
    return "not given" if value is None else str(value)


def _reward(trial: Trial) -> str:
    if trial.reward is None:
        return f"failed: {trial.error}"
    return f"{trial.reward:.4f}{', stopped early' if trial.stopped else ''}"
