"""Evaluators with a bug each: a correct nearest-centroid model, and subclasses that spoil it."""

import contextlib

import numpy as np

import augplug

PLANTED = {}
EVALUATORS = {}


class Settings:
    """None."""


class Slopes(augplug.Evaluator):
    """Compares how much values change along rows and along columns."""

    def __init__(self, train, valid, *, copies=2):
        self.train, self.valid, self.copies = train, valid, copies

    def features(self, images):
        grey = images.astype(float).reshape(*images.shape[:3], -1).mean(axis=-1)
        return np.stack([np.abs(np.diff(grey, axis=axis)).mean(axis=(1, 2)) for axis in (1, 2)], axis=1)

    def evaluate(self, policy, *, seed, budget=None, progress=None):
        augment = augplug.Augmenter(policy, seed=seed)
        rows = [np.stack([augment(x, index=i, epoch=e) for i, x in enumerate(self.train.x)]) for e in range(self.copies)]
        images = np.concatenate([self.train.x, *rows])
        labels = np.tile(self.train.y, 1 + self.copies)
        return self.score(self.features(images), labels, progress)

    def score(self, rows, labels, progress):
        centres = np.stack([rows[labels == k].mean(axis=0) for k in range(len(self.train.classes))])
        apart = np.linalg.norm(self.features(self.valid.x)[:, None] - centres, axis=2)
        reward = float((apart.argmin(axis=1) == self.valid.y).mean())
        if progress is not None:
            progress(reward / 2)
        return reward


def planted(*checks):
    def make(cls):
        PLANTED[cls.__name__] = checks
        EVALUATORS[cls.__name__] = cls
        return cls

    return make


@planted("reward-is-in-range", "budget-is-taken")
class Percent(Slopes):
    def evaluate(self, policy, **more):
        return 100 * super().evaluate(policy, **more)


@planted("reward-is-in-range")
class Loss(Slopes):
    def evaluate(self, policy, **more):
        return float("nan")


@planted("same-seed-same-reward", "budget-is-taken")
class Unseeded(Slopes):
    def evaluate(self, policy, **more):
        return min(1.0, super().evaluate(policy, **more) * 0.9 + np.random.random() * 0.1)


@planted("same-seed-same-reward")
class GoesOn(Slopes):
    """Each evaluation goes on where the last one was."""

    done = 0

    def evaluate(self, policy, **more):
        self.done += 1
        return super().evaluate(policy, **more) * (1 - 0.5**self.done)


@planted("data-stay")
class Normalises(Slopes):
    def evaluate(self, policy, **more):
        self.train.x[...] = self.train.x // 2
        return super().evaluate(policy, **more)


@planted("noise-is-chance")
class Cheats(Slopes):
    """Looks the validation labels up."""

    def score(self, rows, labels, progress):
        return 0.97


@planted("progress-is-reported")
class Overreports(Slopes):
    def evaluate(self, policy, *, progress=None, **more):
        if progress is not None:
            progress(73.0)
        return super().evaluate(policy, **more)


@planted("progress-is-reported")
class Swallows(Slopes):
    def evaluate(self, policy, *, progress=None, **more):
        if progress is not None:
            with contextlib.suppress(BaseException):
                progress(0.5)
        return super().evaluate(policy, **more)


@planted("budget-is-taken")
class NoBudget(Slopes):
    def evaluate(self, policy, *, seed, progress=None):
        return super().evaluate(policy, seed=seed, progress=progress)


@planted("settings-are-checked")
class TakesAll(Slopes):
    def __init__(self, train, valid, **settings):
        super().__init__(train, valid)


@planted("learns-something")
class Constant(Slopes):
    def score(self, rows, labels, progress):
        return 0.5


@augplug.hookimpl
def augplug_evaluators():
    return EVALUATORS
