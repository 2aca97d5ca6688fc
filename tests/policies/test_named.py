"""Policies by name: what is in them, and how a name is read."""

import json
from functools import partial
from importlib.resources import files
from typing import Any

import pytest

import augplug
from augplug._policies.grammar import OneOf, Policy, Sequence, SomeOf, Step
from augplug._policies.named import NAMED, build, check_name, parse_name
from augplug._policies.published import PUBLISHED
from augplug._policies.reader import read_policy
from augplug.distributions import Integers
from augplug.errors import AugplugError, OperationError, PolicyError, SettingsError
from tests.policies.conftest import OPERATIONS

FOURTEEN = [
    *("Identity", "AutoContrast", "Equalize", "Rotate", "Solarize", "Color", "Posterize", "Contrast", "Brightness"),
    *("Sharpness", "ShearX", "ShearY", "TranslateX", "TranslateY"),
]
UNLEVELLED = {"Identity", "AutoContrast", "Equalize", "Invert"}


def named(text: str, **more: Any) -> Policy:
    name, arguments = parse_name(text)
    return build(name, partial(NAMED[name], OPERATIONS), {**arguments, **more})


NEAREST = {"randaugment", "trivialaugment-wide", "uniformaugment"}
PLAIN = {"3-augment", "augmix", "augmix-tones", "flip", "flip-crop", "hand-made"}
"""Policies that take no interpolation and fill by name, or have others."""


def test_the_names() -> None:
    published = {"autoaugment-cifar10", "autoaugment-svhn", "autoaugment-imagenet"}
    assert set(NAMED) == {*published, *NEAREST, *PLAIN}


@pytest.mark.parametrize("name", ["flip", "flip-crop"])
def test_what_is_usual_without_a_search(name: str) -> None:
    """Half of the images flipped; with a crop, moved by up to an eighth of each side, with the border reflected."""
    policy = named(name)
    assert isinstance(policy.node, Sequence)
    flip, *moves = [step.to_json() for step in policy.node.children]
    assert policy.name == name
    assert flip == {"op": "HorizontalFlip", "p": 0.5}
    eighth = {"p": 1.0, "fraction": {"uniform": [-0.125, 0.125]}, "border": "reflect"}
    assert moves == ([{"op": f"Translate{axis}", **eighth} for axis in "XY"] if name == "flip-crop" else [])
    assert read_policy(json.loads(json.dumps(policy.to_json())), OPERATIONS) == policy


@pytest.mark.parametrize("name", sorted(set(NAMED) - PLAIN))
def test_each_is_called_by_its_name_cites_its_source_and_is_read_back(name: str) -> None:
    policy = named(name)
    assert policy.name == name
    assert "arXiv" in policy.source
    assert policy.defaults == {"interpolation": "nearest", "fill": 0, "mask_fill": 0}
    assert read_policy(json.loads(json.dumps(policy.to_json())), OPERATIONS) == policy
    other = named(name, interpolation="linear", fill=128)
    assert other.defaults == {"interpolation": "linear", "fill": 128, "mask_fill": 0}
    assert other.node == policy.node


def test_randaugment() -> None:
    policy = named("randaugment:n=3,m=7")
    node = policy.node
    assert isinstance(node, SomeOf)
    assert (policy.scale, policy.fuse, node.n, node.replacement, node.weights) == (
        "randaugment",
        "exact",
        3,
        True,
        None,
    )
    steps = steps_of(node)
    assert [step.op for step in steps] == FOURTEEN
    assert all(step.p == 1 and not step.fields for step in steps)
    assert {step.op: step.level for step in steps} == {op: None if op in UNLEVELLED else 7 for op in FOURTEEN}
    assert named("randaugment").node == named("randaugment:n=2,m=9").node
    assert named("randaugment:scale=torchvision-31").scale == "torchvision-31"


