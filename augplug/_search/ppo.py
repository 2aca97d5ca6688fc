"""AutoAugment's search (arXiv 1805.09501): a recurrent controller proposes policies and learns by PPO which pay.

Top to bottom: the hyper-parameters; the controller, an LSTM that takes one decision after the other, with its gradient
by backpropagation through time; Adam; the clipped objective of PPO (arXiv 1707.06347, equation 7); the algorithm.
Everything is float64 numpy. Shapes: N proposals, T decisions, E embedding, H hidden units, n_t choices at decision t.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

import numpy as np
import numpy.typing as npt

from augplug._evaluators.pinning import one_thread
from augplug._policies.grammar import Policy
from augplug._policies.reader import Operations
from augplug._search.base import Proposal, Result, SearchAlgorithm
from augplug._search.ranking import Ranking
from augplug._search.read_space import read_space
from augplug._search.space_base import CHANNELS, JOINED, SPACE, Space, checked
from augplug.ranges import check_known, check_ranges, natural, setting

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]
Parameters: TypeAlias = dict[str, Floats]

MOST_WEIGHT, OLD_RATE = 2.0, 2 / 3
"""If proposals overlap: the largest weight of a decision, and the part of the learning rate that is used."""
PRESETS: Mapping[str, Mapping[str, Any]] = {"laptop": {}, "paper": {"learning_rate": 0.00035, "baseline": "ema"}}
"""How each preset differs from the defaults of `Hyperparameters`."""


@dataclass(frozen=True)
class Hyperparameters:  # pylint: disable=too-many-instance-attributes  # the method has as many
    """What `--set` takes for `autoaugment`. The defaults are the preset `laptop`; `paper` needs 2,000 proposals."""

    preset: str = setting("laptop", choices=tuple(PRESETS), doc="`paper`: learning_rate 0.00035 and baseline ema.")
    space: Space = setting("autoaugment", doc=SPACE)
    channels: int = setting(0, low=0, high=1024, doc=CHANNELS)
    joined: int = setting(5, low=1, high=1000, doc=f"{JOINED} Paper: 5.")
    learning_rate: float = setting(0.003, low=1e-7, high=10, doc="Adam's. Paper: 0.00035.")
    batch: int = setting(20, low=2, high=10_000, doc="Results that an update takes. NASNet: 20.")
    epochs: int = setting(4, low=1, high=1000, doc="How often an update uses its results.")
    clip: float = setting(0.2, low=1e-3, high=10, doc="How far PPO lets the ratio of a probability move from 1.")
    entropy: float = setting(1e-5, low=0, high=10, doc="Weight of the entropy bonus. Paper: 1e-5.")
    baseline: str = setting("batch-mean", choices=("batch-mean", "ema"), doc="What a reward is compared with.")
    ema: float = setting(0.95, low=0, high=0.9999, doc="Weight of the past in the moving average. Paper: 0.95.")
    hidden: int = setting(100, low=1, high=4096, doc="Units of the LSTM. Paper: 100.")
    embedding: int = setting(32, low=1, high=4096, doc="Numbers that stand for a choice.")
    initial: float = setting(0.1, low=1e-3, high=10, doc="Parameters start uniform within +- this. Paper: 0.1.")

    def __post_init__(self) -> None:
        """Read the space, and refuse values out of range."""
        check_ranges("autoaugment", self)
        object.__setattr__(self, "space", read_space(self.space, channels=self.channels))


@dataclass(frozen=True)
class Step:
    """What one forward step leaves for the backward pass; `active`: the four gates and tanh(c); `log_p`: `(N, n_t)`."""

    x: Floats
    h: Floats
    c: Floats
    active: tuple[Floats, ...]
    h_next: Floats
    log_p: Floats


class Controller:
    """A one-layer LSTM over T decisions, with an embedding and a softmax head for each decision of its own."""

    def __init__(self, settings: Hyperparameters, rng: np.random.Generator) -> None:
        """Draw the parameters. `sizes` are n_0 ... n_(T-1), those of the space."""
        self.sizes = sizes = settings.space.sizes
        e, h = settings.embedding, settings.hidden
        shapes = {"start": (e,), "input": (e, 4 * h), "recurrent": (h, 4 * h), "bias": (4 * h,)}
        shapes |= {f"embedding.{t}": (n, e) for t, n in enumerate(sizes[:-1])}
        shapes |= {f"head.{t}": (h, n) for t, n in enumerate(sizes)}
        shapes |= {f"head_bias.{t}": (n,) for t, n in enumerate(sizes)}
        bound = settings.initial
        self.parameters: Parameters = {name: rng.uniform(-bound, bound, shape) for name, shape in shapes.items()}
        for t, weights in enumerate(settings.space.weights or ()):
            self.parameters[f"head_bias.{t}"] += np.log(weights)

    def sample(self, count: int, rng: np.random.Generator) -> tuple[Ints, Floats]:
        """Return `(N, T)` decisions and the logarithms of their probabilities."""
        uniform = rng.random((count, len(self.sizes)))  # proposal by proposal: however many are asked for at once

        def choose(t: int, log_p: Floats) -> Ints:
            cumulative = np.exp(log_p).cumsum(axis=1)
            return np.asarray((cumulative < uniform[:, t, None] * cumulative[:, -1:]).sum(axis=1))

        decisions, steps = self._forward(count, choose)
        return decisions, chosen(steps, decisions)

    def log_prob(self, decisions: Sequence[int]) -> float:
        """Return the logarithm of the probability that these T decisions are proposed. Raises SettingsError."""
        given = np.array([checked(decisions, self.sizes)], dtype=np.int64)
        return float(chosen(self.forward(given), given).sum())

    def forward(self, decisions: Ints) -> list[Step]:
        """Return the T steps in which these `(N, T)` decisions are taken."""
        return self._forward(len(decisions), lambda t, _: decisions[:, t])[1]

    def _forward(self, count: int, choose: Callable[[int, Floats], Ints]) -> tuple[Ints, list[Step]]:
        p = self.parameters
        h = c = np.zeros((count, p["recurrent"].shape[0]))
        x = np.broadcast_to(p["start"], (count, len(p["start"])))
        made, steps = np.zeros((count, len(self.sizes)), dtype=np.int64), []
        for t in range(len(self.sizes)):
            inner = x @ p["input"] + h @ p["recurrent"] + p["bias"]
            i, f, g, o = inner.reshape(count, 4, h.shape[1]).swapaxes(0, 1)
            gates = (_sigmoid(i), _sigmoid(f), _tanh(g), _sigmoid(o))
            c_next = gates[1] * c + gates[0] * gates[2]
            active = (*gates, _tanh(c_next))
            h_next = gates[3] * active[4]
            logits = h_next @ p[f"head.{t}"] + p[f"head_bias.{t}"]
            logits -= logits.max(axis=1, keepdims=True)
            log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
            steps.append(Step(x, h, c, active, h_next, log_p))
            made[:, t] = choose(t, log_p)
            if t + 1 < len(self.sizes):
                x, h, c = p[f"embedding.{t}"][made[:, t]], h_next, c_next
        return made, steps

    def backward(self, decisions: Ints, steps: Sequence[Step], slopes: Sequence[Floats]) -> Parameters:
        """Return the gradient of every parameter, from that of each decision's logits, `slopes`: T of `(N, n_t)`."""
        p, made = self.parameters, {}
        dh = dc = np.zeros_like(steps[0].h)
        dz = np.empty((len(steps), len(decisions), len(p["bias"])))
        for t in reversed(range(len(steps))):
            step, slope = steps[t], slopes[t]
            made[f"head.{t}"] = step.h_next.T @ slope
            made[f"head_bias.{t}"] = slope.sum(axis=0)
            i, f, g, o, squashed = step.active
            dh = dh + slope @ p[f"head.{t}"].T
            dc = dc + dh * o * (1 - squashed**2)
            inner = (dc * g * i * (1 - i), dc * step.c * f * (1 - f), dc * i * (1 - g**2), dh * squashed * o * (1 - o))
            dz[t] = np.concatenate(inner, axis=1)
            dh, dc = dz[t] @ p["recurrent"].T, dc * f
        rows = dz.reshape(-1, dz.shape[2])  # all steps at once: one large product instead of T small ones
        made["input"] = np.concatenate([step.x for step in steps]).T @ rows
        made["recurrent"] = np.concatenate([step.h for step in steps]).T @ rows
        made["bias"] = rows.sum(axis=0)
        dx = dz @ p["input"].T
        made["start"] = dx[0].sum(axis=0)
        for t, n in enumerate(self.sizes[:-1]):
            made[f"embedding.{t}"] = np.eye(n)[decisions[:, t]].T @ dx[t + 1]
        return made


