"""The race, what it is compared with at the end, and when nothing can be chosen."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st
from scipy import stats

from augplug import api
from augplug._evaluators.scoring import correct_bits
from augplug._policies.grammar import Policy
from augplug._policies.grammar import Sequence as Steps
from augplug._search import baselines, racing
from augplug._search.baselines import NONE
from augplug._search.choosing import signal
from augplug._search.intervals import crossed
from augplug._search.journal import read_journal
from augplug._search.racing import Entrant
from augplug._search.result import fold
from augplug._search.verdict import verdict
from augplug.data.digits import load_digits
from augplug.data.sets import Labelled
from augplug.errors import RunError
from tests.executors.toys import PLAIN, SIMPLE, Toy
from tests.search.conftest import Study, children_of
from tests.search.test_study import kinds


def done_digest_of_none() -> str:
    """What a journal calls no augmentation."""
    return NONE.digest.hex()[:16]


@pytest.mark.parametrize(
    ("gift", "verdict"),
    [
        (0.2, "The found policy beats no augmentation: test score 0.7"),
        (-0.2, ("Keep ", "Train without augmentation: nothing that was tried is better")),
    ],
)
def test_the_verdict_says_plainly_what_to_do(study: Study, gift: float, verdict: str | tuple[str, ...]) -> None:
    result = study(given={"gift": gift, "subsets": 5}).result

    assert result["verdict"].startswith(verdict)
    assert (result["kept_baseline"] is None) == (gift > 0)  # the toy gives the baselines nothing
    if gift > 0:
        assert result["beats_baseline"]
        assert f"better than {result['best_baseline']}, the best fixed policy by validation" in result["verdict"]
        assert all(other["difference_interval"][0] > 0.1 for other in result["comparisons"].values())
    else:
        kept = result["comparisons"][result["kept_baseline"]]
        assert kept["difference"] == 0
        assert result["best_number"] is None


def test_a_difference_that_may_be_chance_is_not_called_a_gain(study: Study, tmp_path: Path) -> None:
    found = study().policy.digest.hex()[:16]
    records = read_journal(tmp_path / "run")
    none = {r["cell"]: r["reward"] for r in records if r.get("policy") == done_digest_of_none()}
    mixed = [
        {**r, "reward": none[r["cell"]] + {"test-0": 0.1, "test-1": -0.05}[r["cell"]]}
        if r["kind"] == "evaluation" and r["policy"] == found and r["cell"].startswith("test")
        else r
        for r in records
    ]

    result = fold(mixed)

    assert result["gains"] == pytest.approx([0.1, -0.05])
    assert not result["beats_baseline"]
    assert result["verdict"].startswith("The found policy is not shown to beat no augmentation (it may be chance)")


def test_a_study_may_do_without_a_comparison(study: Study, tmp_path: Path) -> None:
    result = study(given={"subsets": 0}).result

    assert result["gains"] == []
    assert result["comparisons"] == {}
    assert result["gains_mean"] is result["gains_interval"] is result["test_score"] is None
    assert result["verdict"].startswith("Nothing was compared on the test images")
    assert not result["beats_baseline"]
    assert (tmp_path / "run" / "policy.json").exists()


def test_a_finalist_that_fails_drops_out_and_the_search_goes_on(study: Study, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    given = {"mode": "fail later", "times": 3, "folder": str(notes)}  # in two cells as a trial, and in one of the race

    result = study(given=given).result

    records = read_journal(tmp_path / "run")
    failed = {r["policy"] for r in records if r["kind"] == "evaluation" and r["error"]}
    assert failed
    assert result["failed"] == 0
    raced = {entrant["proposal"] for entrant in result["race"] if entrant["proposal"] is not None}
    trials = {record["number"]: record for record in records if record["kind"] == "trial"}
    assert raced == {number for number, trial in trials.items() if trial["digest"] not in failed}
    assert {one["name"] for one in result["race"]} > {"none", "hand-made", "flip", "flip-crop"}


def test_what_fails_in_the_comparison_is_missing_from_it(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build, evaluate = Toy.__init__, Toy.evaluate

    def built(toy: Toy, train: Labelled, valid: Labelled, **settings: Any) -> None:
        build(toy, train, valid, **settings)
        toy.testing = len(valid) == 30  # type: ignore[attr-defined]  # for the next function alone

    def evaluated(toy: Toy, policy: Policy, **how: Any) -> float:
        if toy.testing and policy.digest not in PLAIN:  # type: ignore[attr-defined]  # as above
            raise ValueError("no luck")
        return evaluate(toy, policy, **how)

    monkeypatch.setattr(Toy, "__init__", built)
    monkeypatch.setattr(Toy, "evaluate", evaluated)

    result = study().result

    assert result["missing"] == ["found"]
    assert result["kept_baseline"] is None
    assert "Nothing was compared" in result["verdict"]
    assert (tmp_path / "run" / "policy.json").exists()


def spoil(monkeypatch: pytest.MonkeyPatch, cell: str, *policies: Policy) -> None:
    """Let these policies, or all without any, fail in a cell of the studies of `make_study`."""
    seed = int.from_bytes(hashlib.blake2b(f"0/{cell}".encode(), digest_size=6).digest(), "little")
    digests, evaluate = {policy.digest for policy in policies}, Toy.evaluate

    def evaluated(toy: Toy, policy: Policy, **how: Any) -> float:
        if how["seed"] == seed and (not digests or policy.digest in digests):
            raise ValueError("no luck")
        return evaluate(toy, policy, **how)

    monkeypatch.setattr(Toy, "evaluate", evaluated)


def test_policies_that_fail_in_a_later_cell_keep_what_they_have(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    spoil(monkeypatch, "race-2")

    result = study(given={"race_cells": 4}).result

    assert {len(entrant["rewards"]) for entrant in result["race"]} == {2}
    assert len(result["race"]) > len(SIMPLE)
    assert result["race"][0]["rewards"]


@pytest.mark.parametrize("significance", [0.01, 1])
def test_without_augmentation_may_fail_in_a_later_cell_and_not_in_the_first(
    study: Study, monkeypatch: pytest.MonkeyPatch, significance: float
) -> None:
    given = {"significance": significance, "gift": 0.4, "race_cells": 4}
    with monkeypatch.context() as patch:
        spoil(patch, "race-2", NONE)
        assert "none" in [entrant["name"] for entrant in study(given=given).result["race"]]
    spoil(monkeypatch, "race-1", NONE)
    with pytest.raises(RunError, match="the baseline none failed: ValueError: no luck"):
        study("again", given=given)


def test_a_found_policy_has_a_verdict_without_the_comparison_with_none(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil(monkeypatch, "test-0", NONE)

    result = study(given={"gift": 0.2, "subsets": 1}).result

    assert result["missing"] == ["none"]
    assert result["verdict"].startswith("The found policy could not be compared with no augmentation: test score 0.7")
    assert "better than " in result["verdict"]
    assert "Not compared, because an evaluation failed: none." in result["verdict"]


def test_a_kept_baseline_has_a_verdict_without_the_comparison_with_none(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil(monkeypatch, "test-0", NONE)

    verdict = study(given={"gift": -0.2, "subsets": 1}).result["verdict"]

    assert verdict.startswith("Keep ")
    assert "Test score 0.5" in verdict


def test_one_subset_is_one_subset(study: Study) -> None:
    assert "on 1 other training subset)" in study(given={"subsets": 1}).result["verdict"]


def test_a_search_that_can_choose_nothing_writes_no_policy(study: Study, tmp_path: Path) -> None:
    """Without its gift the toy's scores are noise."""
    for resume in (False, True):
        with pytest.raises(RunError, match=r"nothing can be chosen on these images: in 8 cells .*what would help"):
            study(given={"significance": 0.01, "gift": 0}, resume=resume)
        records = kinds(tmp_path / "run")
        looks = [[*["evaluation"] * count, "signal"] for count in (22, 22, 44)]
        assert records == ["configuration", *looks[0], *looks[1], *looks[2]]
    assert {path.name for path in (tmp_path / "run").iterdir()} == {".lock", "journal.jsonl"}


