"""Checks of an evaluator: two sets of images and a policy in, a reward out."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from augplug._evaluators.base import Evaluator
from augplug._policies.building import sequence, step
from augplug._policies.grammar import Policy
from augplug.data.sets import Labelled, digest
from augplug.errors import SettingsError
from augplug.testing.base import Check, Failed, Skipped, Subject, require

_IMAGES = 60
_SIDE = 24
_CLASSES = ("flat", "steep")


def stripes(seed: int, count: int = _IMAGES, *, channels: int = 0, phase: float = 6.0) -> Labelled:
    """Return images `(count, 24, 24)` of stripes: class 0 lie, class 1 stand; noise and phase (0 to `phase`) differ.

    With all phases no single pixel tells the classes apart; with some of them a weighted sum of pixels does.
    """
    numbers = np.random.default_rng(seed)
    y = np.arange(count) % 2
    along = np.arange(_SIDE)[None, :] / 3 + numbers.uniform(0, phase, (count, 1))
    waves = 128 + 60 * np.sin(along)
    images = np.where(y[:, None, None] == 1, waves[:, None, :], waves[:, :, None]) + numbers.normal(
        0, 12, (count, 24, 24)
    )
    x = np.clip(images, 0, 255).astype(np.uint8)
    return Labelled(np.repeat(x[..., None], 3, axis=-1) if channels else x, y.astype(np.int64), _CLASSES)


def shuffled(data: Labelled) -> Labelled:
    """Return the images with labels that say nothing: half of each class has the other's."""
    return Labelled(data.x, (np.arange(len(data)) // 2 % 2).astype(np.int64), data.classes)


def _policy(subject: Subject) -> Policy:
    return Policy(sequence(step(subject.operations, "augplug:Rotate", p=0.5, degrees=(-10, 10))), "examined")


def _child(subject: Subject, train: Labelled | None = None, **settings: Any) -> Evaluator:
    made = subject.value(train or stripes(1), stripes(2), **settings)
    require(isinstance(made, Evaluator), f"it makes {type(made).__name__}, not an Evaluator")
    return made  # type: ignore[no-any-return]  # `require` has looked


def reward_is_in_range(subject: Subject) -> None:
    """Is the reward a number in [0, 1], on grey and RGB images, with and without a policy that does something?

    When it fails: return a float, such as the accuracy on the validation images.
    """
    for channels in (0, 3):
        child = subject.value(stripes(1, channels=channels), stripes(2, channels=channels))
        for policy in (Policy(sequence(), "none"), _policy(subject)):
            reward = child.evaluate(policy, seed=5)
            number = isinstance(reward, int | float | np.floating)
            require(number and math.isfinite(reward) and 0 <= reward <= 1, f"the reward is {reward!r}")


def same_seed_same_reward(subject: Subject) -> None:
    """Does the same seed give the same reward to the bit, again and from a fresh evaluator?

    When it fails: draw everything from `seed`, and keep no model, optimiser or generator between evaluations.
    """
    policy, child = _policy(subject), _child(subject)
    first = [child.evaluate(policy, seed=seed) for seed in (5, 6, 7)]
    again = [child.evaluate(policy, seed=seed) for seed in (7, 6, 5)][::-1]
    require(first == again, f"the seeds 5, 6, 7 give {first}, then {again}")
    fresh = [_child(subject).evaluate(policy, seed=seed) for seed in (5, 6, 7)]
    require(first == fresh, f"a fresh evaluator gives {fresh}, not {first}")


def data_stay(subject: Subject) -> None:
    """Are the images and labels left as they were, and may they be read-only?

    When it fails: copy before you write.
    """
    train, valid = stripes(1), stripes(2)
    before = digest(train), digest(valid)
    subject.value(train, valid).evaluate(_policy(subject), seed=5)
    require((digest(train), digest(valid)) == before, "it changes its data")
    for array in (train.x, train.y, valid.x, valid.y):
        array.flags.writeable = False
    subject.value(train, valid).evaluate(_policy(subject), seed=5)


def noise_is_chance(subject: Subject) -> None:
    """Do labels that say nothing give about the reward of chance, one half of two classes?

    When it fails: score on the validation images, and let no label of theirs reach the training.
    """
    child = subject.value(shuffled(stripes(1)), shuffled(stripes(2)))
    rewards = [child.evaluate(_policy(subject), seed=seed) for seed in (5, 6)]
    mean = float(np.mean(rewards))
    # 60 images, sd of an accuracy 0.065: four of them.
    require(abs(mean - 0.5) <= 0.26, f"labels that say nothing give a reward of {mean:.2f}, chance is 0.5")


def progress_is_reported(subject: Subject) -> None:
    """Are the intermediate rewards in [0, 1], and does an exception from inside `progress` end the evaluation?

    When it fails: call `progress(reward)` with the reward so far, outside any `except` that would catch it.
    """
    reports: list[float] = []
    _child(subject).evaluate(_policy(subject), seed=5, progress=reports.append)
    if not reports:
        raise Skipped("it reports no progress")
    wrong = [reward for reward in reports if not (math.isfinite(reward) and 0 <= reward <= 1)]
    require(not wrong, f"it reports {wrong[:3]}")

    def stop(reward: float) -> None:
        raise _EnoughError(reward)

    try:
        _child(subject).evaluate(_policy(subject), seed=5, progress=stop)
    except _EnoughError:
        return
    raise Failed("it swallows the exception by which a study ends a hopeless trial")


class _EnoughError(BaseException):
    """As a study ends a trial: no Exception."""


def budget_is_taken(subject: Subject) -> None:
    """Is `budget=0.5` taken, and gives a reward in [0, 1] that the seed decides?

    When it fails: take `budget` and train less, or as always.
    """
    child = _child(subject)
    one, other = (child.evaluate(_policy(subject), seed=5, budget=0.5) for _ in range(2))
    require(one == other and 0 <= one <= 1, f"budget=0.5 gives {one}, then {other}")


def settings_are_checked(subject: Subject) -> None:
    """Is an unknown setting a SettingsError?

    When it fails: call `augplug.check_known`, or declare your settings as keywords and raise `augplug.SettingsError`.
    """
    try:
        _child(subject, no_such_setting=1)
    except (SettingsError, TypeError):
        return
    raise Failed("an unknown setting is taken without a word")


def learns_something(subject: Subject) -> None:
    """Does it tell 60 lying stripes from standing ones better than chance, as a linear model of the pixels can?

    When it fails: train longer or on more copies by default; a reward that knows nothing ranks nothing.
    """
    child = subject.value(stripes(1, phase=1.0), stripes(2, phase=1.0))
    reward = child.evaluate(Policy(sequence(), "none"), seed=5)
    require(reward >= 0.6, f"its reward on plain stripes is {reward:.2f}, chance is 0.5")


CHECKS: tuple[Check, ...] = (
    reward_is_in_range,
    same_seed_same_reward,
    data_stay,
    noise_is_chance,
    progress_is_reported,
    budget_is_taken,
    settings_are_checked,
    learns_something,
)