def chosen(steps: Sequence[Step], decisions: Ints) -> Floats:
    """Return the logarithms of the probabilities of the decisions taken, `(N, T)`."""
    return np.stack([s.log_p[np.arange(len(d)), d] for s, d in zip(steps, decisions.T, strict=True)], axis=1)


def _sigmoid(x: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(np.minimum(-x, 700))))  # exp(710) overflows


def _tanh(x: Floats) -> Floats:
    return 2 * _sigmoid(2 * x) - 1  # in a third of the time of numpy's own, which was half of the whole


class Adam:
    """Adam (arXiv 1412.6980, algorithm 1, with its numbers), uphill."""

    def __init__(self, rate: float) -> None:
        """Take the learning rate."""
        self._rate, self._count = rate, 0
        self._moments: dict[str, tuple[Floats, Floats]] = {}

    def climb(self, parameters: Parameters, gradient: Parameters, part: float = 1.0) -> None:
        """Move every parameter up its gradient, in place, at a part of the rate."""
        self._count += 1
        for name, slope in gradient.items():
            mean, square = self._moments.get(name, (np.zeros_like(slope), np.zeros_like(slope)))
            mean, square = 0.9 * mean + 0.1 * slope, 0.999 * square + 0.001 * slope**2
            self._moments[name] = (mean, square)
            spread = np.sqrt(square / (1 - 0.999**self._count)) + 1e-8
            parameters[name] += self._rate * part * mean / (1 - 0.9**self._count) / spread


