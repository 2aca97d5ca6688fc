"""What the records of a finished run of journal format 1 or 2 say: such runs are read and reported, not resumed."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import Any

from augplug._search.journal import Record


def facts(records: Sequence[Record]) -> dict[str, Any]:
    """Return what the records of a finished run say. Raises LookupError or ValueError while one is missing.

    Scores are parts of images classified correctly, in 0..1. `rewards` holds each trial's mean reward in order, None
    for a failed one. `gains` are (found - baseline) on each other training set, scored on the test images. Runs of
    format 1 have no hand-made baseline.
    """
    last = {record["kind"]: record for record in records}
    baselines = {record.get("policy", "none"): record["reward"] for record in records if record["kind"] == "baseline"}
    tests = {record["policy"]: fmean(record["rewards"]) for record in records if record["kind"] == "test"}
    pairs = [(record["baseline"], record["found"]) for record in records if record["kind"] == "gain"]
    gains = [found - baseline for baseline, found in pairs]
    return {
        **about(records),
        "best_number": last["found"]["number"],
        "best_decisions": last["found"]["decisions"],
        "baseline_reward": baselines["none"],
        "test_score": tests["found"],
        "baseline_test_score": tests["baseline"],
        **({"hand_made_reward": baselines["hand-made"]} if "hand-made" in baselines else {}),
        **({"hand_made_test_score": tests["hand-made"]} if "hand-made" in tests else {}),
        "gains": gains,
        "gains_mean": fmean(gains) if gains else None,
        "gains_scores": [{"baseline": baseline, "found": found} for baseline, found in pairs],
    }


def about(records: Sequence[Record]) -> dict[str, Any]:
    """Return what a finished run of any format says of its configuration and its trials."""
    configuration = records[0]
    trials = [record for record in records if record["kind"] == "trial"]
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
        "best_reward": max(record["reward"] for record in trials if record["reward"] is not None),
    }