def test_trivialaugment() -> None:
    policy = named("trivialaugment-wide")
    node = policy.node
    assert isinstance(node, OneOf)
    assert (policy.scale, node.weights) == ("trivialaugment-wide", None)
    steps = steps_of(node)
    assert [step.op for step in steps] == FOURTEEN
    assert all(step.p == 1 and not step.fields for step in steps)
    levels = {step.op: step.level for step in steps}
    assert levels == {op: None if op in UNLEVELLED else Integers(0, 30) for op in FOURTEEN}


# Typed from the tables of the paper's appendix: number of the sub-policy -> (operation, probability, level) twice.
TABLES: dict[str, dict[int, str]] = {
    "cifar10": {
        0: "Invert .1 7 Contrast .2 6",
        1: "Rotate .7 2 TranslateX .3 9",
        5: "ShearY .2 7 Posterize .3 7",
        14: "Solarize .5 2 Invert .0 3",
        15: "Equalize .2 0 AutoContrast .6 0",
        19: "Brightness .1 3 Color .7 0",
        24: "TranslateY .7 9 AutoContrast .9 1",
    },
    "svhn": {
        0: "ShearX .9 4 Invert .2 3",
        2: "Equalize .6 5 Solarize .6 6",
        9: "Equalize .6 3 Rotate .9 3",
        14: "Contrast .3 3 Rotate .8 4",
        15: "Invert .8 5 TranslateY .0 2",
        18: "ShearY .3 7 TranslateX .9 3",
        24: "ShearX .7 2 Invert .1 5",
    },
    "imagenet": {
        0: "Posterize .4 8 Rotate .6 9",
        7: "Posterize .8 5 Equalize 1 2",
        10: "Rotate .8 8 Color .4 0",
        12: "Equalize .0 7 Equalize .8 8",
        17: "Sharpness .4 7 Invert .6 8",
        18: "ShearX .6 5 Equalize 1 9",
        24: "Equalize .8 8 Equalize .6 3",
    },
}
DISTINCT = {"cifar10": 25, "svhn": 23, "imagenet": 20}


@pytest.mark.parametrize("table", sorted(TABLES))
def test_the_published_tables(table: str) -> None:
    policy = named(f"autoaugment-{table}")
    assert isinstance(policy.node, OneOf)
    assert policy.node.weights is None
    assert policy.scale == "autoaugment"
    pairs = [row(child) for child in policy.node.children]
    assert len(pairs) == 25
    assert {number: pairs[number] for number in TABLES[table]} == {
        number: expected(words.split()) for number, words in TABLES[table].items()
    }
    # ImageNet's table repeats five sub-policies, which are therefore twice as likely. Two of SVHN's differ from others
    # in nothing but the level of an operation that has none.
    assert len(set(pairs)) == DISTINCT[table]


Row = tuple[tuple[str, float, object], ...]


def expected(words: list[str]) -> Row:
    """A row as typed; the level of an operation without one is in the paper, and not in the policy."""
    entries = [words[:3], words[3:]]
    return tuple((op, float(p), None if op in UNLEVELLED else int(level)) for op, p, level in entries)


def row(node: object) -> Row:
    assert isinstance(node, Sequence)
    return tuple((step.op, step.p, step.level) for step in steps_of(node))


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_files_are_canonical(name: str) -> None:
    text = files("augplug._policies").joinpath("published", f"{name}.json").read_text(encoding="utf-8")
    assert json.loads(text) == named(name).to_json()
    assert sum(line.startswith('    {"sequence": [') for line in text.splitlines()) == 25
    assert max(map(len, text.splitlines())) < 200


def steps_of(node: Sequence | OneOf | SomeOf) -> list[Step]:
    assert all(isinstance(child, Step) for child in node.children)
    return [child for child in node.children if isinstance(child, Step)]


def test_names_are_split() -> None:
    assert parse_name("mine") == ("mine", {})
    assert parse_name("randaugment:n=2,m=9") == ("randaugment", {"n": 2, "m": 9})
    name, arguments = parse_name("mine: a = 2 , b=1.5, c=linear ,d=nan,e=-1e3,f=x=y")
    assert name == "mine"
    assert arguments == {"a": 2, "b": 1.5, "c": "linear", "d": "nan", "e": -1000, "f": "x=y"}
    assert isinstance(arguments["a"], int)


