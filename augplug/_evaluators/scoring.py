"""What a child model's margins say: the smoothed score to choose by, and the accuracy to report.

The margin of an image is the score of its true class minus the best score of another; the image is classified
correctly where it is above 0. docs/design/search.md says what was measured.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Margins = npt.NDArray[np.float64]
SLOPE = 10.0
"""Of the sigmoid: a margin of 0.1 either way moves an image's part of the score from 0.27 to 0.73."""


@dataclass(frozen=True)
class Scored:
    """What one evaluation says of a policy: the `reward` to choose by, and the `accuracy`, both in [0, 1].

    `correct` has a bit for each validation image, in order, as hexadecimal digits (numpy.packbits). An evaluator
    without margins has neither accuracy nor bits.
    """

    reward: float
    accuracy: float | None = None
    correct: str = ""


def smoothed(margins: Margins) -> float:
    """Return the mean of a sigmoid of 10 times the margins `(N,)`: accuracy, but an image near the border counts half.

    Nearly the same ranking as accuracy's, with less noise: an image that hardly changes sides hardly changes the score.
    """
    return float(np.mean(_sigmoids(margins)))


def scored(margins: Margins, y: npt.NDArray[np.int64], *, balanced: bool = False) -> Scored:
    """Return the scores of margins `(N,)` of images of the classes `y`; `balanced`: the mean of the classes' means.

    Raises ValueError for margins that are not one finite number an image.
    """
    margins = np.asarray(margins, dtype=np.float64)
    if margins.shape != y.shape or not np.isfinite(margins).all():
        raise ValueError(f"the evaluator returned margins of shape {margins.shape}; they are {len(y)} finite numbers")
    correct = margins > 0
    weights = 1 / np.bincount(y)[y] if balanced else None
    reward = float(np.average(_sigmoids(margins), weights=weights))
    return Scored(reward, float(np.average(correct, weights=weights)), np.packbits(correct).tobytes().hex())


def correct_bits(text: str, count: int) -> npt.NDArray[np.bool_]:
    """Return the bits `(count,)` of `Scored.correct`."""
    packed = np.frombuffer(bytes.fromhex(text), dtype=np.uint8)
    return np.unpackbits(packed, count=count).astype(np.bool_)


def margins_of(scores: npt.NDArray[np.float64], y: npt.NDArray[np.int64]) -> Margins:
    """Return the margins `(N,)` of scores `(N, classes)` for the true classes `y`."""
    rows = np.arange(len(y))
    others = scores.copy()
    others[rows, y] = -np.inf
    return np.asarray(scores[rows, y] - others.max(axis=1))


def _sigmoids(margins: Margins) -> Margins:
    return 1 / (1 + np.exp(-SLOPE * np.clip(margins, -30, 30)))
