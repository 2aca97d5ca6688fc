"""The result of a study: a fold over its journal. No clock and no path is in it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from augplug._search.journal import Record, writing
from augplug.disk import replace_file

COVERAGE = 0.95


def fold(records: Sequence[Record]) -> dict[str, Any]:
    """Return `result.json`'s content from the records of a finished run: its facts, and what follows from them.

    An interval is Student's t at 95 %: of the mean over augmentation seeds for the test scores, of the mean over
    training sets for the gains.
    """
    result = facts(records)
    prefixes = {"found": "", "baseline": "baseline_", "hand-made": "hand_made_"}
    tests = [record for record in records if record["kind"] == "test"]
    result |= {f"{prefixes[test['policy']]}test_score_interval": interval(test["rewards"]) for test in tests}
    result["gains_interval"] = interval(result["gains"]) if result["gains"] else None
    result["beats_baseline"] = _beats(result)
    result["verdict"] = _verdict(result)
    return result


def facts(records: Sequence[Record]) -> dict[str, Any]:
    """Return what the records of a finished run say. Raises LookupError or ValueError while one is missing.

    Scores are parts of images classified correctly, in 0..1. `rewards` holds each trial's mean reward in order, None
    for a failed one. `gains` are (found - baseline) on each other training set, scored on the test images. Runs of
    format 1 have no hand-made baseline.
    """
    configuration = records[0]
    trials = [record for record in records if record["kind"] == "trial"]
    last = {record["kind"]: record for record in records}
    baselines = {record.get("policy", "none"): record["reward"] for record in records if record["kind"] == "baseline"}
    tests = {record["policy"]: fmean(record["rewards"]) for record in records if record["kind"] == "test"}
    pairs = [(record["baseline"], record["found"]) for record in records if record["kind"] == "gain"]
    gains = [found - baseline for baseline, found in pairs]
    return {
        "augplug_result": configuration["format"],
        "algorithm": configuration["settings"]["algorithm"],
        "settings": configuration["settings"],
        "seed": configuration["settings"]["seed"],
        "data": configuration["data"],
        "data_digest": configuration["data_digest"],
        "versions": configuration["versions"],
        "warnings": configuration["warnings"],
        "trials": len(trials),
        "partial": configuration["size"] is not None and len(trials) < configuration["size"],
        "failed": sum(record["reward"] is None for record in trials),
        "stopped": sum(record.get("stopped", False) for record in trials),
        "rewards": [record["reward"] for record in trials],
        "best_number": last["found"]["number"],
        "best_decisions": last["found"]["decisions"],
        "best_reward": max(record["reward"] for record in trials if record["reward"] is not None),
        "baseline_reward": baselines["none"],
        "test_score": tests["found"],
        "baseline_test_score": tests["baseline"],
        **({"hand_made_reward": baselines["hand-made"]} if "hand-made" in baselines else {}),
        **({"hand_made_test_score": tests["hand-made"]} if "hand-made" in tests else {}),
        "gains": gains,
        "gains_mean": fmean(gains) if gains else None,
        "gains_scores": [{"baseline": baseline, "found": found} for baseline, found in pairs],
    }


def interval(values: Sequence[float]) -> list[float]:
    """Return the 95 % interval [low, high] of the mean of `values` by Student's t; of one value, that value twice."""
    mean = fmean(values)
    if len(values) < 2:
        return [mean, mean]
    from scipy.special import stdtrit  # pylint: disable=no-name-in-module  # compiled; and slow to import, so here

    half = float(stdtrit(len(values) - 1, (1 + COVERAGE) / 2)) * stdev(values) / math.sqrt(len(values))
    return [mean - half, mean + half]


def _beats(result: Mapping[str, Any]) -> bool:
    """Whether the found policy is better on the test images and its gains on other training sets are not chance."""
    better = bool(result["test_score"] > result["baseline_test_score"])
    return better and (result["gains_interval"] is None or result["gains_interval"][0] > 0)


def _verdict(result: Mapping[str, Any]) -> str:
    scores = (
        f"test score {result['test_score']:.4f} against {result['baseline_test_score']:.4f} without augmentation and "
        f"{result['hand_made_test_score']:.4f} with a hand-made policy"
    )
    gains = ""
    if result["gains"]:
        low, high = result["gains_interval"]
        gains = (
            f"; mean gain {result['gains_mean']:+.4f} (95 % interval {low:+.4f} to {high:+.4f}) on "
            f"{len(result['gains'])} other training sets"
        )
    more = " Only a part of the grid was searched." if result["partial"] else ""
    if result["hand_made_test_score"] >= result["test_score"]:
        more = f" It does not beat the policy hand-made, which needs no search.{more}"
    if result["beats_baseline"]:
        return f"The found policy beats no augmentation: {scores}{gains}.{more}"
    if result["test_score"] > result["baseline_test_score"] and result["gains_mean"] > 0:
        return f"The found policy is not shown to beat no augmentation (it may be chance): {scores}{gains}.{more}"
    return f"The found policy does NOT beat no augmentation; train without it: {scores}{gains}.{more}"


def write_result(folder: Path, records: Sequence[Record]) -> dict[str, Any]:
    """Write `policy.json` and `result.json` of a finished run, each wholly or not at all; return the latter."""
    found = next(record for record in reversed(records) if record["kind"] == "found")
    result = fold(records)
    write_at_once(folder / "policy.json", found["policy"])
    write_at_once(folder / "result.json", result)
    return result


def write_at_once(path: Path, content: Mapping[str, Any]) -> None:
    """Write JSON so that the file is, at every moment, the old one or the new one, also after a power cut.

    Raises RunError when the disk refuses.
    """
    text = json.dumps(content, indent=2, allow_nan=False) + "\n"
    with writing(path):
        replace_file(path, text.encode())
