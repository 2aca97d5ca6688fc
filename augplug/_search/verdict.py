"""What a result says in a sentence or two."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from augplug._search import baselines


def verdict(result: Mapping[str, Any]) -> str:
    """Return the verdict on the found policy: what to do, the figures, and what they cannot say."""
    if not result["comparisons"]:
        return "Nothing was compared on the test images, so that nothing is known of the found policy but its reward."
    kept = result["kept_baseline"]
    if kept == "none":
        return f"Train without augmentation: nothing that was tried is better on the validation images.{_more(result)}"
    if kept is not None:
        return (
            f"Keep {kept}: nothing that was found is better on the validation images. T{_scores(result)[1:]}."
            f"{_more(result)}"
        )
    return f"{_beats(result)}: {_scores(result)}{_others(result)}{_more(result)}"


def _beats(result: Mapping[str, Any]) -> str:
    if result["gains_mean"] is None:
        return "The found policy could not be compared with no augmentation"
    if result["beats_baseline"]:
        return "The found policy beats no augmentation"
    if result["gains_mean"] > 0:
        return "The found policy is not shown to beat no augmentation (it may be chance)"
    return "The found policy does NOT beat no augmentation; train without it"


def _scores(result: Mapping[str, Any]) -> str:
    average = " (average over classes)" if result["settings"]["balanced"] else ""
    score = f"test score{average} {result['test_score']:.4f}"
    without = result["comparisons"].get("none")
    if without is None:
        return score
    low, high = without["difference_interval"]
    subsets = len(result["gains"])
    return (
        f"{score} against {without['test_score']:.4f} without augmentation (difference {without['difference']:+.4f}, "
        f"95 % interval {low:+.4f} to {high:+.4f}, on {subsets} other training subset{'s' * (subsets != 1)})"
    )


def _others(result: Mapping[str, Any]) -> str:
    """The best fixed policy by validation, and `hand-made`, where they are not the same."""
    names = dict.fromkeys((result["best_baseline"], baselines.REFERENCE))
    said = []
    for name in names:
        other = result["comparisons"].get(name)
        if other is None or name == "none":
            continue
        low, high = other["difference_interval"]
        how = "better than" if low > 0 else "worse than" if high < 0 else "not shown to differ from"
        best = ", the best fixed policy by validation" if name == result["best_baseline"] else ""
        said.append(
            f" It is {how} {name}{best}: {other['test_score']:.4f} (difference {other['difference']:+.4f}, {low:+.4f} "
            f"to {high:+.4f})."
        )
    return "." + "".join(said)


def _more(result: Mapping[str, Any]) -> str:
    more = " Only a part of the grid was searched." if result["partial"] else ""
    if result["missing"]:
        more += f" Not compared, because an evaluation failed: {', '.join(result['missing'])}."
    return more
