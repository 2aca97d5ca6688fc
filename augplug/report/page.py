"""The page of a search: one HTML file with everything in it; no scripts, nothing from the network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from augplug._search.configuration import flat
from augplug.report.charts import gains_chart, heat_map, rewards_by_trial
from augplug.report.learning import Shown, best_section, learning_sections
from augplug.report.markup import Safe, joined, tag
from augplug.report.parts import document, figure, image, percent, table, warnings
from augplug.report.proposed import space_of
from augplug.report.run import Run, Trial


def page(run: Run, sheet: bytes, sheet_text: str, best: Sequence[Shown] = ()) -> str:
    """Return the HTML page of a run.

    `sheet` is the PNG of a contact sheet and `sheet_text` says what is on it; `best` are its best policies to show.
    """
    space = space_of(run)
    title = f"augplug: {run.result['algorithm']} search"
    parts = (
        tag("p", _about(run), class_="soft"),
        tag("p", run.result["verdict"], class_="verdict good" if run.result["beats_baseline"] else "verdict"),
        *warnings(run.result["warnings"]),
        _figures(run),
        _grid(run),
        _rewards(run),
        learning_sections(run, space) if space else Safe(),
        _gains(run),
        _sheet(sheet, sheet_text),
        best_section(best),
        _use(run),
        _details(run),
    )
    return document(title, parts)


def _about(run: Run) -> str:
    evaluator = run.result["settings"]["evaluator"]
    data = run.result["data"]
    size = "x".join(str(side) for side in reversed(data["shape"][:2]))
    parts = f"{data['train']:,} to train on, {data['valid']:,} to choose by, {data['test']:,} to test on"
    images = f"{data['images']:,} images of {size} pixels in {len(data['classes'])} classes"
    return f"{len(run.trials)} policies tried with the child model {evaluator} on {images}: {parts}."


def _figures(run: Run) -> Safe:
    result = run.result
    gain = result["test_score"] - result["baseline_test_score"]
    rows = [
        ("Test score with the policy", percent(result["test_score"]), _interval(result["test_score_interval"])),
        (
            "Test score without",
            percent(result["baseline_test_score"]),
            _interval(result["baseline_test_score_interval"]),
        ),
        *_hand_made(result),
        ("Gain on the test images", f"{100 * gain:+.2f} points", "the same training images"),
        (
            "Best reward",
            percent(result["best_reward"]),
            "validation images; the policy was chosen by it, so it flatters",
        ),
        ("Reward without", percent(result["baseline_reward"]), "the same validation images, no augmentation"),
    ]
    if result["gains_interval"] is not None:
        low, high = result["gains_interval"]
        note = f"on {len(result['gains'])} other training sets; 95 % interval {100 * low:+.2f} to {100 * high:+.2f}"
        rows.append(("Mean gain", f"{100 * result['gains_mean']:+.2f} points", note))
    return tag(
        "dl",
        *(tag("div", tag("dt", name), tag("dd", value, tag("small", note))) for name, value, note in rows),
        class_="figures",
    )


def _hand_made(result: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """The second baseline, which runs of format 1 do not have."""
    if result.get("hand_made_test_score") is None:
        return []
    score, bounds = percent(result["hand_made_test_score"]), _interval(result["hand_made_test_score_interval"])
    return [("Test score with a hand-made policy", score, bounds)]


def _interval(bounds: Sequence[float]) -> str:
    low, high = bounds
    if low == high:
        return "no chance in it: nothing is drawn"
    return f"95 % interval {100 * low:.2f} to {100 * high:.2f}\N{NO-BREAK SPACE}%, over augmentation seeds"


def _grid(run: Run) -> Safe:
    """The heat map of a search that decides on two numbers, n and m."""
    if run.result["algorithm"] != "randaugment" or any(len(trial.decisions) != 2 for trial in run.trials):
        return Safe()
    cells = {(trial.decisions[0], trial.decisions[1]): trial.reward for trial in run.trials}
    n, m = run.result["best_decisions"]
    baseline = run.result["baseline_reward"]
    caption = (
        "The reward of each cell: N operations at magnitude M. Blue is better than no augmentation "
        f"({percent(baseline)}), orange is worse; the frame is the cell that was chosen. Neighbouring cells are often "
        "equally good: rely on the gain, not on the exact cell."
    )
    return figure("The grid", heat_map(cells, ("N", "M"), baseline, (n, m)), caption)


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
        "The test score with the policy minus the test score without, trained on other images than the search trained "
        "on, in percentage points. This is the figure to trust: the policy was not chosen by it."
    )
    return figure("Gains on other training images", gains_chart(run.result["gains"]), caption)


def _sheet(sheet: bytes, text: str) -> Safe:
    return figure("What the policy does", image(sheet, text), text)


def _use(run: Run) -> Safe:
    code = (
        "import augplug\n\n"
        'augment = augplug.Augmenter("policy.json", seed=0)\n'
        "image = augment(image, index=i, epoch=e)   # uint8 (H, W) or (H, W, C), in and out"
    )
    shell = "augplug apply policy.json IMAGES AUGMENTED --copies 5\naugplug preview policy.json IMAGE"
    chosen = _decided(run, run.result["best_decisions"] or ())
    told = f"The policy is {run.policy['name']}{f' ({chosen})' if chosen else ''}, in policy.json beside this page."
    return joined(tag("h2", "Use it"), tag("p", told), tag("pre", code), tag("pre", shell))


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
        return ", ".join(str(part) for part in value)
    return "not given" if value is None else str(value)


def _reward(trial: Trial) -> str:
    if trial.reward is None:
        return f"failed: {trial.error}"
    return f"{trial.reward:.4f}{', stopped early' if trial.stopped else ''}"
