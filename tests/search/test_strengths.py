"""The searches `strengths` and `magnitude`, and the space of strengths."""

from typing import Any

import numpy as np
import pytest

import augplug
from augplug import api
from augplug._policies.grammar import steps_of
from augplug._search.configuration import configure
from augplug._search.magnitude import MAGNITUDES, Magnitude
from augplug._search.settings import study_settings
from augplug._search.strengths import STARTS, Strengths
from augplug._search.strengths_space import Entry, StrengthSpace
from augplug.data.split import split

OPERATIONS = api.operations()
COLOUR = StrengthSpace.default(3)
IMAGE = np.random.default_rng(0).integers(40, 200, (24, 24, 3), np.uint8)


def told(search: Any, reward: Any, trials: int, batch: int = 20) -> list[Any]:
    """Run a search on a function of the decisions; return its proposals."""
    proposals: list[Any] = []
    while len(proposals) < trials and (asked := search.ask(batch)):
        proposals += asked
        search.tell([augplug.Result(p.number, reward(p)) for p in asked])
    return proposals


def additive(search: Strengths, noise: float, seed: int = 0) -> tuple[Any, Any]:
    """A reward with an effect of each strength, and the same without noise."""
    rng = np.random.default_rng(seed)
    effects = [np.concatenate([[0.0], rng.normal(0, 0.015, size - 1)]) for size in search.space.sizes]

    def true(proposal: Any) -> float:
        return 0.5 + float(sum(effect[d] for effect, d in zip(effects, proposal.decisions, strict=True)))

    return lambda proposal: float(np.clip(true(proposal) + rng.normal(0, noise), 0, 1)), true


@pytest.mark.parametrize(("channels", "count"), [(1, 22), (3, 24), (13, 22), (0, 22)])
def test_the_space_has_22_operations_and_24_on_colour(channels: int, count: int) -> None:
    entries = StrengthSpace.default(channels).entries
    assert len([entry for entry in entries if entry.op]) == count
    assert [entry.name for entry in entries if not entry.op] == ["reflect", "randaugment"]


@pytest.mark.parametrize("draw", ["border", "randaugment"])
def test_an_entry_about_the_whole_policy_has_no_operation(draw: Any) -> None:
    with pytest.raises(augplug.SettingsError, match=f"an entry that draws '{draw}' has no operation"):
        Entry("mine", "Rotate", draw, (1,))


def test_a_reflected_border_is_that_of_every_step_that_fills() -> None:
    """Flip and crop as it is used on CIFAR is a row, but for its fractions of a pixel; a tone has no border."""
    row = COLOUR.row({"flip-x": 0.5, "shift-x": 0.125, "shift-y": 0.125, "brightness": 0.2, "reflect": 1})
    flip, shift, tone = steps_of(COLOUR.decode(OPERATIONS, row, "one").node)

    assert dict(shift.fields) == {
        "x": augplug.Uniform(-0.125, 0.125), "y": augplug.Uniform(-0.125, 0.125), "border": "reflect"
    }  # fmt: skip
    assert "border" not in {**dict(flip.fields), **dict(tone.fields)}


def test_an_operation_of_randaugment_comes_behind_the_others() -> None:
    policy = COLOUR.decode(OPERATIONS, COLOUR.row({"flip-x": 0.5, "randaugment": 6}), "one")
    expected = augplug.sequence(augplug.step("HorizontalFlip", p=0.5), augplug.policy("randaugment", n=1, m=6))

    assert policy.digest == augplug.Policy(expected, defaults={"fill": 0}).digest


@pytest.mark.parametrize("entry", [one for one in COLOUR.entries if one.op], ids=lambda entry: entry.name)
def test_every_strength_is_a_policy_that_augments(entry: Any) -> None:
    """One step each; strengths grow; the pixels of a grey image and of a colour image change."""
    place = COLOUR.entries.index(entry)
    row = [0] * len(COLOUR.entries)
    assert list(entry.strengths) == sorted(set(entry.strengths))
    for strength in range(1, len(entry.strengths) + 1):
        row[place] = strength
        policy = COLOUR.decode(OPERATIONS, row, "one")
        assert [step.op for step in steps_of(policy.node)] == [entry.op]
        images = [IMAGE] if entry.channels == 3 else [IMAGE, IMAGE[..., 0]]
        for image in images:
            augment = augplug.Augmenter(policy)
            assert any(not np.array_equal(augment(image, index=i), image) for i in range(60))
            assert augment(image, index=0).shape == image.shape


