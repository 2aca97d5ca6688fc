import json
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import augplug
from augplug import api
from augplug._policies.documents import BYTES
from augplug._policies.grammar import steps_of
from augplug._policies.reader import loads_json
from augplug._search.ppo import AutoAugment
from augplug._search.random import RandomSearch
from augplug._search.space import SearchSpace
from augplug.errors import SettingsError
from tests.search.conftest import children_of

OPERATIONS = api.operations()
NAMES = ("autoaugment", "autoaugment-16", "geometry")
NO_LEVEL = ("AutoContrast", "Equalize", "Invert")
WITHOUT_PAIRING = SearchSpace.read("autoaugment").operations
IMAGES = [np.random.default_rng(0).integers(0, 256, shape, np.uint8) for shape in ((13, 17), (17, 13, 3))]


def rows(space: SearchSpace) -> st.SearchStrategy[tuple[int, ...]]:
    return st.tuples(*(st.integers(0, size - 1) for size in space.sizes))


SPACES = st.builds(
    SearchSpace,
    name=st.sampled_from(["mine", "A b", "x" * 100]),
    operations=st.lists(st.sampled_from(WITHOUT_PAIRING), min_size=1, max_size=4, unique=True),
    levels=st.integers(2, 101),
    probabilities=st.integers(1, 101),
    sub_policies=st.integers(1, 3),
    length=st.integers(1, 3),
    scale=st.sampled_from(["autoaugment", "randaugment"]),
)


def test_the_spaces_by_name_are_the_papers() -> None:
    spaces = {name: SearchSpace.read(name) for name in NAMES}

    assert {name: len(space.operations) for name, space in spaces.items()} == {
        "autoaugment": 15,
        "autoaugment-16": 16,
        "geometry": 5,
    }
    assert {*spaces["autoaugment-16"].operations} - {*WITHOUT_PAIRING} == {"SamplePairing"}
    for name, space in spaces.items():
        assert space.name == name
        assert space.sizes == (len(space.operations), 11, 10) * 10
        space.check(OPERATIONS, joined=5)


def test_a_row_decodes_as_the_paper_says() -> None:
    space = SearchSpace.read("autoaugment")
    row = [*(4, 7, 9), *(6, 10, 3), *(0, 0, 0), *(14, 1, 1)] + [0, 3, 2] * 6

    decoded = space.decode(OPERATIONS, row, "found").to_json()

    assert decoded["policy"]["one_of"][:2] == [
        {"sequence": [{"op": "Rotate", "p": 0.7, "level": 9.0}, {"op": "Invert", "p": 1.0}]},
        {"sequence": [{"op": "ShearX", "p": 0.0, "level": 0.0}, {"op": "Cutout", "p": 0.1, "level": 1.0}]},
    ]
    assert decoded["policy"]["one_of"][2:] == [{"sequence": [{"op": "ShearX", "p": 0.3, "level": 2.0}] * 2}] * 3
    assert (decoded["name"], decoded["scale"]) == ("found", "autoaugment")


@pytest.mark.parametrize(
    ("numbers", "levels", "chances"),
    [
        ({"levels": 2, "probabilities": 1}, [0, 9], [1]),
        ({"levels": 3, "probabilities": 2}, [0, 4.5, 9], [0, 1]),
        ({"levels": 5, "probabilities": 3, "scale": "randaugment"}, [0, 2.5, 5, 7.5, 10], [0, 0.5, 1]),
    ],
)
def test_levels_and_probabilities_go_from_end_to_end(
    numbers: dict[str, Any], levels: list[float], chances: list[float]
) -> None:
    space = SearchSpace("mine", ("Rotate",), sub_policies=1, length=1, **numbers)

    made = [steps_of(space.decode(OPERATIONS, [0, 0, n], "found").node) for n in range(len(levels))]
    drawn = [steps_of(space.decode(OPERATIONS, [0, n, 0], "found").node) for n in range(len(chances))]

    assert [next(steps).level for steps in made] == levels
    assert [next(steps).p for steps in drawn] == chances


