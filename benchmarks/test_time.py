"""What views at test time are worth on digits: the accuracy of kernel-ridge's classifier with and without them.

    python benchmarks/test_time.py [--train 1000] [--test 1000] [--seeds 3] [--copies 4]

The classifier is trained once on the digits and augmented copies. It scores every view of each test digit by itself,
and `views.merge` averages the scores. Whether a view helps is a question to the images: a mirrored 2 is no 2.
"""

from __future__ import annotations

import argparse
from functools import partial

import numpy as np
import numpy.typing as npt

import augplug
from augplug._evaluators.gradients import features
from augplug.data.digits import load_digits

SMALL = augplug.step("Affine", p=1.0, degrees=(-8, 8), x=(-0.05, 0.05), y=(-0.05, 0.05), scale=(0.95, 1.05))
KINDS = {
    "small shifts and turns, 8 views": partial(augplug.TestTime, SMALL, count=8),
    "flip, 2 views": partial(augplug.TestTime, "flip"),
    "d4, 8 views": partial(augplug.TestTime, "d4"),
}


def accuracies(train: augplug.Labelled, test: augplug.Labelled, copies: int) -> dict[str, float]:
    """Return the accuracy without views, and with each kind of them, of one trained classifier."""
    views = {name: [kind().views(image) for image in test.x] for name, kind in KINDS.items()}
    images = [test.x, *(np.stack([view for made in views[name] for view in made]) for name in KINDS)]
    cells = partial(features, cells=4)
    ridge = augplug.FeatureRidge("kernel-ridge", train, test, cells, copies=copies, ridge=0.01, gamma=0.1)
    fitted = ridge.fit(augplug.policy("hand-made"), seed=0)
    parts = [fitted.scores(cells(part).astype(np.float64)) for part in images]
    made = {"no views": _accuracy(parts[0], test.y)}
    for name, rows in zip(KINDS, parts[1:], strict=True):
        by_image = np.split(rows, len(test))
        merged = np.stack([one.merge(part) for one, part in zip(views[name], by_image, strict=True)])
        made[name] = _accuracy(merged, test.y)
    return made


def _accuracy(scores: npt.NDArray[np.float64], truth: npt.NDArray[np.int64]) -> float:
    return float((scores.argmax(axis=1) == truth).mean())


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in (("train", 1000), ("test", 1000), ("seeds", 3), ("copies", 4)):
        parser.add_argument(f"--{name}", type=int, default=value)
    chosen = parser.parse_args()
    digits = load_digits()
    rows = []
    for seed in range(chosen.seeds):
        order = np.random.default_rng(seed).permutation(len(digits))
        train, test = order[: chosen.train], order[chosen.train : chosen.train + chosen.test]
        rows.append(accuracies(digits.take(train), digits.take(test), chosen.copies))
    print(f"{chosen.train} digits to train on, {chosen.test} to test, mean of {chosen.seeds} splits (lowest, highest)")
    for name in rows[0]:
        values = [row[name] for row in rows]
        print(f"{name:34} {np.mean(values):.4f} ({min(values):.4f}, {max(values):.4f})")


if __name__ == "__main__":
    main()