def test_the_strongest_differ_more_than_the_weakest() -> None:
    """Mean absolute change over 30 draws; entries of one strength have nothing to compare."""
    for place, entry in enumerate(COLOUR.entries):
        changes = []
        for strength in (1, len(entry.strengths)):
            row = [0] * len(COLOUR.entries)
            row[place] = strength
            augment = augplug.Augmenter(COLOUR.decode(OPERATIONS, row, "one"))
            made = [augment(IMAGE, index=i).astype(float) for i in range(30)]
            changes.append(np.mean([np.abs(one - IMAGE).mean() for one in made]))
        assert len(entry.strengths) == 1 or changes[1] > changes[0], entry.name


def test_hand_made_is_a_row_of_the_space() -> None:
    row = COLOUR.row(STARTS[1])

    assert COLOUR.decode(OPERATIONS, row, "mine").digest == augplug.policy("hand-made").digest


def test_the_fields_of_one_operation_are_one_step() -> None:
    policy = COLOUR.decode(OPERATIONS, COLOUR.row({"rotation": 30, "shift-x": 0.2, "cutout": 0.5}), "mine")

    assert [(step.op, dict(step.fields)) for step in steps_of(policy.node)] == [
        ("Affine", {"degrees": augplug.Uniform(-30, 30), "x": augplug.Uniform(-0.2, 0.2)}),
        ("Cutout", {"size": augplug.Uniform(0, 0.5)}),
    ]


def test_operations_of_the_user_are_added() -> None:
    """By level if they have one, else by probability. An unknown one is refused."""
    space = StrengthSpace.default(3).extended(OPERATIONS, ["Posterize", "Grayscale"])
    row = [0] * len(COLOUR.entries) + [5, 1]

    steps = steps_of(space.decode(OPERATIONS, row, "mine").node)

    assert [(step.op, step.level, step.p) for step in steps] == [
        ("Posterize", augplug.Uniform(0, 9), 1.0),
        ("Grayscale", None, 0.15),
    ]
    with pytest.raises(augplug.SettingsError, match="the search space strengths: there is no operation 'Posterise'"):
        Strengths(OPERATIONS, also=("Posterise",))


def test_the_first_proposals_are_what_people_write_and_then_each_operation_is_screened() -> None:
    search = Strengths(OPERATIONS, channels=3)
    reward, _ = additive(search, 0.0)
    proposals = told(search, reward, len(STARTS), batch=len(STARTS))
    best = max(proposals, key=reward).decisions

    screens: list[Any] = search.ask(50)

    assert proposals[1].policy.digest == augplug.policy("hand-made").digest
    size = len(COLOUR.entries)
    changed = [[i for i in range(size) if p.decisions[i] != best[i]] for p in screens]
    assert all(len(places) == 1 for places in changed[:size])
    assert {places[0] for places in changed if len(places) == 1} >= set(range(1, size)) - {24, 25}  # some were starts


@pytest.mark.parametrize("seed", range(2))
def test_it_learns(seed: int) -> None:
    """With noise as large as most effects, its last proposals are far above chance, and its choice near the best."""
    search = Strengths(OPERATIONS, seed=seed, channels=3)
    reward, true = additive(search, 0.01, seed)

    proposals = told(search, reward, 200)

    chance = np.mean([true(p) for p in Strengths(OPERATIONS, seed=9, channels=3).ask(200)[52:]])
    late = np.mean([true(p) for p in proposals[-40:]])
    assert late > chance + 0.05
    best: Any = search.finalists(1)[0]
    assert true(best) >= np.quantile([true(p) for p in proposals], 0.95)


