"""The controller and its updates a second time, for comparison: slow, one proposal, one decision, one number at a time.

Written from the papers (PPO, arXiv 1707.06347, equation 7; Adam, arXiv 1412.6980, algorithm 1; AutoAugment, section 3).
No gradient is derived: each is a central difference of the objective.
"""

from __future__ import annotations

import json
import math
from functools import cache
from statistics import fmean
from typing import Any, TypeAlias

import numpy as np

Numbers: TypeAlias = dict[str, Any]
Trial: TypeAlias = tuple[list[int], list[float], float]
"""Decisions, the logarithms of the probabilities they were sampled with, and reward or advantage."""
STEP = 1e-6


def log_probs(parameters: Numbers, decisions: list[int]) -> list[list[float]]:
    """Return the logarithm of the probability of every choice, decision by decision."""
    size = len(parameters["recurrent"])
    x, hidden, cell = parameters["start"], [0.0] * size, [0.0] * size
    found = []
    for t, decision in enumerate(decisions):
        gates = list(parameters["bias"])
        for weights, given in ((parameters["input"], x), (parameters["recurrent"], hidden)):
            for row, value in zip(weights, given, strict=True):
                gates = [gate + weight * value for gate, weight in zip(gates, row, strict=True)]
        for unit in range(size):
            enter, keep, new, leave = (gates[unit + part * size] for part in range(4))
            cell[unit] = cell[unit] * sigmoid(keep) + sigmoid(enter) * math.tanh(new)
            hidden[unit] = math.tanh(cell[unit]) * sigmoid(leave)
        logits = list(parameters[f"head_bias.{t}"])
        for row, value in zip(parameters[f"head.{t}"], hidden, strict=True):
            logits = [logit + weight * value for logit, weight in zip(logits, row, strict=True)]
        whole = math.log(sum(math.exp(logit) for logit in logits))
        found.append([logit - whole for logit in logits])
        if t + 1 < len(decisions):
            x = parameters[f"embedding.{t}"][decision]
    return found


def sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value))


def objective(parameters: Numbers, trials: list[Trial], clip: float, entropy: float) -> float:
    """Return PPO's clipped objective with the entropy bonus, a mean over the trials."""
    total = 0.0
    for decisions, old, advantage in trials:
        for decision, before, now in zip(decisions, old, log_probs(parameters, decisions), strict=True):
            ratio = math.exp(now[decision] - before)
            total += min(ratio * advantage, min(max(ratio, 1 - clip), 1 + clip) * advantage)
            total -= entropy * sum(math.exp(log_p) * log_p for log_p in now)
    return total / len(trials)


def sides(parameters: Numbers, trials: list[Trial], clip: float) -> set[tuple[bool, str]]:
    """Return where ratios lie beyond the clip: (whether the advantage is positive, above or below)."""
    found = set()
    for decisions, old, advantage in trials:
        for decision, before, now in zip(decisions, old, log_probs(parameters, decisions), strict=True):
            ratio = math.exp(now[decision] - before)
            if abs(ratio - 1) > clip and advantage:
                found.add((advantage > 0, "above" if ratio > 1 else "below"))
    return found


def differences(parameters: Numbers, trials: list[Trial], clip: float, entropy: float) -> Numbers:
    """Return the gradient of the objective in every number."""
    arrays = {name: np.array(value) for name, value in parameters.items()}
    slopes = {name: np.zeros_like(value) for name, value in arrays.items()}
    for name, array in arrays.items():
        for place in np.ndindex(array.shape):
            middle, ends = array[place], []
            for move in (STEP, -STEP):
                array[place] = middle + move
                ends.append(objective({**parameters, name: array.tolist()}, trials, clip, entropy))
            array[place] = middle
            slopes[name][place] = (ends[0] - ends[1]) / (2 * STEP)
    return slopes


@cache
def learned(text: str) -> tuple[Numbers, set[tuple[bool, str]]]:
    """Return the parameters after a saved history, and where ratios were beyond the clip.

    It is JSON: `parameters`, `settings`, and `batches` of [decisions, reward or null]; all were sampled at the start.
    """
    history = json.loads(text)
    settings, parameters = history["settings"], history["parameters"]
    saved = [[(row, taken(parameters, row), reward) for row, reward in batch] for batch in history["batches"]]
    mean: float | None = None
    beyond: set[tuple[bool, str]] = set()
    moments = {name: (np.zeros(np.shape(value)), np.zeros(np.shape(value))) for name, value in parameters.items()}
    count = 0
    for batch in saved:
        useful = [trial for trial in batch if trial[2] is not None]
        trials: list[Trial] = []
        for row, old, reward in useful:
            mean = reward if mean is None else mean
            baseline = mean if settings["baseline"] == "ema" else fmean(trial[2] for trial in useful)
            trials.append((row, old, reward - baseline))
            mean = settings["ema"] * mean + (1 - settings["ema"]) * reward
        for _ in range(settings["epochs"] if trials else 0):
            beyond |= sides(parameters, trials, settings["clip"])
            count += 1
            for name, slope in differences(parameters, trials, settings["clip"], settings["entropy"]).items():
                first, second = moments[name]
                first += (1 - 0.9) * (slope - first)
                second += (1 - 0.999) * (slope * slope - second)
                up = first / (1 - 0.9**count) / (np.sqrt(second / (1 - 0.999**count)) + 1e-8)
                parameters[name] = (np.array(parameters[name]) + settings["learning_rate"] * up).tolist()
    return parameters, beyond


def taken(parameters: Numbers, decisions: list[int]) -> list[float]:
    """Return the logarithms of the probabilities of the decisions that were taken."""
    return [now[decision] for now, decision in zip(log_probs(parameters, decisions), decisions, strict=True)]
