"""What must hold of a controller, as functions of the module: of ours, and of ours with a bug planted."""

from __future__ import annotations

import itertools
import json
from typing import Any

import numpy as np

from augplug import api
from augplug._search.base import Result
from tests.search import slow_ppo

SPACE = {"operations": ["Rotate", "Invert", "Solarize"], "probabilities": 3, "levels": 2, "sub_policies": 1}
"""324 policies, of six decisions."""
ROWS = np.array(list(itertools.product(*map(range, (3, 3, 2, 3, 3, 2)))))
LEARNING = {"learning_rate": 0.2, "batch": 5, "epochs": 2, "clip": 0.1, "entropy": 0.05, "ema": 0.7}
REWARDS: tuple[float | None, ...] = (0.3, None, 0.9, 0.1, 0.6, 0.2, 0.8, 0.4, None, 0.5)


def tiny(ppo: Any, **settings: Any) -> Any:
    """A small controller whose choices are far from equally likely."""
    small = {"space": SPACE, "hidden": 2, "embedding": 2, "initial": 1.0}
    return ppo.AutoAugment(api.operations(), **{**small, **settings})


def check_gradient(ppo: Any) -> None:
    """Every number's gradient is the central difference of the objective."""
    search = tiny(ppo, hidden=5, embedding=4, initial=0.7, clip=0.2, entropy=0.1, seed=3)
    controller, settings = search.controller, search.settings
    decisions, advantages = ROWS[::53], np.array([0.5, -0.3, 0.2, -0.7, 0.9, -0.1, 0.4])
    chance = np.random.default_rng(4)
    old = ppo.chosen(controller.forward(decisions), decisions) + chance.normal(0, 0.3, decisions.shape)

    def objective() -> float:
        total = 0.0
        steps = controller.forward(decisions)
        now = ppo.chosen(steps, decisions)
        for after, before, gain in zip(now, old, advantages, strict=True):
            ratios = np.exp(after - before)
            total += np.minimum(ratios * gain, np.clip(ratios, 0.8, 1.2) * gain).sum()
        return float(total - 0.1 * sum((np.exp(s.log_p) * s.log_p).sum() for s in steps)) / len(old)

    steps = controller.forward(decisions)
    slopes = ppo.objective_slopes(steps, decisions, old, advantages, settings)
    gradient = controller.backward(decisions, steps, slopes)
    assert gradient.keys() == controller.parameters.keys()
    for name, array in controller.parameters.items():
        for place in np.ndindex(array.shape):
            middle, ends = array[place], []
            for move in (1e-5, -1e-5):
                array[place] = middle + move
                ends.append(objective())
            array[place] = middle
            slope, found = (ends[0] - ends[1]) / 2e-5, gradient[name][place]
            assert abs(slope - found) <= 1e-4 * max(abs(slope), abs(found)) + 1e-10, (name, place)


def check_probabilities(ppo: Any) -> None:
    """They are those of the slow controller, and sum to 1 over the space."""
    controller = tiny(ppo, seed=1).controller
    logs = ppo.chosen(controller.forward(ROWS), ROWS)
    assert abs(np.exp(logs.sum(axis=1)).sum() - 1) < 1e-12
    plain = {name: value.tolist() for name, value in controller.parameters.items()}
    for row, log in zip(ROWS.tolist()[::17], logs[::17], strict=True):
        assert np.allclose(log, slow_ppo.taken(plain, row), rtol=0, atol=1e-12)
        assert abs(controller.log_prob(row) - log.sum()) < 1e-12


def check_sampling(ppo: Any) -> None:
    """Policies are sampled as often as their probabilities say, and their probabilities are the ones remembered."""
    controller = tiny(ppo, seed=2).controller
    decisions, logs = controller.sample(10_000, np.random.default_rng(5))
    assert np.allclose(logs, ppo.chosen(controller.forward(decisions), decisions), rtol=0, atol=1e-12)
    expected = np.exp(ppo.chosen(controller.forward(ROWS), ROWS).sum(axis=1))
    places = np.ravel_multi_index(tuple(decisions.T), (3, 3, 2, 3, 3, 2))
    counts = np.bincount(places, minlength=len(ROWS))
    assert (abs(counts - 10_000 * expected) < 5 * np.sqrt(10_000 * expected) + 5).all()


