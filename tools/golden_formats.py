"""Write one file of each kind and format number into tests/golden/formats, with the augplug whose files are to be kept.

    PYTHONSAFEPATH=1 PYTHONPATH=path/to/that/checkout python tools/golden_formats.py [FOLDER]

Files in the repository are never written again: a new format number gets new files. `ledger-1.json` is not made here:
`augplug plugins approve` wrote it, of two plugins of that checkout.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

import augplug

sys.path.append(
    str(Path(__file__).resolve().parents[1])
)  # where `tests` is; last, so that augplug is the one asked for
from tests.golden import recording  # pylint: disable=wrong-import-position  # found by the line above

FOLDER = recording.FILE.with_name("formats")
step, sequence = augplug.step, augplug.sequence
HOLES = step("Cutout", size=0.3, holes=3, noise=1, x=0.5, y=0.5)
MOVES = sequence(
    step("RandomErasing", noise=1, mask_value=-1.0, scale=(0.1, 0.3)),
    step("Cutout", size=0.3, noise=0, mask_value=2.0, value=(1, 2.5, 255)),
    step("Rotate", degrees=(-30, 30), interpolation="linear", fill=128, mask_fill=1),
    step("Posterize", bits=(3, 6)),
    step("RandomCrop", height=20, width=18, padding=2),
)
POLICY_TOML = """augplug_policy = 1
name = "by-hand"
scale = "randaugment"
fuse = "exact"
source = "tools/golden_formats.py"

[defaults]
interpolation = "linear"
fill = [1, 2.5, 255]
mask_fill = 0

[[policy.sequence]]
one_of = [
    {sequence = [{op = "ShearX", p = 0.9, level = 14}, {op = "Invert", p = 0.2}]},
    {op = "Cutout", size = {log_uniform = [0.1, 0.5]}, noise = 0, mask_value = -1.0},
]
weights = [0.25, 0.75]

[[policy.sequence]]
some_of = [
    {op = "Posterize", level = {integers = [3, 12]}},
    {op = "Rotate", degrees = {normal = [0, 9], clip = [-20, 20]}},
]
n = {choice = [0, 1, 2], weights = [0.2, 0.5, 0.3]}
replacement = false