def entrants(quality: Sequence[float]) -> list[Entrant]:
    return [Entrant(f"e{i}", Policy(Steps(())), baseline=i % 2 == 0) for i in range(len(quality))]


@drawn(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.integers(2, 30))
def test_the_race_is_halving_and_its_winner_is_the_best(quality: list[float], cells: int) -> None:
    """Without noise nothing better than the winner is there, and the number of evaluations is as told."""
    given, ran = entrants(quality), [racing.FIRST] * len(quality)

    def run(alive: Sequence[Entrant], end: int) -> None:
        for one in alive:
            ran[int(one.name[1:])] = end
            one.rewards = (quality[int(one.name[1:])],) * end

    run(given, racing.FIRST)
    order = racing.race(given, cells, run)

    assert order[0].reward() == max(quality)
    assert sorted(one.name for one in order) == sorted(one.name for one in given)
    assert [one.reward() for one in order] == sorted(quality, reverse=True)
    assert sum(ran) - racing.FIRST * len(quality) == racing.fits(len(quality), cells)
    assert sum(end == max(ran) for end in ran) == (min(2, len(quality)) if cells > racing.FIRST else len(quality))


def test_of_equal_entrants_the_earlier_is_kept() -> None:
    given = entrants([0.5, 0.5, 0.5])

    def run(alive: Sequence[Entrant], end: int) -> None:
        for one in alive:
            one.rewards = (0.5,) * end

    run(given, racing.FIRST)
    assert racing.race(given, 12, run)[0] is given[0]