@settings(max_examples=60)
@given(st.data())
def test_every_row_is_a_policy_that_is_read_back_the_same(data: st.DataObject) -> None:
    space = data.draw(SPACES)
    row = data.draw(rows(space))

    policy = space.decode(OPERATIONS, row, "found")

    assert len(row) == 3 * space.length * space.sub_policies
    assert loads_json(json.dumps(policy.to_json()), OPERATIONS) == policy
    assert SearchSpace.read(json.loads(json.dumps(space.to_json()))) == space


@settings(max_examples=60)
@given(st.data())
def test_two_rows_are_one_policy_only_where_an_operation_has_no_level(data: st.DataObject) -> None:
    space = data.draw(SPACES)
    one = data.draw(rows(space))
    place = data.draw(st.integers(0, len(one) - 1))
    two = (*one[:place], data.draw(st.integers(0, space.sizes[place] - 1)), *one[place + 1 :])

    def apart(row: tuple[int, ...]) -> list[tuple[int, int, int]]:
        parts = zip(row[::3], row[1::3], row[2::3], strict=True)
        return [(op, p, 0 if space.operations[op] in NO_LEVEL else level) for op, p, level in parts]

    same = space.decode(OPERATIONS, one, "found").digest == space.decode(OPERATIONS, two, "found").digest
    assert same is (apart(one) == apart(two))


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=15)
@given(st.data())
def test_every_row_runs(name: str, data: st.DataObject) -> None:
    space = SearchSpace.read(name)
    augment = augplug.Augmenter(space.decode(OPERATIONS, data.draw(rows(space)), "found"), seed=1)
    for image in IMAGES:
        batch = np.stack([image, image[::-1], image])
        made = augment.batch(batch, indices=range(3)) if name == "autoaugment-16" else augment(image, index=2)
        assert made.dtype == np.uint8
        assert made.shape[-image.ndim :] == image.shape


@pytest.mark.parametrize(("sub_policies", "length", "joined"), [(3, 1, 1000), (100, 20, 1), (100, 15, 2)])
def test_the_largest_found_policy_can_be_read(sub_policies: int, length: int, joined: int) -> None:
    space = SearchSpace("x" * 100, ("augplug:TranslateX",), 8, 11, sub_policies, length)
    space.check(OPERATIONS, joined)
    parts = [
        node
        for _ in range(joined)
        for node in children_of(space.decode(OPERATIONS, [0, 3, 5] * (sub_policies * length), "some"))
    ]

    found = space.policy(parts, "found")

    text = json.dumps(found.to_json(), indent=2).replace("augplug:TranslateX", "x" * 64 + ":TranslateX")
    assert len(text) < BYTES
    assert loads_json(json.dumps(found.to_json()), OPERATIONS) == found
    with pytest.raises(SettingsError, match=r"at most 3,000 operations.* lower joined"):
        space.check(OPERATIONS, joined + 1)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        *[(name, value) for name in ("levels", "probabilities", "sub_policies", "length") for value in (0, 1000, 2.0)],
        *[("levels", 1), ("levels", True), ("length", 21), ("sub_policies", 101), ("probabilities", 102)],
        *[("operations", ()), ("operations", ("Rotate", "Rotate")), ("scale", "auto"), ("name", "")],
        *[
            ("name", "x" * 101),
            ("name", 3),
            ("scale", ["auto"]),
            ("source", None),
            ("operations", "Rotate"),
            ("operations", 5),
            ("operations", (1,)),
            ("name", "a\nb"),
            ("operations", tuple(f"Op{n}" for n in range(1001))),
        ],
    ],
)
def test_what_cannot_be_searched_is_refused(field: str, wrong: Any) -> None:
    with pytest.raises(
        SettingsError, match=rf"a search space('s {field} |: {field} is | has .*operations)|unknown scale 'auto'"
    ):
        SearchSpace(**{"name": "mine", "operations": ("Rotate",), field: wrong})