[[policy.sequence]]
blend = [{op = "Color", factor = {beta = [2, 2]}}, {op = "Solarize", threshold = {uniform = [100, 256]}}]
alpha = 0.5
"""


STRENGTHS = """\
{
 "augplug_strengths": 1,
 "name": "mine",
 "source": "a golden file",
 "entries": [
  {"name": "flip", "op": "HorizontalFlip", "draw": "p", "strengths": [0.25, 0.5]},
  {"name": "turn", "op": "Affine", "draw": "around 0", "strengths": [5, 10], "field": "degrees"},
  {"name": "zoom", "op": "Affine", "draw": "times", "strengths": [0.1, 0.3], "field": "scale"},
  {"name": "gamma", "op": "Gamma", "draw": "ratio", "strengths": [0.5], "field": "gamma"},
  {"name": "hue", "op": "HueShift", "draw": "around 0", "strengths": [10, 20], "field": "degrees", "channels": 3},
  {"name": "few", "op": "Posterize", "draw": "level", "strengths": [3, 9]},
  {"name": "waves", "op": "ElasticTransform", "draw": "up to", "strengths": [0.02], "field": "amplitude_fraction",
   "fixed": {"spacing_fraction": 0.5, "interpolation": "linear"}}
 ]
}
"""
"""As a user writes it: every way to draw."""


def plans() -> Mapping[str, augplug.Plan]:
    """Return plans by the name of their file, of all shapes that a plan has."""
    image, partner = recording.picture(), recording.picture(1)
    mixed = sequence(step("HorizontalFlip", p=1), step("CutMix"))
    chains = augplug.blend(sequence(step("Rotate", degrees=12)), step("Solarize", threshold=99))
    augmenters = {node: augplug.Augmenter(node, seed=7, backend="reference") for node in (MOVES, chains, mixed, HOLES)}
    counted = augplug.Augmenter("randaugment:n=2,m=14", seed=7, backend="reference", fuse="none").plan(image)
    return {
        "plan-1.json": augmenters[MOVES].plan(image, index=3, epoch=1),
        "plan-1-cutout.json": augmenters[HOLES].plan(image, index=3),
        "plan-1-blend.json": augmenters[chains].plan(image, index=3),
        "plan-1-partner.json": augmenters[mixed].plan(image, index=3, partner=partner),
        "plan-1-count.json": replace(counted, key={**counted.key, "process": 2**60 + 1}),
    }


def written() -> Mapping[str, str]:
    """Return the files by name."""
    document: Any = augplug.load_policy({"augplug_policy": 1, "policy": MOVES.to_json()}).to_json()
    space = augplug.SearchSpace("mine", ("Rotate", "Cutout", "Invert"), levels=7, sub_policies=3, scale="randaugment")
    made = {"policy-1.json": json.dumps({**document, "name": "erase-and-turn"}, indent=1), "policy-1.toml": POLICY_TOML}
    made |= {"space-1.json": json.dumps(space.to_json(), indent=1), "strengths-1.json": STRENGTHS}
    return {**made, **{name: plan.to_json() for name, plan in plans().items()}}


def expected(made: Mapping[str, str]) -> dict[str, str]:
    """Return the digest of each policy's draws, and the SHA-256 of what each plan makes of the picture."""
    read = {name: augplug.load_plan(text) for name, text in made.items() if name.startswith("plan-")}
    found = {name: augplug.replay(plan, recording.picture(), _partner(plan)) for name, plan in read.items()}
    policies = {"policy-1.json": json.loads(made["policy-1.json"]), "policy-1.toml": tomllib.loads(POLICY_TOML)}
    digests = {name: augplug.load_policy(document).digest.hex() for name, document in policies.items()}
    strengths = augplug.read_space(json.loads(STRENGTHS))
    strongest = [size - 1 for size in strengths.sizes]
    digests["strengths-1.json"] = strengths.decode(augplug.operations(), strongest, "mine").digest.hex()
    return {**digests, **{name: sha256(image.tobytes()).hexdigest() for name, image in found.items()}}


def _partner(plan: augplug.Plan) -> augplug.Image | None:
    return recording.picture(1) if plan.partners else None


def search(out: Path) -> None:
    """Run the search whose files are kept: that of tests/search/journals, with a space in the place of the grid."""
    with np.load(str(files("augplug.data").joinpath("digits.npz"))) as arrays:
        images, labels = np.asarray(arrays["x"]), np.asarray(arrays["y"], dtype=np.int64)
    chosen = np.concatenate([np.flatnonzero(labels == digit)[:20] for digit in range(10)])
    settings: dict[str, Any] = {
        "train": 20,
        "batch": 4,
        "finalists": 2,
        "race_cells": 4,
        "significance": 1,
        "subsets": 2,
    }
    settings |= {"space": "geometry", "joined": 2, "copies": 2}
    data = augplug.Labelled(images[chosen], labels[chosen], tuple("0123456789"))
    augplug.search("random", data, out=out, seed=0, seeds=1, trials=4, workers=2, settings=settings)


def main(arguments: list[str]) -> None:
    """Write the files that are not there."""
    folder = Path(arguments[0]) if arguments else FOLDER
    folder.mkdir(exist_ok=True)
    kept = {path.name: path.read_text("utf-8") for path in folder.glob("p*-*")}
    made = {**written(), **kept}
    before = json.loads((folder / "expected.json").read_text("utf-8")) if (folder / "expected.json").exists() else {}
    for name, text in {**made, "expected.json": json.dumps({**before, **expected(made)}, indent=1)}.items():
        (folder / name).write_text(text.rstrip("\n") + "\n", encoding="utf-8")
    if not (folder / "run-3").exists():
        search(folder / "run-3")
        for path in (folder / "run-3").iterdir():
            if path.suffix not in (".json", ".jsonl"):
                path.unlink()  # pages and pictures are not what is read
        print("run-3")


if __name__ == "__main__":
    main(sys.argv[1:])
