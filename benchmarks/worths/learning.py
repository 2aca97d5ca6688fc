"""Whether proposals get better while a search goes on, and whether two fits rank policies as test images do."""

from __future__ import annotations

import numpy as np

import augplug
from augplug import api
from augplug._evaluators.kernel_ridge import KernelRidge
from augplug._evaluators.scoring import smoothed
from augplug._policies.grammar import Policy
from augplug._search import baselines
from augplug.data.sets import Labelled
from augplug.data.split import split
from benchmarks.worths.searches import Row, search

RANKED = 40
"""Random policies whose ranks are compared, beside the baselines."""


def random_policies(count: int, seed: int) -> list[Policy]:
    """Return policies of the space `strengths`, as the algorithm `random` draws them."""
    algorithm = augplug.searches()["random"](seed=seed, space="strengths")
    return [proposal.policy for proposal in algorithm.ask(count)]


def learned(data: Labelled, seed: int, train: int, trials: int, algorithm: str) -> Row:
    """Search, then score as many random policies in the cells of the last quarter of the proposals."""
    settings = {"space": "strengths"} if algorithm == "random" else {}
    row = search(data, seed, train, algorithm, trials=trials, settings=settings)
    last = row["cells"][-(len(row["cells"]) // 4) :]
    places = split(data, seed=seed, train=train)
    children = [
        KernelRidge(data.take(subset), data.take(valid))
        for subset, valid in zip(places.subsets, places.valid, strict=True)
    ]
    drawn = random_policies(len(last), 10_000 + seed)
    scores = [
        children[subset].evaluate(policy, seed=cell, budget=0.5)
        for policy, (subset, cell, _reward) in zip(drawn, last, strict=True)
    ]
    told = float(np.mean([reward for _subset, _seed, reward in last]))
    return {"proposed": told, "random": float(np.mean(scores)), "difference": told - float(np.mean(scores))}


def ranks(data: Labelled, seed: int, train: int) -> Row:
    """Return Spearman's correlation of two fits on two subsets with the test accuracy on three others."""
    from scipy.stats import spearmanr  # slow to import

    places = split(data, seed=seed, train=train, others=3)
    operations = api.operations()
    fixed = [*baselines.simple(operations).values(), *baselines.published_ones(operations).values()]
    policies = [*fixed, *random_policies(RANKED, 20_000 + seed)]
    told = [_scores(data, places.subsets[i], places.valid[i], policies, i, budget=0.5) for i in range(2)]
    tested = [
        _scores(data, other, places.test, policies, 100 + i, accuracy=True) for i, other in enumerate(places.others)
    ]
    return {"rho": float(spearmanr(np.mean(told, axis=0), np.mean(tested, axis=0)).statistic)}


def _scores(
    data: Labelled,
    train: np.ndarray,
    valid: np.ndarray,
    policies: list[Policy],
    seed: int,
    *,
    budget: float | None = None,
    accuracy: bool = False,
) -> list[float]:
    child = KernelRidge(data.take(train), data.take(valid))
    margins = [child.margins(policy, seed=seed, budget=budget) for policy in policies]
    return [float(np.mean(one > 0)) if accuracy else smoothed(one) for one in margins]