def test_who_fails_in_a_round_stands_before_those_who_did_not_reach_it() -> None:
    quality = [0.9, 0.8, 0.7, *[0.1] * 6]
    given = entrants(quality)

    def run(alive: Sequence[Entrant], end: int) -> None:
        for number, one in enumerate(given):
            if one in alive and not (number == 0 and end > racing.FIRST):
                one.rewards = (quality[number],) * end

    run(given, racing.FIRST)
    order = [one.name for one in racing.race(given, 12, run)]

    assert order[0] == "e1"
    assert order[-2:] == ["e0", "e8"]


def test_mixtures_are_of_one_and_of_four_finalists_with_the_best_fixed_policy() -> None:
    finalists, fixed = entrants([0.5, 0.9, 0.7, 0.8, 0.6, 0.4]), entrants([0.1, 0.3, 0.2])
    for quality, group in (((0.5, 0.9, 0.7, 0.8, 0.6, 0.4), finalists), ((0.1, 0.3, 0.2), fixed)):
        for one, reward in zip(group, quality, strict=True):
            one.rewards = (reward, reward)
    for one in fixed:
        one.name = f"fixed {one.name}"

    mixed = racing.mixed(finalists, fixed)

    assert list(mixed) == ["e1 or fixed e1", "e1 or e3 or e2 or e4 or fixed e1"]
    assert [len(children_of(policy)) for policy in mixed.values()] == [2, 5]
    assert racing.mixed([], fixed) == racing.mixed(finalists, []) == {}


def test_rounds_are_eight_four_and_two() -> None:
    assert racing.rounds(12) == [(8, 4), (4, 8), (2, 12)]
    assert racing.rounds(2) == []


def test_an_interval_of_subsets_and_images_is_that_of_two_crossed_effects() -> None:
    """Of many tables drawn from known effects, the true mean lies in about 95 %."""
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(400):
        subsets, images = rng.normal(0, 0.02, (5, 1)), rng.normal(0, 0.3, (1, 200))
        low, high = crossed(0.1 + subsets + images + rng.normal(0, 0.2, (5, 200)))
        inside += low <= 0.1 <= high
    assert 0.92 <= inside / 400 <= 0.99


def test_an_interval_of_one_image_a_subset_is_students() -> None:
    values = [0.1, 0.4, 0.2, 0.3]
    low, high = stats.t.interval(0.95, 3, loc=fmean(values), scale=stats.sem(values))

    assert crossed(np.array([[value] for value in values])) == pytest.approx([low, high])
    assert crossed(np.zeros((3, 4))) == [0, 0]


def test_the_signal_is_the_f_test_of_a_two_way_layout() -> None:
    """Against the sums of squares written out, and scipy's distribution."""
    table = np.random.default_rng(1).normal(0, 0.01, (6, 4)) + np.arange(6)[:, None] / 100 + np.arange(4) / 10
    rows, columns = table.mean(axis=1), table.mean(axis=0)
    between = 4 * sum((row - table.mean()) ** 2 for row in rows) / 5
    within = sum((table[i, j] - rows[i] - columns[j] + table.mean()) ** 2 for i in range(6) for j in range(4)) / (5 * 3)

    found = signal(table.tolist())

    assert found is not None
    assert found.ratio == pytest.approx(between / within)
    assert found.chance == pytest.approx(stats.f.sf(between / within, 5, 15))
    assert signal([[0.5, 0.5]] * 2) is None
    flat = signal([[0.5, 0.6]] * 4)
    assert flat is not None
    assert flat.chance == 1


