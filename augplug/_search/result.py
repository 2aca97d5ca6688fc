"""The result of a study: a fold over its journal. No clock and no path is in it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from augplug._evaluators.scoring import correct_bits
from augplug._policies.grammar import Policy
from augplug._search import baselines
from augplug._search.bench import accuracy_of
from augplug._search.former_result import about
from augplug._search.former_result import facts as former_facts
from augplug._search.intervals import crossed
from augplug._search.journal import Record, writing
from augplug._search.sessions import effective, version_notes
from augplug._search.verdict import verdict
from augplug.disk import replace_file

Floats: TypeAlias = npt.NDArray[np.float64]


def fold(records: Sequence[Record]) -> dict[str, Any]:
    """Return `result.json`'s content from the records of a finished run: its facts, and what follows from them."""
    result = facts(records)
    result["beats_baseline"] = _beats(result)
    result["verdict"] = verdict(result)
    return result


def facts(records: Sequence[Record]) -> dict[str, Any]:
    """Return what the records of a finished run say. Raises LookupError or ValueError while one is missing.

    Scores are accuracies on the test images, the mean over the other training subsets; averaged by class where the
    settings say `balanced`. `comparisons` hold each baseline's, with the interval of the difference to the found
    policy (`crossed`: over subsets and over images). `rewards` holds each trial's, in order, None for a failed one.
    `gains` are (found - no augmentation) on each subset. `missing` names the policies that could not be compared. Runs
    of formats 1 and 2 have other facts (`former_result`).
    """
    records = effective(records)
    if records[0]["format"] < 3:
        return former_facts(records)
    last = {record["kind"]: record for record in records}
    found, race = last["found"], last["race"]["entrants"]
    fixed = {record["name"]: record for record in records if record["kind"] == "baseline"}
    compared, missing = _compared(records)
    weights = _weights(records)
    return {
        **about(records),
        "warnings": records[0]["warnings"] + version_notes(records),
        "ended_by_limit": sum(record["kind"] == "evaluation" and "limit" in record for record in records),
        "best_number": found["number"],
        "best_decisions": found["decisions"],
        "baseline_reward": fixed["none"]["reward"],
        "hand_made_reward": fixed[baselines.REFERENCE]["reward"],
        "kept_baseline": found["baseline"],
        "best_baseline": next(entrant["name"] for entrant in race if entrant["baseline"]),
        "race": race,
        "comparisons": _comparisons(compared, weights),
        "missing": missing,
        **_scores(compared, weights),
    }


def found_table(records: Sequence[Record]) -> Floats | None:
    """Return what became of the test images with the found policy, `(subsets, images)`; None if it was not compared.

    1 where an image is classified correctly, times the image's weight. Runs of equal seed, data and settings have the
    same subsets and images in the same places.
    """
    held = effective(records)
    compared, _ = _compared(held)
    return _table(compared["found"], _weights(held)) if "found" in compared else None


def _compared(records: Sequence[Record]) -> tuple[dict[str, list[Record]], list[str]]:
    """The evaluations of each policy on the test images, a subset each; and who has none, because one failed."""
    ran = {(record["cell"], record["policy"]): record for record in records if record["kind"] == "evaluation"}
    comparisons = [record for record in records if record["kind"] == "comparison"]
    missing = [record["policy"] for record in comparisons if record["error"]]
    compared = {
        record["policy"]: [ran[cell, record["digest"]] for cell in record["cells"]]
        for record in comparisons
        if not record["error"] and record["cells"]
    }
    return compared, missing


def _scores(compared: Mapping[str, Sequence[Record]], weights: Floats) -> dict[str, Any]:
    """The found policy's scores, those without augmentation, and what the one gains over the other on each subset."""
    tables = {name: _table(compared[name], weights) for name in ("found", "none") if name in compared}
    gained = tables["found"] - tables["none"] if len(tables) == 2 else None
    gains = [] if gained is None else [float(gain) for gain in gained.mean(axis=1)]
    return {
        **_score("", tables.get("found")),
        **_score("baseline_", tables.get("none")),
        "gains": gains,
        "gains_mean": fmean(gains) if gains else None,
        "gains_interval": None if gained is None else crossed(gained),
    }


def _score(prefix: str, table: Floats | None) -> dict[str, Any]:
    mean = None if table is None else float(table.mean())
    return {f"{prefix}test_score": mean, f"{prefix}test_score_interval": None if table is None else crossed(table)}


def _comparisons(compared: Mapping[str, Sequence[Record]], weights: Floats) -> dict[str, dict[str, Any]]:
    """Each baseline's score on the test images, and the found policy's minus it."""
    if "found" not in compared:
        return {}
    found = _table(compared["found"], weights)
    tables = {name: _table(ran, weights) for name, ran in compared.items() if name != "found"}
    return {
        name: {
            "test_score": float(table.mean()),
            "test_score_interval": crossed(table),
            "difference": float((found - table).mean()),
            "difference_interval": crossed(found - table),
        }
        for name, table in tables.items()
    }


def _table(evaluations: Sequence[Record], weights: Floats) -> Floats:
    """What became of the test images, `(subsets, images)`: 1 where classified correctly, times the image's weight.

    Of an evaluator that knows no images: its scores, `(subsets, 1)`.
    """
    if not all(record.get("correct") for record in evaluations):
        return np.array([[accuracy_of(record)] for record in evaluations])
    rows = [correct_bits(record["correct"], len(weights)) for record in evaluations]
    return np.asarray(np.array(rows, dtype=np.float64) * weights)


def _weights(records: Sequence[Record]) -> Floats:
    """The weights of the test images, with a mean of 1: those of a small class weigh more where scores are balanced."""
    labels = next((record["y"] for record in records if record["kind"] == "labels"), None)
    if labels is None:
        return np.ones(records[0]["data"]["test"])
    y = np.array(labels)
    weights = 1 / np.bincount(y)[y]
    return np.asarray(weights / weights.mean())


def _beats(result: Mapping[str, Any]) -> bool:
    """Return True if the found policy's gains over no augmentation are not chance."""
    if not result["gains"]:
        return False
    return bool(result["gains_interval"][0] > 0)


def write_policy(folder: Path, policy: Policy) -> None:
    """Write `policy.json` of the found policy, wholly or not at all."""
    write_at_once(folder / "policy.json", policy.to_json())


def write_result(folder: Path, records: Sequence[Record]) -> dict[str, Any]:
    """Write `result.json` of a finished run, wholly or not at all, and return its content."""
    result = fold(records)
    write_at_once(folder / "result.json", result)
    return result


def write_at_once(path: Path, content: Mapping[str, Any]) -> None:
    """Write JSON so that the file is, at every moment, the old one or the new one, also after a power cut.

    Raises RunError when the disk refuses.
    """
    text = json.dumps(content, indent=2, allow_nan=False) + "\n"
    with writing(path):
        replace_file(path, text.encode())
