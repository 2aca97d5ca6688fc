"""Runs made by hand: folders as a search leaves them, with the numbers that a test gives them.

`write_run` writes runs of formats 1 and 2, `write_raced` those of format 3.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from augplug._search.journal import encode
from augplug._search.result import fold

POLICY = {
    "augplug_policy": 1,
    "name": "mine",
    "scale": "autoaugment",
    "fuse": "exact",
    "source": "",
    "defaults": {},
    "policy": {"op": "Invert", "p": 1.0},
}


def write_run(
    folder: Path,
    *,
    algorithm: str = "random",
    rewards: Sequence[float | None] = (0.5, 0.7, 0.6),
    test: float = 0.75,
    gains: Sequence[float] = (0.02, 0.04),
    hand_made: float | None = None,
    trials: Sequence[Mapping[str, Any]] | None = None,
    data: Mapping[str, Any] | None = None,
    **settings: Any,
) -> Path:
    """Write a finished run. With `hand_made` it has that second baseline, as runs of format 2 have."""
    used = {
        "algorithm": algorithm,
        "evaluator": "kernel-ridge",
        "seed": 0,
        "seeds": 1,
        "train": 100,
        "batch": 2,
        "trials": None,
    }
    used |= {"algorithm_settings": {}, "evaluator_settings": {"copies": 2}, **settings}
    about = {"images": 500, "shape": [28, 20], "classes": ["a", "b"], "train": 100, "valid": 200, "test": 200}
    first = {"kind": "configuration", "format": 1, "size": None, "settings": used, "data": {**about, **(data or {})}}
    first |= {"data_digest": "ab" * 32, "versions": {"augplug": "0.1.0"}, "warnings": []}
    records: list[dict[str, Any]] = [first, {"kind": "baseline", "number": 0, "reward": 0.4}]
    if hand_made is not None:
        records.append({"kind": "baseline", "number": 1, "policy": "hand-made", "reward": hand_made})
    for number, reward in enumerate(rewards):
        trial = {"number": number, "decisions": [], "reward": reward, "error": "" if reward is not None else "no"}
        more = trials[number] if trials else {"policy": POLICY}
        records.append({"kind": "evaluation", "stage": "trial", "number": number, "seconds": 0.5 + number})
        records.append({"kind": "trial", **trial, **more})
    records.append({"kind": "found", "policy": POLICY, "number": None, "decisions": None})
    tests = {"baseline": [0.7, 0.72], "found": [test - 0.01, test + 0.01]}
    tests |= {} if hand_made is None else {"hand-made": [hand_made, hand_made]}
    records += [{"kind": "test", "policy": name, "rewards": given} for name, given in tests.items()]
    records += [{"kind": "gain", "number": i, "baseline": 0.5, "found": 0.5 + gain} for i, gain in enumerate(gains)]
    folder.mkdir(parents=True)
    write_journal(folder, records)
    write_json(folder / "result.json", _result(first, records, tests))
    write_json(folder / "policy.json", POLICY)
    return folder


Hits = Sequence[Sequence[int]]
"""Of a policy: for each training subset, which test images are classified correctly (1) and which not (0)."""
FOUND: Hits = ((1, 1, 1, 1, 1, 1, 1, 0), (1, 1, 1, 1, 1, 1, 0, 1))
NONE: Hits = ((1, 1, 1, 0, 0, 0, 1, 0), (1, 1, 0, 1, 0, 0, 0, 0))
HAND_MADE: Hits = ((1, 1, 1, 1, 1, 0, 1, 0), (1, 1, 1, 1, 1, 0, 0, 0))


def write_raced(
    folder: Path,
    *,
    algorithm: str = "random",
    rewards: Sequence[float | None] = (0.5, 0.7, 0.6),
    trials: Sequence[Mapping[str, Any]] | None = None,
    correct: Mapping[str, Hits] | None = None,
    missing: Sequence[str] = (),
    kept: str | None = None,
    y: Sequence[int] | None = None,
    more: Sequence[Mapping[str, Any]] = (),
    data_digest: str = "ab" * 32,
    **settings: Any,
) -> Path:
    """Write a finished run of format 3 with 8 test images. `correct` is by policy: found, none, hand-made, ...

    `y` are the labels of the test images of a balanced run; `more` are further records.
    """
    correct = {"found": FOUND, "none": NONE, "hand-made": HAND_MADE} if correct is None else correct
    subsets = max((len(hits) for hits in correct.values()), default=0)
    used = {"algorithm": algorithm, "evaluator": "kernel-ridge", "seed": 0, "seeds": 1, "train": 100, "batch": 2}
    used |= {"trials": None, "minutes": None, "race_cells": 4, "subsets": subsets, "balanced": y is not None}
    used |= {"trial_budget": 0.5, "algorithm_settings": {}, "evaluator_settings": {"copies": 2}, **settings}
    about = {"images": 500, "shape": [28, 20], "classes": ["a", "b"], "train": 100, "valid": 200, "test": 8}
    records: list[Mapping[str, Any]] = [
        {
            "kind": "configuration",
            "format": 3,
            "size": None,
            "settings": used,
            "data": about,
            "data_digest": data_digest,
        }
        | {"versions": {"augplug": "1.0.0"}, "warnings": []}
    ]
    names = [name for name in ("none", "hand-made", *correct) if name != "found"]
    fixed = [name for name in dict.fromkeys([*names, *missing]) if name != "found"]
    records += [
        {"kind": "baseline", "number": n, "name": name, "baseline": True, "proposal": None, "reward": 0.4 + n / 100}
        | {"rewards": [0.4 + n / 100] * 2, "accuracies": [0.4 + n / 100] * 2}
        for n, name in enumerate(fixed)
    ]
    for number, reward in enumerate(rewards):
        trial = {"number": number, "decisions": [], "reward": reward, "error": "" if reward is not None else "no"}
        trial |= {"cells": [f"trial-{number // 4}"], "rewards": [] if reward is None else [reward]}
        evaluation = {"kind": "evaluation", "stage": "trial", "cell": f"trial-{number // 4}", "policy": f"p{number}"}
        records.append(evaluation | {"number": number, "seconds": 0.5 + number, "reward": reward})
        records.append({"kind": "trial", **trial, **(trials[number] if trials else {"policy": POLICY})})
    records += _race(fixed, kept)
    records.append({"kind": "found", "policy": POLICY, "number": None, "decisions": None, "baseline": kept})
    records += [{"kind": "labels", "y": list(y)}] if y is not None else []
    records += _comparisons(correct, missing)
    records += more
    folder.mkdir(parents=True)
    write_journal(folder, records)
    numbered = [{"n": n, **record} for n, record in enumerate(records)]
    write_json(folder / "result.json", fold(json.loads(json.dumps(numbered))))
    write_json(folder / "policy.json", POLICY)
    return folder


def _race(fixed: Sequence[str], kept: str | None) -> list[Mapping[str, Any]]:
    """A trial before the fixed policies, or behind one that is kept."""
    trial = {
        "name": "trial 1",
        "baseline": False,
        "proposal": 1,
        "rewards": [0.7, 0.6, 0.8, 0.7],
        "accuracies": [0.8] * 4,
    }
    others = [
        {"name": name, "baseline": True, "proposal": None, "rewards": [0.6, 0.5], "accuracies": [0.7, 0.6]}
        for name in sorted(fixed, key=lambda name: name != (kept or "hand-made"))
    ]
    return [{"kind": "race", "entrants": [trial, *others] if kept is None else [others[0], trial, *others[1:]]}]


def _comparisons(correct: Mapping[str, Hits], missing: Sequence[str]) -> list[Mapping[str, Any]]:
    records: list[Mapping[str, Any]] = []
    cells: dict[str, list[str]] = {}
    for name, hits in correct.items():
        cells[name] = [f"test-{subset}" for subset in range(len(hits))]
        for cell, row in zip(cells[name], hits, strict=True):
            bits = np.packbits(np.array(row, dtype=bool)).tobytes().hex()
            evaluation = {"kind": "evaluation", "stage": "comparison", "cell": cell, "policy": f"digest of {name}"}
            accuracy = sum(row) / len(row)
            records.append(evaluation | {"reward": accuracy, "accuracy": accuracy, "correct": bits, "seconds": 1.0})
    told = [(name, cells[name], "") for name in correct] + [(name, [], "it failed") for name in missing]
    return [
        *records,
        *(
            {"kind": "comparison", "number": n, "policy": name, "digest": f"digest of {name}", "cells": its}
            | {"error": error}
            for n, (name, its, error) in enumerate(told)
        ),
    ]


def _result(
    first: Mapping[str, Any], records: Sequence[Mapping[str, Any]], tests: Mapping[str, list[float]]
) -> dict[str, Any]:
    rewards = [record["reward"] for record in records if record["kind"] == "trial"]
    gains = [record["found"] - record["baseline"] for record in records if record["kind"] == "gain"]
    made = {name: first[name] for name in ("settings", "data", "data_digest", "versions", "warnings")}
    made |= {"algorithm": first["settings"]["algorithm"], "best_number": None, "best_decisions": None}
    made |= {"rewards": rewards, "best_reward": max(reward for reward in rewards if reward is not None)}
    made |= {"baseline_reward": 0.4, "beats_baseline": True, "verdict": "It beats no augmentation."}
    made |= {"gains": gains, "gains_mean": fmean(gains) if gains else None}
    made |= {"gains_interval": [min(gains), max(gains)] if gains else None}
    for name, prefix in (("found", ""), ("baseline", "baseline_"), ("hand-made", "hand_made_")):
        if name in tests:
            made[f"{prefix}test_score"] = fmean(tests[name])
            made[f"{prefix}test_score_interval"] = [min(tests[name]), max(tests[name])]
    if "hand-made" in tests:
        made["hand_made_reward"] = tests["hand-made"][0]
    return made


def write_journal(folder: Path, records: Sequence[Mapping[str, Any]]) -> None:
    """Write the records, numbered and with their checksums."""
    (folder / "journal.jsonl").write_bytes(b"".join(encode({"n": n, **record}) for n, record in enumerate(records)))


def write_json(path: Path, content: object) -> None:
    """Write a JSON file."""
    path.write_text(json.dumps(content), "utf-8")