def objective_slopes(
    steps: Sequence[Step],
    decisions: Ints,
    old: Floats,
    advantages: Floats,
    settings: Hyperparameters,
    weights: Floats | float = 1.0,
) -> list[Floats]:
    """Return the gradient of PPO's objective in each decision's logits.

    The objective is the mean over proposals of the sum over decisions of min(r A, clip(r, 1 - clip, 1 + clip) A), where
    r is a decision's probability over that of which `old` is the logarithm, the one it was sampled with, and A the
    proposal's advantage; plus the entropy of the decisions, weighted. `weights` `(N, T)` are factors of the former.
    """
    ratios = np.exp(chosen(steps, decisions) - old)
    gains = advantages[:, None]
    # Beyond the clip on the side that pays, the objective is flat.
    flat = np.where(gains > 0, ratios > 1 + settings.clip, ratios < 1 - settings.clip)
    pulls = np.where(flat, 0.0, ratios * gains) / len(decisions) * weights
    slopes = []
    for t, step in enumerate(steps):
        p = np.exp(step.log_p)
        surprise = step.log_p - (p * step.log_p).sum(axis=1, keepdims=True)
        away = np.eye(p.shape[1])[decisions[:, t]] - p
        slopes.append(pulls[:, t, None] * away - settings.entropy / len(decisions) * p * surprise)
    return slopes


