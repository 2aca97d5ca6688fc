"""Any space for any algorithm: spaces of strengths as files, and AutoAugment's algorithms in them."""

import json
import re
from collections import Counter
from dataclasses import asdict
from itertools import product
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

import augplug
from augplug import api
from augplug._policies.grammar import steps_of
from augplug._search.ppo import AutoAugment
from augplug._search.random import RandomSearch, RandomSubPolicies
from augplug._search.read_space import read_space
from augplug._search.space import SearchSpace
from augplug._search.strengths import Strengths
from augplug._search.strengths_space import Draw, StrengthSpace
from augplug.errors import SettingsError
from augplug.rng import Stream

OPERATIONS = api.operations()
COLOUR = StrengthSpace.default(3)
SMALL = {
    "augplug_strengths": 1,
    "name": "mine",
    "entries": ["flip-x", "rotation", {"op": "Posterize", "draw": "level"}, {"op": "Grayscale", "draw": "p"}],
}
SEARCHES = {"autoaugment": AutoAugment, "random": RandomSearch, "random-subpolicies": RandomSubPolicies}


def told(search: Any, reward: Any, trials: int, batch: int = 20) -> list[Any]:
    """Run a search on a function of the decisions; return its proposals."""
    proposals: list[Any] = []
    while len(proposals) < trials:
        asked = search.ask(batch)
        proposals += asked
        search.tell([augplug.Result(p.number, reward(p.decisions)) for p in asked])
    return proposals


@pytest.mark.parametrize("make", SEARCHES.values(), ids=SEARCHES)
def test_every_algorithm_of_autoaugments_space_searches_strengths(make: Any) -> None:
    """Rows of the space, most entries off; the found policy is the best row, not a mixture of several."""
    search = make(OPERATIONS, space="strengths", channels=3, seed=5)

    proposals = told(search, lambda row: 0.5 - 0.01 * sum(row) + 0.2 * (row[3] > 0), 60)

    assert all(len(p.decisions) == 26 for p in proposals)
    assert [p.policy.digest for p in proposals] == [
        COLOUR.decode(OPERATIONS, p.decisions, "x").digest for p in proposals
    ]
    on = np.mean([[d > 0 for d in p.decisions] for p in proposals[:20]])
    assert 0.2 < on < 0.4  # 520 decisions at 0.3: a standard deviation of 0.02
    best = max(proposals, key=lambda p: 0.5 - 0.01 * sum(p.decisions) + 0.2 * (p.decisions[3] > 0))
    assert search.best().digest == best.policy.digest
    assert search.best({7: 0.3}).digest == proposals[7].policy.digest
    assert search.best().source == "found by augplug in the search space strengths"


def test_the_controller_learns_in_strengths() -> None:
    """It is paid for switching one entry on and everything else off."""
    search = AutoAugment(OPERATIONS, space="strengths", learning_rate=0.02)

    proposals = told(search, lambda row: 0.5 + 0.3 * (row[0] > 0) - 0.02 * sum(d > 0 for d in row[1:]), 400)

    assert np.mean([p.decisions[0] > 0 for p in proposals[-60:]]) > 0.8


def test_a_random_row_is_drawn_by_the_weights() -> None:
    """Off with probability 0.7, and each strength equally likely otherwise: within 4 standard deviations."""
    search = RandomSearch(OPERATIONS, space="strengths", channels=3, seed=1)

    rows = [p.decisions or () for p in search.ask(2000)]

    for place, size in enumerate(COLOUR.sizes):
        counts = Counter(row[place] for row in rows)
        for choice in range(size):
            p = 0.7 if choice == 0 else 0.3 / (size - 1)
            assert abs(counts[choice] - 2000 * p) < 4 * (2000 * p * (1 - p)) ** 0.5


@pytest.mark.parametrize("name", ["autoaugment", "geometry"])
def test_in_autoaugments_spaces_rows_are_drawn_as_before(name: str) -> None:
    """One word of the stream for each decision: what was found before is found again."""
    search = RandomSearch(OPERATIONS, space=name, seed=3)
    stream = Stream(b"augplug random search", (3).to_bytes(8, "little"))
    sizes = SearchSpace.read(name).sizes

    assert [p.decisions for p in search.ask(5)] == [tuple(stream.below(size) for size in sizes) for _ in range(5)]


def test_without_colour_its_entries_are_left_out() -> None:
    counts = {n: len(read_space("strengths", channels=n).sizes) for n in (0, 1, 3, 4)}

    assert counts == {0: 24, 1: 24, 3: 26, 4: 24}
    assert len(read_space("strengths").sizes) == 26