@pytest.mark.parametrize("name", NAMES)
def test_a_file_says_the_same_as_the_space(name: str, tmp_path: Path) -> None:
    space = SearchSpace.read(name)
    path = tmp_path / "space.json"
    path.write_text(json.dumps(space.to_json()), "utf-8")

    assert SearchSpace.read(path) == SearchSpace.read(str(path)) == SearchSpace.read(space) == space


def test_a_file_may_leave_everything_out(tmp_path: Path) -> None:
    path = tmp_path / "small.json"
    path.write_text('{"levels": 4}', "utf-8")

    read = SearchSpace.read(path)
    assert read == SearchSpace("small", WITHOUT_PAIRING, levels=4)
    assert SearchSpace.read({}) == SearchSpace("mine", WITHOUT_PAIRING)
    assert RandomSearch(OPERATIONS, space=str(path)).settings.space == read


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "not JSON"),
        (b"\x80\x04\x95", "."),
        (b"cos\nsystem\n(S'true'\ntR.", "not JSON"),
        (b"SPACE = {'levels': 3}\n", "not JSON"),
        (b"[]", "a table"),
        (b"{" * 5000, "."),
        (b"{}" + b" " * (1 << 20), "at most 1,048,576 bytes"),
        (b'{"level": 3}', "unknown key 'level' (did you mean 'levels'?)"),
        (b'{"levels": 3, "levels": 4}', "twice"),
        (b'{"levels": 3.0}', "/levels: a whole number is needed"),
        (b'{"levels": true}', "/levels: a whole number is needed"),
        (b'{"levels": NaN}', "/levels"),
        (b'{"levels": 1e999}', "/levels"),
        (b'{"levels": null}', "/levels"),
        (b'{"levels": 1}', "levels is a whole number in 2..101, not 1"),
        (b'{"levels": [3]}', "/levels: a whole number is needed"),
        (b'{"operations": "Rotate"}', "/operations: a list is needed"),
        (b'{"operations": []}', "1 to 1,000 operations"),
        (b'{"operations": [1]}', "/operations/0: a string is needed"),
        (b'{"operations": ["Rotate", "Rotate"]}', "each named once"),
        (b'{"scale": "autoaugmnt"}', "unknown scale 'autoaugmnt' (did you mean 'autoaugment'?)"),
        (b'{"name": 3}', "/name: a string is needed"),
        (b'{"augplug_space": 2}', "/augplug_space: made by a newer augplug"),
        (b'{"augplug_space": "1"}', "/augplug_space: a whole number is needed"),
        (b'{"operations": ["Rotat"]}', "no operation 'Rotat' (did you mean 'Rotate'?)"),
        (b'{"operations": ["Resize"]}', "Resize needs"),
    ],
)
@pytest.mark.parametrize("search", [AutoAugment, RandomSearch])
def test_a_wrong_file_is_one_error_that_names_it(search: Any, content: bytes, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.json"
    path.write_bytes(content)

    with pytest.raises(SettingsError, match=re.escape(problem) if problem != "." else ".") as caught:
        search(OPERATIONS, space=str(path))

    assert "the search space " in str(caught.value)
    assert "wrong" in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("given", ["autoaugmnt", "", "a\0b", "x" * 5000, ".", 3, None, ["geometry"], b"geometry"])
def test_what_is_no_space_says_what_there_is(given: Any) -> None:
    with pytest.raises(SettingsError, match=r"autoaugment.*geometry|cannot be read"):
        SearchSpace.read(given)


def test_a_file_that_is_none_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SettingsError, match="there is no search space"):
        SearchSpace.read(tmp_path / "pipe")


@pytest.mark.parametrize("op", ["CutMix", "MixUp"])
def test_a_mix_of_finished_images_is_searched_alone_or_not_at_all(op: str) -> None:
    operations = api.operations()
    mixed = SearchSpace("mixed", ("Rotate", op))

    with pytest.raises(SettingsError, match=f"{op} mixes finished images, .* or search a length of 1"):
        mixed.check(operations)
    replace(mixed, length=1).check(operations)
    replace(mixed, operations=("Rotate", "SamplePairing")).check(operations)
