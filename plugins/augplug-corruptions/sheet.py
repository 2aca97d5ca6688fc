"""Write a sheet of all corruptions: a row each, at severities 1 to 5, on scikit-image's photograph of a cat.

Run as `python sheet.py [sheet.png] [seed]` where augplug-corruptions is installed.
"""

from __future__ import annotations

import sys

import augplug_corruptions
import numpy as np
import skimage.data
from PIL import Image

import augplug

SIDE = 224


def sheet(photograph: augplug.Image, seed: int) -> augplug.Image:
    """Return the rows as one image `(14 H, 6 W, 3)`; each begins with the photograph itself, `(H, W, 3)`."""
    rows = []
    for operation in augplug_corruptions.augplug_operations():
        steps = [augplug.step(operation.about.name, severity=severity) for severity in range(1, 6)]
        corrupted = [augplug.Augmenter(step, seed=seed)(photograph, index=0) for step in steps]
        rows.append(np.hstack([photograph, *corrupted]))
    return np.vstack(rows)


def main(arguments: list[str]) -> None:
    """Write the sheet."""
    where, seed = [*arguments, *["sheet.png", "0"][len(arguments) :]]
    photograph = skimage.data.chelsea()  # type: ignore[no-untyped-call]  # scikit-image has no types
    Image.fromarray(sheet(photograph[40 : 40 + SIDE, 110 : 110 + SIDE], int(seed))).save(where)


if __name__ == "__main__":
    main(sys.argv[1:])