def test_a_file_names_entries_of_the_default_space_and_adds_its_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(SMALL), "utf-8")

    space: Any = read_space(path)

    assert (space.name, space.sizes) == ("mine", (2, 6, 6, 4))
    assert space.entries[:2] == (COLOUR.entries[0], COLOUR.entries[3])
    steps = list(steps_of(space.decode(OPERATIONS, (1, 5, 5, 1), "x").node))
    assert [(s.op, s.p, s.level) for s in steps] == [
        ("HorizontalFlip", 0.5, None),
        ("Affine", 1.0, None),
        ("Posterize", 1.0, augplug.Uniform(0, 9)),
        ("Grayscale", 0.15, None),
    ]
    assert read_space(str(path)) == space
    assert read_space(SMALL) == space
    assert read_space(space) is space


def test_a_file_may_only_add(tmp_path: Path) -> None:
    """An operation of a plugin is named by its address; everything else is the default space."""
    path = tmp_path / "more.json"
    entry = {
        "name": "slow",
        "op": "mine:Slide",
        "draw": "up to",
        "field": "amount",
        "strengths": [1, 2],
        "fixed": {"way": "up", "hard": True, "x": 3},
    }
    path.write_text(json.dumps({"also": [entry]}), "utf-8")

    space: Any = read_space(path)

    assert space.name == "more"
    assert [e.name for e in space.entries] == [*(e.name for e in read_space("strengths").entries), "slow"]  # type: ignore[attr-defined]  # it is one of strengths
    assert space.entries[-1].fixed == {"way": "up", "hard": True, "x": 3}
    with pytest.raises(SettingsError, match="the search space more: slow: there is no operation 'mine:Slide'"):
        Strengths(OPERATIONS, space=path)


@pytest.mark.parametrize(
    "given", [SMALL, "strengths", "autoaugment", "geometry", {"also": ["rotation"], "entries": []}]
)
def test_a_space_is_read_back_from_its_file_and_from_a_journal(given: Any) -> None:
    """A journal holds the fields of the settings as JSON."""
    space: Any = read_space(given)

    assert read_space(json.loads(json.dumps(space.to_json()))) == space
    assert read_space(json.loads(json.dumps(asdict(space)))) == space


def test_the_settings_of_a_search_give_it_back() -> None:
    """What a journal holds, also of operations added, makes the same proposals."""
    search = Strengths(OPERATIONS, space=SMALL, also=("Invert",), channels=3, seed=2)

    again = Strengths(OPERATIONS, seed=2, **json.loads(json.dumps(asdict(search.settings))))

    assert search.space.sizes == (2, 6, 6, 4, 4)
    assert [p.decisions for p in again.ask(20)] == [p.decisions for p in search.ask(20)]


def test_strengths_searches_a_space_of_the_users() -> None:
    search = Strengths(OPERATIONS, space=SMALL, seed=2)

    proposals = told(search, lambda row: 0.5 + 0.05 * row[1] - 0.1 * (row[2] > 0), 60)

    assert len({p.decisions for p in proposals}) == 60
    assert proposals[-1].policy.source == "found by augplug in the search space mine"
    best: Any = search.finalists(1)[0].decisions
    assert best[1] >= 4
    assert best[2] == 0


@pytest.mark.parametrize("batch", [7, 50])
def test_a_small_space_is_searched_to_its_end(batch: int) -> None:
    """All 36 rows, each once, and then none: by chance alone the last would never come."""
    search = Strengths(OPERATIONS, space={"entries": ["flip-x", "rotation", "flip-y"], "also": []}, candidates=20)
    rows: list[Any] = []
    while asked := search.ask(batch):
        rows += [p.decisions for p in asked]
        search.tell([augplug.Result(p.number, 0.5) for p in asked])

    assert sorted(map(tuple, rows)) == sorted(product(range(2), range(6), range(2)))


def test_a_small_space_ends_although_every_trial_fails() -> None:
    search = Strengths(OPERATIONS, space={"entries": ["rotation", "flip-y"]})
    count = 0
    while asked := search.ask(5):
        count += len(asked)
        search.tell([augplug.Result(p.number, None, "broke") for p in asked])

    assert count == 12


@pytest.mark.parametrize("space", ["geometry", {"levels": 3}, SearchSpace("mine", ("Rotate",))])
def test_strengths_refuses_a_space_of_sub_policies(space: Any) -> None:
    with pytest.raises(SettingsError, match=r"strengths searches a space of strengths, and (geometry|mine) is one of"):
        Strengths(OPERATIONS, space=space)