class AutoAugment(SearchAlgorithm):
    """AutoAugment: a recurrent controller, trained by PPO, that proposes policies of its space or of any other."""

    Settings = Hyperparameters
    defaults: ClassVar[Mapping[str, int]] = {"trials": 400, "seeds": 1, "finalists": 20}

    def __init__(self, operations: Operations, *, seed: int = 0, **settings: Any) -> None:
        """Take the operations by name, a seed in 0..2**64-1, and settings. Raises SettingsError."""
        check_known("autoaugment", settings, Hyperparameters)
        preset = str(settings.get("preset", Hyperparameters.preset))
        self.settings = Hyperparameters(**{**PRESETS.get(preset, {}), **settings})
        self.settings.space.check(operations, self.settings.joined)
        self._operations = operations
        self._rng = np.random.Generator(np.random.PCG64(natural("seed", seed)))
        self.controller = Controller(self.settings, self._rng)
        self._adam = Adam(self.settings.learning_rate)
        self._ranking = Ranking()
        self._old: dict[int, tuple[Floats, int]] = {}
        self._told: dict[int, float | None] = {}
        self._next = range(self.settings.batch)
        self._mean: float | None = None
        self._updates, self._overlapping = 0, False

    def ask(self, count: int) -> list[Proposal]:
        """Return `count` policies sampled from the controller as it is now."""
        first = len(self._ranking.proposals)
        waiting = self._old.keys() - self._told.keys()  # of this controller if asked for in pieces, else overlapping
        self._overlapping |= any(self._old[number][1] < self._updates for number in waiting)
        with one_thread():
            decisions, log_p = self.controller.sample(count, self._rng)
        for number, row in enumerate(map(tuple, decisions.tolist()), first):
            policy = self.settings.space.decode(self._operations, row, "autoaugment")
            self._ranking.proposals.append(Proposal(number, policy, row))
            self._old[number] = log_p[number - first], self._updates
        return self._ranking.proposals[first:]

    def tell(self, results: Sequence[Result]) -> None:
        """Take results, and learn whenever those of the next `batch` proposals are there."""
        self._ranking.tell(results)
        self._told.update({result.number: result.reward for result in results})
        while all(number in self._told for number in self._next):
            self._learn(self._next)
            self._next = range(self._next.stop, self._next.stop + self.settings.batch)

    def _learn(self, numbers: Sequence[int]) -> None:
        """One update of the controller; what failed has no reward and teaches nothing.

        If proposals overlap, updates have moved the controller out of the clip since: then the clip is around it as it
        is now, and weights stand for the difference. Decoupled PPO, arXiv 2110.00641; IMPALA's cut, arXiv 1802.01561.
        """
        told = [
            (self._ranking.proposals[number], self._told.pop(number), self._old.pop(number)[0]) for number in numbers
        ]
        useful = [(proposal.decisions, reward, old) for proposal, reward, old in told if reward is not None]
        if not useful:
            return
        decisions, rewards, sampled = (np.array(column) for column in zip(*useful, strict=True))
        advantages = self._advantages(rewards)
        weights: Floats | float = 1.0
        self._updates += 1
        part = OLD_RATE if self._overlapping else 1.0
        with one_thread():
            if self._overlapping:
                now = chosen(self.controller.forward(decisions), decisions)
                sampled, weights = now, np.minimum(np.exp(now - sampled), MOST_WEIGHT)
            for _ in range(self.settings.epochs):
                steps = self.controller.forward(decisions)
                slopes = objective_slopes(steps, decisions, sampled, advantages, self.settings, weights)
                self._adam.climb(self.controller.parameters, self.controller.backward(decisions, steps, slopes), part)

    def _advantages(self, rewards: Floats) -> Floats:
        baselines = np.full(len(rewards), rewards.mean())
        if self.settings.baseline == "ema":
            for place, reward in enumerate(rewards.tolist()):
                baselines[place] = reward if self._mean is None else self._mean
                self._mean = self.settings.ema * float(baselines[place]) + (1 - self.settings.ema) * reward
        return np.asarray(rewards - baselines)

    def finalists(self, count: int) -> list[Proposal]:
        """Return the policies of highest reward, all different."""
        return self._ranking.finalists(count)

    def best(self, scores: Mapping[int, float] | None = None) -> Policy:
        """Return what the space makes of the best policies. RunError when no policy has a reward."""
        return self._ranking.found_policy(self.settings.space, self.settings.joined, scores, "autoaugment-found")