def test_off_and_weak_are_further_apart_than_weak_and_stronger() -> None:
    """As the model sees rows: being on at all is a change of its own."""
    search = Strengths(OPERATIONS, channels=3)
    rows = np.zeros((3, len(COLOUR.entries)), np.int64)
    rows[:, 3] = 0, 1, 2

    off, weak, stronger = search._encoded([tuple(map(int, row)) for row in rows])

    assert np.linalg.norm(weak - off) > 2 * np.linalg.norm(stronger - weak)


def test_all_proposals_differ_and_depend_on_what_was_told_alone() -> None:
    first, again, other = (Strengths(OPERATIONS, seed=seed, channels=3) for seed in (4, 4, 5))
    runs = [told(search, additive(search, 0.01)[0], 120) for search in (first, again, other)]

    rows = [[p.decisions for p in run] for run in runs]
    assert len(set(rows[0])) == 120
    assert rows[0] == rows[1]
    assert rows[0] != rows[2]


def test_failed_trials_are_no_end() -> None:
    """Neither if the first batch fails whole, nor if an operation fails always: it is avoided."""
    search = Strengths(OPERATIONS, channels=3)
    reward, _ = additive(search, 0.0)

    def failing(proposal: Any) -> float | None:
        return None if proposal.number < 20 or proposal.decisions[3] else reward(proposal)

    proposals = told(search, failing, 160)

    assert np.mean([p.decisions[3] > 0 for p in proposals[-40:]]) < 0.2
    finalists: list[Any] = search.finalists(10)
    assert all(p.number >= 20 and not p.decisions[3] for p in finalists)
    with pytest.raises(augplug.RunError, match="no proposal has a reward"):
        Strengths(OPERATIONS).best()


def test_fresh_scores_decide() -> None:
    search = Strengths(OPERATIONS, channels=3)
    told(search, additive(search, 0.01)[0], 60)
    second = search.finalists(3)[1]

    found = search.best({second.number: 0.9, search.finalists(1)[0].number: 0.8})

    assert (found.name, found.digest) == ("strengths-found", second.policy.digest)


@pytest.mark.parametrize(("shape", "channels"), [((8, 8, 3), 3), ((8, 8), 1)])
def test_a_study_tells_the_channels_of_its_images(shape: tuple[int, ...], channels: int) -> None:
    """Colour operations are searched on colour images alone; a setting of the user's holds."""
    x = np.random.default_rng(0).integers(0, 256, (40, *shape), np.uint8)
    data = augplug.Labelled(x, np.arange(40) % 2, ("a", "b"))
    parts = api.study_parts()
    for given, expected in (({}, channels), ({"channels": "0"}, 0)):
        settings = study_settings(given, parts, algorithm="strengths", train=4, subsets=1)
        made, algorithm = configure(settings, data, split(data, seed=0, train=4, others=1), parts)

        assert made["settings"]["algorithm_settings"]["channels"] == expected
        assert len(algorithm.ask(1)[0].decisions or ()) == (26 if expected == 3 else 24)


@pytest.mark.parametrize("best", [0.0, 0.1, 0.4, 0.75, 1.0])
def test_the_magnitude_is_found_through_noise(best: float) -> None:
    """Within a step of 0.1 of the best in most of 20 draws of noise; each is tried once, and then it ends."""
    near = 0
    for seed in range(20):
        search, rng = Magnitude(OPERATIONS), np.random.default_rng(seed)

        proposals = told(search, lambda p, rng=rng: 0.8 - (MAGNITUDES[p.number] - best) ** 2 + rng.normal(0, 0.02), 99)

        assert [p.decisions for p in proposals] == [(place,) for place in range(11)]
        assert search.ask(5) == []
        found = search.finalists(1)[0].number
        assert search.best().source == f"found by augplug: magnitude {MAGNITUDES[found]:g}"
        near += abs(MAGNITUDES[found] - best) < 0.11
    assert near >= 14


def test_magnitude_0_is_no_augmentation_and_failed_ones_do_not_win() -> None:
    search = Magnitude(OPERATIONS)

    proposals = told(search, lambda p: None if p.number > 3 else p.number / 10, 99)

    assert not list(steps_of(proposals[0].policy.node))
    assert [p.number for p in search.finalists(20)] == [3, 2, 1, 0]
    with pytest.raises(augplug.RunError, match="no magnitude has a reward"):
        Magnitude(OPERATIONS).best()