ENTRY = {"op": "Cutout", "draw": "up to", "field": "size", "strengths": [0.1, 0.2]}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ({"augplug_strengths": 2}, "/augplug_strengths: made by a newer augplug"),
        ({"entries": {}}, "/entries: a list is needed"),
        ({"entries": []}, "1 to 1,000 entries"),
        ({"entries": ["rotation", "rotation"]}, "each with a name of its own"),
        (
            {"entries": ["rotatoin"]},
            "/entries/0: the space strengths has no entry 'rotatoin' (did you mean 'rotation'?)",
        ),
        ({"entries": [3]}, "/entries/0: a table"),
        ({"also": [{"op": "Invert"}]}, "/also/0: an entry needs the key 'draw'"),
        ({"also": [{"draw": "p"}]}, "/also/0: an entry needs the key 'op'"),
        ({"also": [{**ENTRY, "strength": [1]}]}, "unknown key 'strength' (did you mean 'strengths'?)"),
        ({"also": [{**ENTRY, "draw": "upto"}]}, "unknown draw 'upto' (did you mean 'up to'?)"),
        ({"also": [{**ENTRY, "field": ""}]}, "an entry that draws 'up to' needs the field that is drawn"),
        ({"also": [{**ENTRY, "draw": "p"}]}, "an entry that draws 'p' has no field"),
        ({"also": [{**ENTRY, "strengths": []}]}, "strengths are 1 to 1,000 numbers above 0"),
        ({"also": [{**ENTRY, "strengths": [0.2, 0.1]}]}, "from weak to strong, not [0.2, 0.1]"),
        ({"also": [{**ENTRY, "strengths": [0, 0.1]}]}, "above 0"),
        ({"also": [{**ENTRY, "strengths": ["a"]}]}, "a number is needed here"),
        ({"also": [{**ENTRY, "fixed": {"x": [1]}}]}, "/also/0/fixed/x: a number is needed"),
        ({"also": [{**ENTRY, "channels": 3.5}]}, "/also/0/channels: a whole number is needed"),
        ({"also": [{**ENTRY, "field": "sise"}]}, "Cutout has no field 'sise' (did you mean 'size'?)"),
        ({"also": [{**ENTRY, "op": "Cutuot"}]}, "no operation 'Cutuot' (did you mean 'Cutout'?)"),
        ({"also": [{**ENTRY, "strengths": [0.1, 2]}]}, "Cutout(size=...)"),
        ({"also": [{"op": "MixUp", "draw": "p"}, {"op": "Invert", "draw": "p"}]}, "MixUp mixes finished images"),
        ({"also": [], "name": ""}, "1 to 100 printable"),
        ({"also": [], "levels": 4}, "unknown key 'levels'"),
    ],
)
@pytest.mark.parametrize("search", [Strengths, AutoAugment, RandomSearch])
def test_a_wrong_file_is_one_error_that_names_it(search: Any, content: Any, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.json"
    path.write_text(json.dumps(content), "utf-8")

    with pytest.raises(SettingsError, match=re.escape(problem)) as caught:
        search(OPERATIONS, space=str(path))

    assert re.search("the search space .*wrong", str(caught.value))
    assert str(caught.value).isprintable()


def test_a_mix_of_finished_images_may_be_the_last_entry() -> None:
    space = read_space({"also": [{"op": "MixUp", "draw": "p"}], "entries": ["rotation"]})

    space.check(OPERATIONS)


def test_autoaugments_reader_refuses_a_space_of_strengths() -> None:
    with pytest.raises(SettingsError, match="the search space strengths: at /augplug_strengths: unknown key"):
        SearchSpace.read("strengths")
    with pytest.raises(SettingsError, match="the search space: at /augplug_strengths: unknown key"):
        SearchSpace.read(COLOUR)
    assert SearchSpace.read(read_space("geometry")) == read_space("geometry")


def test_the_files_of_the_page_are_spaces() -> None:
    page = (Path(__file__).parents[2] / "docs" / "search.md").read_text("utf-8")
    blocks = re.findall(r"^```json\n(.*?)^```", page, re.MULTILINE | re.DOTALL)

    spaces = [read_space(json.loads(block.replace("my-ops:Posterish", "Posterize"))) for block in blocks]

    assert [type(space) for space in spaces] == [SearchSpace, StrengthSpace]
    for space in spaces:
        space.check(OPERATIONS)
    rows = re.findall(r"^\| `([a-z0 ]+)` \| (?:the op|a level|`field`|every step|one op)", page, re.MULTILINE)
    assert sorted(rows) == sorted(get_args(Draw))
