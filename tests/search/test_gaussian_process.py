"""The Gaussian process against the formulas of the book, written out slowly, and SciPy's density."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import multivariate_normal

from augplug._search.gaussian_process import LENGTHS, NOISES, GaussianProcess, Reals


def drawn(seed: int, rows: int, columns: int) -> tuple[Reals, Reals]:
    rng = np.random.default_rng(seed)
    x = rng.random((rows, columns))
    return x, np.sin(3 * x.sum(1)) + rng.normal(0, 0.1, rows)


def kernel(a: Reals, b: Reals, length: float) -> Reals:
    return np.array([[np.exp(-np.sum((p - q) ** 2) / (2 * length**2)) for q in b] for p in a])


@given(st.integers(0, 10**6), st.integers(3, 25), st.integers(1, 4))
def test_it_predicts_as_the_book_says(seed: int, rows: int, columns: int) -> None:
    x, y = drawn(seed, rows, columns)
    new = np.random.default_rng(seed + 1).random((6, columns))

    made = GaussianProcess.fit(x, y)
    means, covariance = made.predict(new)

    within = kernel(x, x, made.length) + made.noise * np.eye(rows)
    across = kernel(new, x, made.length)
    expected = y.mean() + across @ np.linalg.solve(within, y - y.mean())
    assert means == pytest.approx(expected, abs=1e-5)
    spread = kernel(new, new, made.length) - across @ np.linalg.solve(within, across.T)
    assert covariance == pytest.approx(made.scale**2 * spread, abs=1e-5)


@given(st.integers(0, 10**6), st.integers(3, 20))
def test_the_likeliest_length_and_noise_are_taken(seed: int, rows: int) -> None:
    """By SciPy's density at the best variance of the function, found by a fine search."""
    x, y = drawn(seed, rows, 2)
    units = (y - y.mean()) / y.std()

    def likelihood(length: float, noise: float) -> float:
        shape = kernel(x, x, length) + noise * np.eye(rows)
        variance = units @ np.linalg.solve(shape, units) / rows
        return float(multivariate_normal(np.zeros(rows), variance * shape).logpdf(units))

    made = GaussianProcess.fit(x, y)

    best = max(likelihood(length, noise) for length in LENGTHS for noise in NOISES)
    assert likelihood(made.length, made.noise) == pytest.approx(best, abs=1e-4)


def test_draws_scatter_as_the_covariance_says() -> None:
    x, y = drawn(0, 30, 2)
    made = GaussianProcess.fit(x, y)
    new = np.random.default_rng(1).random((3, 2))
    means, covariance = made.predict(new)

    draws = made.sample(new, np.random.default_rng(2).standard_normal((20_000, 3)))

    assert draws.mean(0) == pytest.approx(means, abs=4 * covariance.max() ** 0.5 / 20_000**0.5)
    assert np.cov(draws.T) == pytest.approx(covariance, abs=0.05 * covariance.max() + 1e-6 * made.scale**2)


def test_equal_values_are_no_error() -> None:
    x, _ = drawn(0, 8, 2)

    means, _ = GaussianProcess.fit(x, np.full(8, 0.5)).predict(x)

    assert means == pytest.approx(0.5)
