"""Ridge regression on features of images, for a child model of anybody's."""

from typing import Any

import numpy as np
import pytest

import augplug
from augplug.errors import SettingsError
from augplug.testing.evaluators import stripes

NONE = augplug.Policy(augplug.sequence(), "none")
TURN = augplug.Policy(augplug.sequence(augplug.step("Rotate", degrees=(-90, 90))), "turn")


def edges(images: Any) -> Any:
    """Mean differences across and down."""
    x = images.astype(np.float32) / 255
    return np.stack([np.abs(np.diff(x, axis=axis)).mean(axis=(1, 2)) for axis in (1, 2)], axis=1)


def child(**given: Any) -> augplug.FeatureRidge:
    settings = {"copies": 2, "ridge": 0.1, "gamma": 0.2, **given}
    return augplug.FeatureRidge("mine", stripes(1), stripes(2), edges, **settings)


def test_margins_are_those_of_the_closed_form() -> None:
    """By numpy's solver and squared distances of rows; two copies that equal the originals."""
    train, valid = stripes(1), stripes(2)
    rows, other = (edges(data.x).astype(np.float64) for data in (train, valid))
    thrice, y = np.concatenate([rows] * 3), np.tile(train.y, 3)
    width = 0.2 / (2 * rows.var(axis=0).sum())

    def kernel(a: Any, b: Any) -> Any:
        return np.exp(-width * ((a[:, None] - b) ** 2).sum(axis=2))

    scores = kernel(other, thrice) @ np.linalg.solve(kernel(thrice, thrice) + 0.1 * np.eye(180), np.eye(2)[y])

    wanted = scores[np.arange(60), valid.y] - scores[np.arange(60), 1 - valid.y]
    np.testing.assert_allclose(child().margins(NONE, seed=0), wanted, atol=1e-8)


def test_the_fitted_machine_gives_the_scores_of_the_margins() -> None:
    """`fit` returns what `margins` has trained."""
    made, valid = child(), stripes(2)
    fitted = made.fit(TURN, seed=3, budget=0.5)
    scores = fitted.scores(edges(valid.x).astype(np.float64))

    assert fitted.rows.shape == (120, 2)
    assert fitted.weights.shape == (120, 2)
    margins = scores[np.arange(60), valid.y] - scores[np.arange(60), 1 - valid.y]
    assert np.array_equal(margins, made.margins(TURN, seed=3, budget=0.5))


def test_copies_are_what_an_augmenter_makes() -> None:
    """Copy c of image i at index i, epoch c: the features see exactly these images."""
    seen: list[Any] = []

    def features(images: Any) -> Any:
        seen.append(images.copy())
        return edges(images)

    train = stripes(1)
    made = augplug.FeatureRidge("mine", train, stripes(2), features, copies=2, ridge=0.1, gamma=0.1)
    made.margins(TURN, seed=7)

    augment = augplug.Augmenter(TURN, seed=7)
    assert np.array_equal(seen[0], train.x)
    for copy, images in enumerate(seen[2:]):
        assert np.array_equal(images, [augment(image, index=i, epoch=copy) for i, image in enumerate(train.x)])
    assert len(seen) == 4


def test_the_features_of_originals_may_be_made_otherwise() -> None:
    """They are asked for once for each set."""
    asked: list[int] = []

    def originals(images: Any) -> Any:
        asked.append(len(images))
        return edges(images)

    made = augplug.FeatureRidge(
        "mine", stripes(1), stripes(2), edges, copies=2, ridge=0.1, gamma=0.2, originals=originals
    )

    assert np.array_equal(made.margins(TURN, seed=7), child().margins(TURN, seed=7))
    made.margins(TURN, seed=8)
    assert asked == [60, 60]


def test_a_budget_is_a_part_of_the_copies() -> None:
    assert np.array_equal(child(copies=4).margins(TURN, seed=1, budget=0.5), child(copies=2).margins(TURN, seed=1))
    assert np.array_equal(child(copies=3).margins(TURN, seed=1, budget=0.6), child(copies=2).margins(TURN, seed=1))
    assert np.array_equal(child(copies=4).margins(TURN, seed=1, budget=0.01), child(copies=1).margins(TURN, seed=1))
    with pytest.raises(SettingsError, match=r"a budget is a part of the full training in \(0, 1\], not 2"):
        child().margins(TURN, seed=1, budget=2)


def test_too_many_rows_are_refused_in_the_owners_name() -> None:
    with pytest.raises(SettingsError, match=r"mine trains on 20,000 images at most, .* not 60 x \(1 \+ 333\)"):
        child(copies=333).margins(NONE, seed=0)


def test_the_smoothed_accuracy_is_a_mean_of_sigmoids() -> None:
    margins = np.array([0.0, 0.1, -0.1, 1.0])

    assert augplug.smoothed(margins) == pytest.approx(
        (0.5 + 1 / (1 + np.exp(-1)) + 1 / (1 + np.exp(1)) + 1) / 4, abs=2e-5
    )
