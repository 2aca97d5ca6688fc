"""Policies and plans from when flags were "no" and "yes" keep their digests, draws and pixels.

`flags.json` was written by augplug 7c2ec12 and its plugin. For both values of each flag it has a step, the digest of
its policy, and the plan and the pixels of one draw with the backend "reference". It is never written again.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import augplug

ROWS: list[dict[str, Any]] = json.loads(Path(__file__).with_name("flags.json").read_text("utf-8"))
IMAGE = np.random.default_rng(3).integers(0, 256, (32, 40, 3), dtype=np.uint8)


def flag_of(row: dict[str, Any]) -> str:
    return next(str(name) for name, value in row["step"].items() if value in ("no", "yes"))


@pytest.mark.parametrize(
    "row", ROWS, ids=lambda row: f"{row['step']['op']}, {flag_of(row)} {row['step'][flag_of(row)]}"
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_saved_flag_keeps_its_digest_draws_and_pixels(row: dict[str, Any]) -> None:
    step, flag = row["step"], flag_of(row)
    typed = {**step, flag: step[flag] == "yes"}
    saved, policy = (augplug.load_policy({"augplug_policy": 1, "policy": one}) for one in (step, typed))
    augment = augplug.Augmenter(policy, seed=3, backend="reference")
    plan = augment.plan(IMAGE, index=row["index"])
    old = augplug.load_plan(json.dumps({**json.loads(plan.to_json()), "steps": [row["plan"]]}))

    assert saved == policy
    assert policy.digest.hex() == row["digest"]
    assert json.loads(plan.to_json())["steps"] == [row["plan"]]
    for image in (augment(IMAGE, index=row["index"]), augplug.replay(old, IMAGE)):
        assert hashlib.sha256(image.tobytes()).hexdigest() == row["pixels"]


def test_every_flag_is_there_with_both_values() -> None:
    operations = {
        name: kind for name, kind in augplug.operations().items() if name.startswith("augplug-albumentations:")
    }
    flags = {(name, flag) for name, kind in operations.items() for flag, of in kind.about.parameters.items() if of.flag}

    assert len(flags) == 25
    assert {(row["plan"]["op"], flag_of(row)) for row in ROWS} == flags
    assert len(ROWS) == 50
