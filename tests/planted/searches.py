"""Search algorithms with a bug each: a correct one, and subclasses that spoil it."""

import itertools
import random

import augplug
from augplug import Policy, Proposal
from augplug._policies.building import step

PLANTED = {}
SEARCHES = {}


class Angles(augplug.SearchAlgorithm):
    """Angles drawn at random, each once."""

    total = 30

    def __init__(self, operations, *, seed=0, span=40):
        self.operations = operations
        self.random = random.Random(seed)
        self.span = span
        self.proposals = []
        self.rewards = {}

    def proposal(self, number):
        angle = round(self.random.uniform(1, self.span), 6)
        return Proposal(number, Policy(step(self.operations, "augplug:Rotate", degrees=angle), f"angle-{number}"), (number,))

    def ask(self, count):
        first = len(self.proposals)
        self.proposals += [self.proposal(number) for number in range(first, min(first + count, self.total))]
        return self.proposals[first:]

    def tell(self, results):
        self.rewards.update({one.number: one.reward for one in results if one.reward is not None})

    def finalists(self, count):
        return [self.proposals[number] for number in self.ranked(self.rewards)[:count]]

    def best(self, scores=None):
        if not self.rewards:
            raise augplug.RunError("nothing has a reward")
        return self.proposals[self.ranked(scores or self.rewards)[0]].policy

    def ranked(self, rewards):
        return sorted(rewards, key=lambda number: (-rewards[number], number))


def planted(*checks):
    def make(cls):
        PLANTED[cls.__name__] = checks
        SEARCHES[cls.__name__] = cls
        return cls

    return make


@planted("numbers-count-from-zero")
class FromOne(Angles):
    def proposal(self, number):
        made = super().proposal(number)
        return Proposal(number + 1, made.policy, made.decisions)

    def tell(self, results):
        pass

    def finalists(self, count):
        return []


@planted("numbers-count-from-zero")
class TooMany(Angles):
    def ask(self, count):
        return super().ask(count + 1)


@planted("ends-with-nothing")
class StartsAgain(Angles):
    def ask(self, count):
        asked = super().ask(count)
        return asked or self.proposals[:count]


SHARED = random.Random(1)


@planted("same-seed-same-proposals", "replays-from-results")
class GlobalChance(Angles):
    def proposal(self, number):
        self.random = SHARED
        return super().proposal(number)


@planted("same-seed-same-proposals")
class HashedSeed(Angles):
    def __init__(self, operations, *, seed=0):
        super().__init__(operations, seed=hash(("augplug", seed)))


COUNTER = itertools.count()


@planted("replays-from-results")
class CountsTells(Angles):
    """Goes on after what every instance was ever told."""

    def tell(self, results):
        super().tell(results)
        self.span = 40 + next(COUNTER) % 50


@planted("failed-results-are-taken")
class NoneIsAll(Angles):
    def tell(self, results):
        self.rewards.update({one.number: float(one.reward) for one in results})


@planted("failed-results-are-taken")
class FailedIsHalf(Angles):
    def tell(self, results):
        self.rewards.update({one.number: 0.5 if one.reward is None else one.reward for one in results})


@planted("finalists-are-ranked", "best-is-a-policy")
class WorstFirst(Angles):
    def ranked(self, rewards):
        return sorted(rewards, key=lambda number: rewards[number])


@planted("finalists-are-ranked")
class AllOfThem(Angles):
    def finalists(self, count):
        return super().finalists(10_000)


@planted("best-is-a-policy")
class BestIsProposal(Angles):
    def best(self, scores=None):
        super().best()
        return self.proposals[self.ranked(self.rewards)[0]]


@planted("fresh-scores-decide")
class DeafToScores(Angles):
    def best(self, scores=None):
        return super().best()


@planted("settings-are-checked")
class TakesAll(Angles):
    def __init__(self, operations, *, seed=0, **settings):
        super().__init__(operations, seed=seed)


@planted("proposals-augment")
class Mixes(Angles):
    def proposal(self, number):
        weight = round(self.random.uniform(0, 0.4), 6)
        return Proposal(number, Policy(step(self.operations, "augplug:SamplePairing", weight=weight), f"mix-{number}"))


@augplug.hookimpl
def augplug_searches():
    return SEARCHES
