"""Runs made by hand: folders as a search leaves them, with the numbers that a test gives them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from augplug._search.journal import encode

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
    used = {"algorithm": algorithm, "evaluator": "kernel-ridge", "seed": 0, "seeds": 1, "train": 100, "batch": 2}
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
