"""Checks of a search algorithm: ask, tell, finalists, best."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean, median

from augplug._pipeline.augmenter import Augmenter
from augplug._policies.grammar import Policy
from augplug._search.base import Proposal, Result, SearchAlgorithm
from augplug._search.settings import declared
from augplug.errors import SettingsError
from augplug.testing.base import Check, Failed, Skipped, Subject, require
from augplug.testing.elsewhere import fingerprints_elsewhere, fingerprints_of
from augplug.testing.samples import call, photograph

_ROUNDS = (5, 1, 7, 3)
_MOST = 400


def _reward(number: int) -> float | None:
    """Return a made-up reward: a different one for every number below 101; each fifth trial failed."""
    return None if number % 5 == 3 else (37 * number % 101) / 101


def _told(asked: Sequence[Proposal]) -> list[Result]:
    return [
        Result(one.number, _reward(one.number), "" if _reward(one.number) is not None else "ValueError: made up")
        for one in asked
    ]


def _play(algorithm: SearchAlgorithm, rounds: Sequence[int] = _ROUNDS) -> list[Proposal]:
    """Ask and tell round by round; return what was proposed."""
    proposed: list[Proposal] = []
    for count in rounds:
        asked = algorithm.ask(count)
        algorithm.tell(_told(asked))
        proposed += asked
    return proposed


def _made(subject: Subject, seed: int = 3) -> SearchAlgorithm:
    made = subject.value(subject.operations, seed=seed)
    require(isinstance(made, SearchAlgorithm), f"it makes {type(made).__name__}, not a SearchAlgorithm")
    return made  # type: ignore[no-any-return]  # `require` has looked


def _text(proposed: Sequence[Proposal]) -> list[tuple[int, str, object]]:
    return [(one.number, one.policy.digest.hex(), one.decisions) for one in proposed]


def numbers_count_from_zero(subject: Subject) -> None:
    """Does `ask(count)` return at most `count` proposals, numbered 0, 1, 2, ... over all calls?

    When it fails: keep one count of everything proposed, whatever is told in between.
    """
    algorithm, proposed = _made(subject), list[Proposal]()
    for count in _ROUNDS:
        asked = algorithm.ask(count)
        require(isinstance(asked, list), f"ask returns {type(asked).__name__}, not a list")
        require(len(asked) <= count, f"ask({count}) returns {len(asked)} proposals")
        proposed += asked
        algorithm.tell(_told(asked))
    require(proposed, "the first ask returns nothing")
    numbers = [one.number for one in proposed]
    require(numbers == list(range(len(numbers))), f"the proposals are numbered {numbers}")
    decisions = [one.decisions for one in proposed if one.decisions is not None]
    plain = [{type(row), *map(type, row)} <= {tuple, int} for row in decisions]
    require(all(plain), "decisions are a tuple of whole numbers, or None: they are written into the journal")


def ends_with_nothing(subject: Subject) -> None:
    """Once `ask` returns fewer than it was asked for, does it go on to return none?

    When it fails: return an empty list at the end, every time; never start again.
    """
    algorithm = _made(subject)
    for _ in range(_MOST // 20):
        asked = algorithm.ask(20)
        algorithm.tell(_told(asked))
        if len(asked) < 20:
            break
    else:
        raise Skipped(f"it still proposes after {_MOST} trials: the study ends it")
    more = [len(algorithm.ask(count)) for count in (3, 1, 20)]
    require(more == [0, 0, 0], f"after its end it proposes {more} more")


def same_seed_same_proposals(subject: Subject) -> None:
    """Do the same settings, seed and results give the same proposals, here and in another process?

    When it fails: draw from a generator made of `seed`; share nothing between instances; use no clock, no order of
    sets and no `hash()` of texts.
    """
    one, other = _made(subject), _made(subject)
    first: list[Proposal] = []
    second: list[Proposal] = []
    for count in _ROUNDS:  # in turn, so that what two instances share shows
        for algorithm, proposed in ((one, first), (other, second)):
            asked = algorithm.ask(count)
            algorithm.tell(_told(asked))
            proposed += asked
    require(_text(first) == _text(second), "two instances with one seed propose differently")
    require(fingerprints_elsewhere(subject) == fingerprints_of(subject), "another process proposes differently")


def replays_from_results(subject: Subject) -> None:
    """Does an instance that is told a journal's results go on as the one that was there?

    When it fails: let the state depend on settings, asks and results alone: a killed search resumes by replaying them.
    """
    there = _made(subject)
    before = _play(there)
    resumed = _made(subject)
    again: list[Proposal] = []
    for count in _ROUNDS:
        asked = resumed.ask(count)
        copied = [Result(int(str(one.number)), one.reward, str(one.error)) for one in _told(asked)]
        resumed.tell(copied)
        again += asked
    require(_text(again) == _text(before), "replayed, it proposes something else")
    require(_text(resumed.ask(4)) == _text(there.ask(4)), "after replaying, it goes on differently")
    ranked = [[one.number for one in algorithm.finalists(5)] for algorithm in (there, resumed)]
    require(ranked[0] == ranked[1], f"after replaying, its finalists are {ranked[1]}, not {ranked[0]}")


def failed_results_are_taken(subject: Subject) -> None:
    """Does it go on when every trial of a batch failed, and prefer none of them?

    When it fails: in `tell` leave results whose `reward` is None out of all arithmetic.
    """
    algorithm = _made(subject)
    asked = algorithm.ask(4)
    algorithm.tell([Result(one.number, None, "MemoryError: made up") for one in asked])
    failed = {one.number for one in asked}
    proposed = _play(algorithm)
    if not proposed:
        raise Skipped("it ends after the first batch")
    ranked = [one.number for one in algorithm.finalists(50)]
    wrong = [number for number in ranked if number in failed or _reward(number) is None]
    require(not wrong, f"failed trials {wrong} are finalists")


def finalists_are_ranked(subject: Subject) -> None:
    """Are `finalists(k)` at most k of the proposals, all different, the better ones, and best first?

    When it fails: sort by reward, or by what a model of the rewards expects, the highest first, and cut at `count`.
    """
    algorithm = _made(subject)
    known = {one.number: one for one in _play(algorithm)}
    every = [_reward(number) or 0.0 for number in known]
    longest = [one.number for one in algorithm.finalists(50)]
    for count in (0, 1, 3, 50):
        ranked = algorithm.finalists(count)
        numbers = [one.number for one in ranked]
        require(len(numbers) <= count, f"finalists({count}) returns {len(numbers)}")
        require(len(set(numbers)) == len(numbers), f"finalists({count}) repeats one: {numbers}")
        require(set(numbers) <= set(known), f"finalists({count}) were never proposed: {numbers}")
        require(all(known[one.number].policy.digest == one.policy.digest for one in ranked), "a finalist has changed")
        require(numbers == longest[:count], f"finalists({count}) are {numbers}, and finalists(50) begin otherwise")
        rewards = [_reward(number) or 0.0 for number in numbers]
        # A model looks past the noise of single rewards, so that the order need not be theirs.
        require(not 0 < count < 50 or fmean(rewards) >= fmean(every), f"finalists({count}) have the rewards {rewards}")
        require(count != 1 or rewards[0] >= median(every), "finalists(1) is worse than half of the proposals")


def best_is_a_policy(subject: Subject) -> None:
    """Is `best()` a policy that augments, with and without fresh scores, and not the worst of the proposals?

    When it fails: return a Policy, that of the highest reward.
    """
    algorithm, image = _made(subject), photograph()
    proposed = _play(algorithm)
    scores = {one.number: 0.5 - 0.01 * place for place, one in enumerate(algorithm.finalists(3))}
    for made in (algorithm.best(), algorithm.best(scores=scores)):
        require(isinstance(made, Policy), f"best() returns {type(made).__name__}, not a Policy")
        call(Augmenter(made), image)
    rewards = {one.policy.digest: _reward(one.number) or 0.0 for one in proposed}
    reward = rewards.get(algorithm.best().digest, 1.0)
    require(len(rewards) < 2 or reward > min(rewards.values()), "best() is the proposal with the worst reward")


def fresh_scores_decide(subject: Subject) -> None:
    """Does `best(scores)` follow the fresh scores of finalists rather than the rewards of their trials?

    When it fails: rank by `scores` where they are given: a high reward is high by luck in part.
    """
    algorithm = _made(subject)
    _play(algorithm)
    ranked = algorithm.finalists(2)
    if len(ranked) < 2 or algorithm.best().digest != ranked[0].policy.digest:
        raise Skipped("what it finds is not one of its proposals")
    found = algorithm.best(scores={ranked[0].number: 0.1, ranked[1].number: 0.9})
    require(found.digest == ranked[1].policy.digest, "the finalist with the higher fresh score is not the best")


def settings_are_checked(subject: Subject) -> None:
    """Are settings declared with defaults, and is an unknown one refused?

    When it fails: give each keyword a default or a field in `Settings`, and take no keyword that is not declared
    (`augplug.check_known`).
    """
    declared(subject.value)
    try:
        subject.value(subject.operations, seed=3, no_such_setting=1)
    except (SettingsError, TypeError):
        return
    raise Failed("an unknown setting is taken without a word")


def proposals_augment(subject: Subject) -> None:
    """Does every proposed policy augment a grey and an RGB image alone, without a partner?

    When it fails: leave operations that mix images or refuse grey ones out of the space.
    """
    for proposal in _play(_made(subject)):
        augment = Augmenter(proposal.policy)
        require(not augment.mixes, f"proposal {proposal.number} mixes images, and an evaluator has no partner")
        for channels in (None, 3):
            call(augment, photograph(channels=channels), proposal.number)


CHECKS: tuple[Check, ...] = (
    numbers_count_from_zero,
    ends_with_nothing,
    same_seed_same_proposals,
    replays_from_results,
    failed_results_are_taken,
    finalists_are_ranked,
    best_is_a_policy,
    fresh_scores_decide,
    settings_are_checked,
    proposals_augment,
)