def check_interaction(ppo: Any) -> None:
    """After 200 proposals no decision is independent of the next: log p has a mixed second difference in both."""
    search = ppo.AutoAugment(api.operations(), space=SPACE, hidden=10, embedding=4)
    for first in range(0, 200, 20):
        proposals = search.ask(20)
        search.tell([Result(n, sum(p.decisions) / 10) for n, p in enumerate(proposals, first)])
    controller = search.controller
    row = [0] * len(controller.sizes)
    for t in range(len(row) - 1):
        both = [[*row[:t], a, b, *row[t + 2 :]] for a in (0, 1) for b in (0, 1)]
        one, two, three, four = map(controller.log_prob, both)
        assert abs(one - two - three + four) > 1e-5, t


def check_updates(ppo: Any, baseline: str = "batch-mean") -> None:
    """Two updates on policies sampled before the first one are those of the slow reference, failed trials included."""
    search = tiny(ppo, baseline=baseline, seed=6, **LEARNING)
    proposals = search.ask(10)
    rows = [[list(proposal.decisions), reward] for proposal, reward in zip(proposals, REWARDS, strict=True)]
    history = {
        "parameters": {name: value.tolist() for name, value in search.controller.parameters.items()},
        "settings": {**LEARNING, "baseline": baseline},
        "batches": [rows[:5], rows[5:]],
    }
    expected, beyond = slow_ppo.learned(json.dumps(history))
    assert len(beyond) == 4, "the batch must have ratios beyond the clip on both sides, at gains of both signs"

    search.tell([Result(number, reward) for number, reward in enumerate(REWARDS)])

    for name, value in search.controller.parameters.items():
        assert np.allclose(value, expected[name], rtol=0, atol=1e-6), name


def check_overlapping(ppo: Any) -> None:
    """Learning from proposals of an older controller: the gradient, and the part of the rate, of decoupled PPO.

    In its first epoch every ratio to the controller as it is now is 1, so that the objective is the mean over proposals
    of the sum over decisions of w A log p, with w what the controller has over what sampled them, 2 at most.
    """
    search = tiny(ppo, hidden=3, embedding=2, batch=5, epochs=1, entropy=0.0, learning_rate=0.2, seed=8)
    first, second = search.ask(5), search.ask(5)
    search.tell([Result(number, reward) for number, reward in enumerate((0.9, 0.1, 0.5, 0.8, 0.2))])
    search.ask(5)  # while those of the second batch, older than the update, have no result
    decisions = np.array([proposal.decisions for proposal in second])
    controller, seen = search.controller, []
    controller.parameters["bias"] += np.random.default_rng(1).normal(0, 2, controller.parameters["bias"].shape)
    search._adam.climb = lambda parameters, gradient, part=1.0: seen.append((gradient, part))
    sampled = np.array([search._old[number][0] for number in range(5, 10)])
    weights = np.minimum(np.exp(ppo.chosen(controller.forward(decisions), decisions) - sampled), 2.0)
    assert (weights == 2.0).any(), "the cut must be seen"
    assert (weights < 0.9).any()
    rewards = np.array((0.2, 0.7, 0.4, 0.9, 0.1))
    gains = rewards - rewards.mean()

    search.tell([Result(number, reward) for number, reward in enumerate(rewards.tolist(), 5)])

    def objective() -> float:
        now = ppo.chosen(controller.forward(decisions), decisions)
        return float((weights * gains[:, None] * now).sum() / 5)

    gradient, part = seen[0]
    assert (len(first), len(seen), part) == (5, 1, 2 / 3)
    for place in range(len(controller.parameters["bias"])):
        ends = []
        for move in (1e-5, -2e-5):
            controller.parameters["bias"][place] += move
            ends.append(objective())
        controller.parameters["bias"][place] += 1e-5
        slope = (ends[0] - ends[1]) / 2e-5
        assert abs(slope - gradient["bias"][place]) <= 1e-4 * abs(slope) + 1e-8, place


def check_ema(ppo: Any) -> None:
    """The same with the moving average of the paper."""
    check_updates(ppo, "ema")


CHECKS = (
    check_probabilities,
    check_updates,
    check_overlapping,
    check_ema,
    check_interaction,
    check_gradient,
    check_sampling,
)
"""The quick ones first."""