WRONG: list[tuple[str, type[AugplugError], str]] = [
    ("randaugment:", SettingsError, "NAME:argument=value"),
    ("randaugment:9", SettingsError, "NAME:argument=value"),
    ("randaugment:n=", SettingsError, "NAME:argument=value"),
    ("randaugment:=2", SettingsError, "NAME:argument=value"),
    ("randaugment:n=1,", SettingsError, "NAME:argument=value"),
    ("randaugment:n=1,n=2", SettingsError, "'n' is given twice"),
    ("randaugment:nn=1", SettingsError, "did you mean 'n'"),
    ("randaugment:q=1", SettingsError, "known: fill, interpolation, m, n, scale"),
    ("randaugment:operations=1", SettingsError, "no argument 'operations'"),
    ("randaugment:n=two", SettingsError, "n of randaugment is a number, not 'two'"),
    ("randaugment:n=1.5", SettingsError, "n is a whole number"),
    ("randaugment:n=-1", SettingsError, "0..100"),
    ("randaugment:n=" + "9" * 5000, SettingsError, "n of randaugment is a number"),
    ("randaugment:n=" + "9" * 400, SettingsError, "n of randaugment is a number"),
    ("randaugment:m=nan", SettingsError, "m of randaugment is a number"),
    ("randaugment:m=inf", SettingsError, "m of randaugment is a number"),
    ("randaugment:m=31", SettingsError, "0..30"),
    ("randaugment:scale=3", SettingsError, "scale of randaugment is a word, not 3"),
    ("randaugment:scale=randaugmnt", SettingsError, "did you mean 'randaugment'"),
    ("randaugment:interpolation=lanczos", OperationError, "nearest"),
    ("randaugment:fill=300", OperationError, "0..255"),
    ("autoaugment-svhn:fill=-1", OperationError, "0..255"),
    ("autoaugment-svhn:n=2", SettingsError, "known: fill, interpolation"),
    ("trivialaugment-wide:m=2", SettingsError, "known: fill, interpolation"),
]


@pytest.mark.parametrize(("text", "kind", "words"), WRONG, ids=[str(number) for number in range(len(WRONG))])
def test_wrong_names(text: str, kind: type[AugplugError], words: str) -> None:
    with pytest.raises(kind, match=words) as caught:
        named(text)
    assert caught.type is kind
    assert len(str(caught.value)) < 300


def test_arguments_from_python() -> None:
    assert named("randaugment", n=3, m=7.5).node == named("randaugment:n=3,m=7.5").node
    mistakes: list[dict[str, Any]] = [{"n": True}, {"n": None}, {"m": "9"}, {"m": float("nan")}, {"scale": 3}, {"N": 2}]
    for wrong in mistakes:
        with pytest.raises(SettingsError, match="randaugment"):
            named("randaugment", **wrong)


def test_factories_of_others() -> None:
    made = named("randaugment")

    def constant(strength: float) -> Policy:
        assert strength == 3
        return made

    assert build("theirs", constant, {"strength": 3}) is made
    with pytest.raises(SettingsError, match="theirs needs strength: write theirs:strength="):
        build("theirs", constant, {})
    with pytest.raises(SettingsError, match="it takes none"):
        build("fixed", partial(constant, 3), {"n": 2})
    assert build("fixed", partial(constant, 3), {}) is made


def test_names_of_policies() -> None:
    for name in ["mine", "0", "a_b-c", "a" * 64]:
        check_name(name)
    for name in ["", "Mine", "-a", "a b", "a.json", "a:b", "a/b", "a" * 65, "\u00fc", "a\n"]:
        with pytest.raises(SettingsError, match="a-z"):
            check_name(name)


def test_the_content_of_a_file_is_a_policy_too() -> None:
    """What `to_json` gives is read back without a file, by the same strict reader."""
    policy = augplug.policy("randaugment", n=2, m=9)

    assert augplug.load_policy(policy.to_json()) == policy
    with pytest.raises(PolicyError, match="at /policy/op"):
        augplug.load_policy({"augplug_policy": 1, "policy": {"op": "Nothing"}})
