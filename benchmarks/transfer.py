"""Does what a search finds with `kernel-ridge` help a network that is trained? `torch-cnn` on other subsets.

    python benchmarks/worth.py --parts sets --seeds 100-104 --out worth-runs
    python benchmarks/transfer.py run worth-runs --seeds 100-104 --out transfer.json [--only digits] [--steps 600]
    python benchmarks/transfer.py judge transfer.json ...

Needs augplug-torch and torch. A split is that of the search with its seed: the images to train on are others than it
trained on, and the test images are those that it did not choose by. The published policy is the one that validation
chose in the search's own race. Each policy is trained from some seeds of the network; the unit is the split. `judge`
prints the mean difference of test accuracies over splits, with a 95 % interval by Student's t, for each data set and
over all. `scaled` is the found policy at half its strength, for short trainings.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import augplug_torch
import numpy as np

import augplug
from augplug import api
from augplug._search import baselines
from augplug._search.intervals import interval
from augplug.data.sets import Labelled
from augplug.data.split import split
from benchmarks.worths.sets import SETS

DATA = ("digits", "fashion", "cifar")
TRAIN = {"digits": 300, "fashion": 300, "cifar": 450}
"""Images that a network is trained on."""
BARS = {"hand-made": 0.006, "published": 0.008}
"""What the found policy's mean difference has to be at least, over all data sets, with 600 steps."""
OTHERS = ("none", "hand-made", "flip-crop", "published", "scaled")


def policies(row: Mapping[str, Any]) -> dict[str, augplug.Policy]:
    """Return what is trained with, by name, from a search's row in the output of worth.py."""
    operations = api.operations()
    published = baselines.published_ones(operations)
    published |= baselines.flipped(operations, published)
    simple = baselines.simple(operations)
    found = augplug.load_policy(json.loads(row["policy"]))
    return {
        "found": found,
        "scaled": found.scaled(0.5),
        "published": published[row["best_published"]],
        **{name: simple[name] for name in ("none", "hand-made", "flip-crop")},
    }


def child(data: Labelled, seed: int, train: int, most: int, steps: int) -> augplug_torch.TorchCNN:
    """Return the network that is trained on images no search of that seed trained on, and judged by its test images."""
    parts = split(data, seed=seed, train=train, others=1)
    test = augplug.generator(seed).permutation(parts.test)[:most]
    return augplug_torch.TorchCNN(data.take(parts.others[0]), data.take(test), steps=steps)


def run(given: argparse.Namespace) -> None:
    """Train, and write a row a split as soon as it is done; splits that the file has are left out."""
    rows = json.loads(given.out.read_text("utf-8")) if given.out.exists() else []
    first, last = (int(end) for end in given.seeds.split("-"))
    for seed in range(first, last + 1):
        for name in given.only.split(","):
            if any((row["data"], row["split"], row["steps"]) == (name, seed, given.steps) for row in rows):
                continue
            data = SETS[name][0]()
            if data is None:
                sys.exit(f"the data set {name} is not on this machine")
            searched = json.loads((given.worth / f"search-{name}-{seed}.json").read_text("utf-8"))
            model = child(data, seed, TRAIN[name], given.images, given.steps)
            scores = {
                which: float(np.mean([(model.margins(policy, seed=k) > 0).mean() for k in range(given.networks)]))
                for which, policy in policies(searched).items()
                if which in given.policies.split(",")
            }
            rows.append({"data": name, "split": seed, "steps": given.steps, "scores": scores})
            given.out.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
            print(name, seed, searched["best_published"], {which: round(one, 4) for which, one in scores.items()})


def judged(rows: Sequence[Mapping[str, Any]]) -> tuple[list[str], bool]:
    """Return a line a comparison, and whether all bars are met: the means, and no interval that is wholly below 0."""
    lines, met = [], True
    for other in OTHERS:
        for name in (*sorted({row["data"] for row in rows}), None):
            some = [row["scores"] for row in rows if name in (None, row["data"]) and other in row["scores"]]
            if len(some) < 2:
                continue
            differences = [scores["found"] - scores[other] for scores in some]
            mean, (low, high) = float(np.mean(differences)), interval(differences)
            lines.append(
                f"found - {other:9}  {name or 'all':10} {mean:+.4f}  {low:+.4f}..{high:+.4f}  {len(some)} splits"
            )
            if name is None and other in BARS:
                met &= mean >= BARS[other] and (other != "hand-made" or low > 0)
            elif other == "hand-made":
                met &= high >= 0
    return lines, met


def main() -> int:
    """Run, or judge what was run."""
    parser = argparse.ArgumentParser(description="Train networks with policies that searches found, and with others.")
    commands = parser.add_subparsers(required=True, dest="command")
    running = commands.add_parser("run")
    running.add_argument("worth", type=Path, help="the folder that worth.py wrote")
    running.add_argument("--seeds", default="100-104")
    running.add_argument("--only", default=",".join(DATA))
    running.add_argument(
        "--policies", default=",".join(("found", *OTHERS)), help="whom to train with (default: %(default)s)"
    )
    running.add_argument("--networks", type=int, default=3, help="networks a policy and split (default: %(default)s)")
    running.add_argument("--images", type=int, default=2000, help="most images to judge by (default: %(default)s)")
    running.add_argument("--steps", type=int, default=600, help="steps of a training (default: %(default)s)")
    running.add_argument("--out", type=Path, required=True, help="a JSON file; one that exists is continued")
    judging = commands.add_parser("judge")
    judging.add_argument("files", nargs="+", type=Path)
    given = parser.parse_args()
    if given.command == "run":
        run(given)
        return 0
    lines, met = judged([row for path in given.files for row in json.loads(path.read_text("utf-8"))])
    said = "the bars are met" if met else f"a bar is NOT met: {BARS}, an interval above 0, none wholly below 0"
    print("\n".join([*lines, said]))
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