def test_noise_alone_is_seldom_taken_for_a_signal() -> None:
    rng = np.random.default_rng(2)
    found = [signal(rng.normal(0, 1, (11, 4)).tolist()) for _ in range(1000)]

    assert sum(one is not None and one.chance <= 0.01 for one in found) <= 25


def test_baselines_with_a_flip_have_one() -> None:
    operations = api.operations()
    published = baselines.published_ones(operations)
    flipped = baselines.flipped(operations, published)

    assert set(flipped) == {f"flip+{name}" for name in published if name != "3-augment"}
    for policy in flipped.values():
        assert policy.to_json()["policy"]["sequence"][0] == {"op": "HorizontalFlip", "p": 0.5}


def test_balanced_scores_are_averages_over_classes(study: Study, tmp_path: Path) -> None:
    """Of the test images, by their labels, which the journal holds for it; from the bits of each image."""
    data = load_digits().take(np.r_[np.arange(0, 100), np.arange(500, 4800, 40)])
    options = {"evaluator": "kernel-ridge", "algorithm": "random", "trials": 2, "seeds": 1}
    how: dict[str, Any] = {"data": data, "options": options}

    result = study(given={"balanced": True, "copies": 2, "train": 20, "finalists": 1, "race_cells": 2}, **how).result

    records = read_journal(tmp_path / "run")
    (labels,) = (np.array(record["y"]) for record in records if record["kind"] == "labels")
    tests = [r for r in records if r["kind"] == "evaluation" and r["policy"] == done_digest_of_none()]
    tests = [r for r in tests if r["cell"].startswith("test")]
    correct = [correct_bits(record["correct"], len(labels)) for record in tests]
    by_class = [np.mean([one[labels == number].mean() for number in range(10)]) for one in correct]
    assert np.ptp(np.bincount(labels)) > 5
    assert [record["accuracy"] for record in tests] == pytest.approx(by_class)
    assert result["comparisons"]["none"]["test_score"] == pytest.approx(np.mean(by_class))
    assert result["settings"]["balanced"]


def test_without_the_reference_in_a_cell_rewards_are_scores_as_they_are(
    study: Study, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    spoil(monkeypatch, "trial-0", SIMPLE["hand-made"])
    study(options={"algorithm": "random", "trials": 8, "seeds": 1}, given={"space": "geometry", "finalists": 2})

    trials = [record for record in read_journal(tmp_path / "run") if record["kind"] == "trial"]
    assert {record["cells"][0] for record in trials} == {"trial-0"}  # two batches share it
    assert [record["reward"] for record in trials] == [record["rewards"][0] for record in trials]


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [(0.01, 0.03, "better than"), (-0.03, -0.01, "worse than"), (-0.01, 0.02, "not shown to differ from")],
)
def test_the_verdict_says_how_it_compares_with_a_fixed_policy(low: float, high: float, words: str) -> None:
    other = {"test_score": 0.8, "difference": (low + high) / 2, "difference_interval": [low, high]}
    none = {"test_score": 0.7, "difference": 0.1, "difference_interval": [0.05, 0.15]}
    result = {
        "comparisons": {"none": none, "flip": other},
        "kept_baseline": None,
        "beats_baseline": True,
        "gains_mean": 0.1,
        "gains": [0.1],
        "test_score": 0.8,
        "best_baseline": "flip",
        "missing": [],
        "settings": {"balanced": False},
        "partial": False,
    }

    assert f"It is {words} flip, the best fixed policy by validation" in verdict(result)


def test_probes_are_stronger_than_what_people_use() -> None:
    """Else a search on images where only strong policies differ would be refused."""
    probes = baselines.probes(api.operations())
    levels = {step.get("level") for step in probes["randaugment:n=3,m=25"].to_json()["policy"]["some_of"]}

    assert levels - {None} == {25}
    assert probes["turns"].to_json()["policy"]["sequence"][0]["degrees"] == {"uniform": [-45, 45]}
    assert not {policy.digest for policy in probes.values()} & {
        policy.digest for policy in (*SIMPLE.values(), *baselines.published_ones(api.operations()).values())
    }
