"""A small Gaussian process: a smooth guess, with its doubt, of a function of few hundred noisy values.

Source: Rasmussen and Williams, "Gaussian Processes for Machine Learning", MIT Press 2006,
algorithm 2.1 and section 5.4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_solve, solve_triangular

Reals = npt.NDArray[np.float64]
LENGTHS = (0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0)
NOISES = (0.1, 0.25, 0.5, 1.0, 2.0)
"""Length scales, and variances of the noise in variances of the function, of which the likeliest pair is taken."""
_JITTER = 1e-8


@dataclass(frozen=True)
class GaussianProcess:
    """A squared-exponential kernel of one length scale over the rows `x` `(n, d)`; see `fit`."""

    x: Reals
    length: float
    noise: float
    mean: float
    scale: float
    factor: Reals
    weights: Reals

    @classmethod
    def fit(cls, x: Reals, y: Reals) -> Self:
        """Return the process of noisy values `y` `(n,)`; length scale and noise are the likeliest of the tables."""
        mean, spread = float(y.mean()), float(y.std()) or 1.0
        units, squares = (y - mean) / spread, _squares(x, x)
        best, kept = -np.inf, None
        for length in LENGTHS:
            kernel = np.exp(-squares / (2 * length**2))
            for noise in NOISES:
                factor = np.linalg.cholesky(kernel + (noise + _JITTER) * np.eye(len(x)))
                weights = cho_solve((factor, True), units)
                # The likelihood with the function's variance at its own maximum.
                variance = float(units @ weights) / len(x)
                likelihood = -0.5 * len(x) * np.log(max(variance, _JITTER)) - float(np.log(np.diag(factor)).sum())
                if likelihood > best:
                    scale = spread * max(variance, _JITTER) ** 0.5
                    best, kept = likelihood, (length, noise, scale, factor.astype(np.float64), weights)
        assert kept is not None  # noqa: S101  # a likelihood of finite values is a number
        length, noise, scale, factor, weights = kept
        return cls(x, length, noise, mean, scale, factor, weights * spread)

    def predict(self, x: Reals) -> tuple[Reals, Reals]:
        """Return the mean `(m,)` and the covariance `(m, m)` of the function, without noise, at rows `x` `(m, d)`."""
        across = np.exp(-_squares(x, self.x) / (2 * self.length**2))
        half = solve_triangular(self.factor, across.T, lower=True)
        within = np.exp(-_squares(x, x) / (2 * self.length**2))
        return self.mean + across @ self.weights, self.scale**2 * (within - half.T @ half)

    def sample(self, x: Reals, normals: Reals) -> Reals:
        """Return draws `(k, m)` of the function at rows `x`; `normals` `(k, m)` are standard normal numbers."""
        mean, covariance = self.predict(x)
        factor = np.linalg.cholesky(covariance + 1e-6 * self.scale**2 * np.eye(len(x)))
        drawn: Reals = mean + normals @ factor.T
        return drawn


def _squares(a: Reals, b: Reals) -> Reals:
    """Squared distances `(n, m)` of rows."""
    squares: Reals = (a * a).sum(1)[:, None] + (b * b).sum(1) - 2 * a @ b.T
    return np.maximum(squares, 0.0)
