"""A policy among the steps of another: it draws what it draws alone, with its own scale and defaults."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import augplug
from augplug import naming
from augplug._pipeline.compile import compile_policy
from augplug._pipeline.draw import draw, drawing
from augplug._pipeline.items import DrawnBlend, Item
from augplug._policies.grammar import Nested, Node, Policy, Sequence, Step, steps_of
from augplug.errors import OperationError, PolicyError, SettingsError
from augplug.rng import Stream, key_of
from tests.strategies import BUILT_IN

STREAMS = 400
CROP = augplug.step("RandomResizedCrop", height=16, width=16)
BEFORE = augplug.step("Rotate", p=0.5, degrees=(-30, 30))
AFTER = augplug.step("Brightness", p=0.5, factor=(0.5, 1.5))
FOUND = Policy(
    augplug.one_of(
        augplug.sequence(augplug.step("ShearX", p=0.9, level=22), augplug.step("Solarize", p=0.8, level=17)),
        augplug.sequence(augplug.step("TranslateY", level=27), augplug.step("Posterize", p=0.5, level=13)),
    ),
    "found",
    "randaugment",
)
FILLED = {
    "augplug_policy": 1,
    "name": "filled",
    "fuse": "none",
    "defaults": {"fill": [10, 20, 30], "interpolation": "cubic", "mask_fill": 255},
    "policy": {"some_of": [{"op": "Rotate", "level": 7}, {"op": "ShearY", "level": {"uniform": [1, 9]}}], "n": 2},
}


def written(folder: Path, document: dict[str, Any], name: str = "mine.json") -> Path:
    (folder / name).write_text(json.dumps(document), encoding="utf-8")
    return folder / name


def told(items: list[Item] | tuple[Item, ...]) -> list[Any]:
    """Every field of everything that was drawn."""
    return [
        (item.weights, [told(chain) for chain in item.chains])
        if isinstance(item, DrawnBlend)
        else (item.address, type(item.operation), vars(item.operation))
        for item in items
    ]


# What is nested, given a folder for files -> the policy that it is.
GIVEN: dict[str, Callable[[Path], tuple[Any, Policy]]] = {
    "name": lambda _: ("randaugment:n=2,m=14", augplug.policy("randaugment", n=2, m=14)),
    "timm": lambda _: ("rand-m9-n2-mstd0.5-inc1", augplug.policy("rand-m9-n2-mstd0.5-inc1")),
    "blend": lambda _: ("augmix", augplug.policy("augmix")),
    "policy": lambda _: (augplug.policy("trivialaugment-wide"), augplug.policy("trivialaugment-wide")),
    "found": lambda folder: (written(folder, FOUND.to_json()), FOUND),
    "file": lambda folder: (str(written(folder, FILLED)), augplug.load_policy(FILLED)),
}


@pytest.mark.parametrize("given", GIVEN)
def test_a_nested_policy_draws_what_it_draws_alone(given: str, tmp_path: Path) -> None:
    """From the stream of the outer policy at its place; the outer scale and defaults are not its own."""
    part, alone = GIVEN[given](tmp_path)
    node = augplug.sequence(BEFORE, part, AFTER)
    outer = Policy(node, scale="augmix", defaults={"fill": 77, "interpolation": "linear", "mask_fill": 3})
    parts = [compile_policy(one) for one in (Policy(BEFORE, defaults=outer.defaults), alone, Policy(AFTER))]
    items = drawing(outer)

    for index in range(STREAMS):
        key = key_of(3, 0, index)
        stream, expected = Stream(outer.digest, key), list[Item]()
        for one in parts:
            draw(one, stream, expected)
        whole: list[Item] = []
        draw(compile_policy(outer), Stream(outer.digest, key), whole)
        assert told(whole) == told(expected)
        assert told(items(key)) == told(expected)
    assert alone.digest != outer.digest


def test_the_numbers_that_a_node_alone_lost() -> None:
    """ShearX at level 9 of RandAugment is 0.27, not 0.3; Solarize 25.6, not 0; the fill is 128."""
    steps = [augplug.step("ShearX", level=9), augplug.step("Solarize", level=9)]
    policy = Policy(augplug.sequence(*steps), scale="randaugment", defaults={"fill": 128})
    node = augplug.compose([CROP, policy])

    _, shear, solarize = augplug.Augmenter(node).plan(np.zeros((20, 20, 3), np.uint8), index=0).items

    assert abs(getattr(shear, "operation").factor) == pytest.approx(0.27)  # noqa: B009  # a Drawn; mypy sees an Item
    assert getattr(shear, "operation").fill == 128  # noqa: B009  # as above
    assert getattr(solarize, "operation").threshold == pytest.approx(25.6)  # noqa: B009  # as above


WORDS: dict[str, Callable[..., Node]] = {
    "compose": lambda *parts: augplug.compose(list(parts)),
    "sequence": augplug.sequence,
    "one_of": augplug.one_of,
    "some_of": lambda *parts: augplug.some_of(1, *parts),
    "blend": augplug.blend,
}


@pytest.mark.parametrize("word", WORDS)
def test_every_word_takes_a_policy_a_name_and_a_path(
    word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, FOUND.to_json())
    monkeypatch.setitem(naming._registered, "ours", FOUND)

    made = WORDS[word](FOUND, path, str(path), "ours", Nested(FOUND), "Invert", augplug.operations()["Invert"](), CROP)

    assert not isinstance(made, Step)
    assert made.children[:5] == (Nested(FOUND),) * 5
    assert made.children[5:] == (augplug.step("Invert"), augplug.step("Invert"), CROP)


def test_of_an_operation_and_a_policy_with_one_name_the_operation_is_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a text meant before policies were taken, it still means; the policy itself can be passed."""
    monkeypatch.setattr(
        naming, "operations", lambda: {**BUILT_IN, "twice": BUILT_IN["Invert"], "augplug:twice": BUILT_IN["Invert"]}
    )
    monkeypatch.setitem(naming._registered, "twice", FOUND)

    assert naming.sequence("twice") == Sequence((Step("twice", "augplug:twice", BUILT_IN["Invert"]),))
    assert naming.sequence(naming.policy("twice")) == Sequence((Nested(FOUND),))


@pytest.mark.parametrize(
    ("make", "kind", "says"),
    [
        (lambda: augplug.sequence("Invrt"), OperationError, "no operation or policy 'Invrt'.*'Invert'"),
        (lambda: augplug.one_of("randaugmnt"), OperationError, "no operation or policy.*'randaugment'"),
        (lambda: augplug.one_of("randaugment:n=2,k=1"), SettingsError, "no argument 'k'"),
        (lambda: augplug.blend("rand-m9-w0"), SettingsError, "'w0'"),
        (lambda: augplug.sequence("Rotate"), OperationError, "Rotate needs degrees or a level"),
        (lambda: augplug.sequence("nowhere.json"), PolicyError, "no such file.*nowhere.json"),
        (lambda: augplug.sequence(FOUND.to_json()), SettingsError, "sequence takes steps.*load_policy"),  # type: ignore[arg-type]  # given on purpose
        (lambda: augplug.sequence([FOUND]), SettingsError, r"write sequence\(\*nodes\)"),  # type: ignore[arg-type]  # given on purpose
        (lambda: augplug.sequence(3), SettingsError, "steps, other nodes, policies, names and paths, not 3"),  # type: ignore[arg-type]  # given on purpose
    ],
)
def test_what_is_no_part_is_refused(make: Callable[[], object], kind: type[Exception], says: str) -> None:
    with pytest.raises(kind, match=says) as caught:
        make()
    assert caught.type is kind


def test_the_fuse_mode_is_that_of_the_outermost_policy() -> None:
    inner = Policy(augplug.step("Invert"), fuse="none")

    assert augplug.Augmenter(augplug.compose([inner])).fuse == "exact"
    assert augplug.Augmenter(Policy(augplug.compose([FOUND]), fuse="none")).fuse == "none"
    assert Nested(inner) == Nested(Policy(augplug.step("Invert")))


def test_a_policy_that_mixes_may_be_nested() -> None:
    mixing = Policy(augplug.sequence(augplug.step("HorizontalFlip"), augplug.step("CutMix")), scale="randaugment")
    augment = augplug.Augmenter(augplug.compose([CROP, mixing]), classes=2)
    images = np.random.default_rng(0).integers(0, 256, (4, 20, 20, 3)).astype(np.uint8)

    made = augment.batch(images, indices=range(4), label=[0, 1, 0, 1])

    assert augment.mixes
    assert made["image"].shape == (4, 16, 16, 3)
    assert {len(label) for label in made["label"]} == {2}


def test_steps_are_numbered_over_the_whole_policy() -> None:
    """The key of a nested Cutout's noise is that of its number among all steps, under the outer digest."""
    loud = augplug.step("Cutout", size=0.5, noise=1)
    inner = Policy(augplug.sequence(augplug.step("Invert"), loud), scale="randaugment")
    outer = Policy(augplug.compose([loud, inner, inner]))
    assert [step.op for step in steps_of(outer.node)] == ["Cutout", "Invert", "Cutout", "Invert", "Cutout"]

    for index in range(20):
        key = key_of(0, 0, index)
        drawn = [vars(getattr(item, "operation")) for item in drawing(outer)(key)]  # noqa: B009  # a Drawn
        expected = [Stream(outer.digest, key).own(number).word() >> 11 for number in (0, 2, 4)]
        assert [fields["key"] for fields in drawn if "key" in fields] == expected


def test_a_default_of_a_nested_policy_that_needs_a_key_is_seen() -> None:
    """Only the nested policy's steps draw a key of their own: the draw prepares streams for it all the same."""
    outer = Policy(augplug.compose([Policy(augplug.step("Cutout", size=0.5, holes=3))]))
    keys = {vars(getattr(drawing(outer)(key_of(0, 0, index))[0], "operation"))["key"] for index in range(50)}  # noqa: B009  # a Drawn

    assert len(keys) == 50


def nested(node: Node, times: int) -> Node:
    for _ in range(times):
        node = Nested(Policy(node))
    return node


def test_the_limits_of_nesting_and_steps_hold_over_the_whole() -> None:
    """23 policies around a step are read back; one more is too deep, whatever each of them holds alone."""
    step = augplug.step("Invert")
    deepest = Policy(nested(step, 23))
    assert augplug.load_policy(json.loads(json.dumps(deepest.to_json()))) == deepest
    with pytest.raises(SettingsError, match="deeper than 24"):
        Policy(augplug.compose([deepest]))

    long = Policy(augplug.some_of(100, augplug.sequence(*[step] * 10)))
    with pytest.raises(SettingsError, match="more than 1,000 steps"):
        Policy(augplug.sequence(long, step))


def test_a_file_holds_a_nested_policy_written_out(tmp_path: Path) -> None:
    policy = Policy(augplug.compose([CROP, augplug.load_policy(FILLED)]), "mine")
    document = policy.to_json()

    assert document["augplug_policy"] == 2
    assert document["policy"]["sequence"][1] == {
        "policy": {
            "scale": "autoaugment",
            "defaults": {"fill": [10, 20, 30], "interpolation": "cubic", "mask_fill": 255},
            "policy": augplug.load_policy(FILLED).to_json()["policy"],
        }
    }
    assert augplug.load_policy(written(tmp_path, document)) == policy


def test_a_policy_may_be_one_nested_policy_and_leave_its_scale_out() -> None:
    document = {"augplug_policy": 2, "policy": {"policy": {"policy": {"op": "Rotate", "level": 9}}}}

    assert augplug.load_policy(document) == Policy(Nested(Policy(augplug.step("Rotate", level=9))))


def test_only_nesting_needs_the_new_format_and_it_changes_no_digest_of_what_is_older() -> None:
    """The digests are those of the version before policies could be nested."""
    digests = {
        "autoaugment-cifar10": "af06ea534c89bd8a",
        "randaugment:n=2,m=14": "2483db37a540ee5d",
        "augmix": "ece790e089992711",
        "3-augment": "076c219a5508baa8",
        "hand-made": "504934d8b40eb859",
        "rand-m9-n2-mstd0.5-inc1": "e35cbb5300679459",
    }
    for name, digest in digests.items():
        policy = naming.resolve_policy(name)
        assert policy.to_json()["augplug_policy"] == 1
        assert policy.digest.hex()[:16] == digest
        again = augplug.load_policy({**policy.to_json(), "augplug_policy": 2})
        assert (again, again.to_json()["augplug_policy"]) == (policy, 1)


def test_the_digest_of_a_nested_policy_is_of_what_it_draws() -> None:
    digest = Policy(augplug.compose([FOUND])).digest

    assert Policy(augplug.compose([Policy(FOUND.node, "other", FOUND.scale, "none", "me")])).digest == digest
    assert Policy(augplug.compose([FOUND]), scale="timm").digest != digest
    for other in (
        Policy(FOUND.node, scale="trivialaugment-wide"),
        Policy(FOUND.node, scale=FOUND.scale, defaults={"fill": 1}),
    ):
        assert Policy(augplug.compose([other])).digest != digest


ROTATE = {"op": "Rotate", "level": 3}
# node of a policy file -> (pointer below /policy, words of the message)
WRONG: list[tuple[object, str, str]] = [
    ({"sequence": ["randaugment:n=2,m=9"]}, "/sequence/0", "write the policy out"),
    ({"sequence": ["run/policy.json"]}, "/sequence/0", "write the policy out"),
    ("randaugment", "", "write the policy out"),
    ({"one_of": [{"policy": "randaugment"}]}, "/one_of/0/policy", "augplug policies compose"),
    ({"policy": "run/policy.json"}, "/policy", "write the policy out"),
    ({"policy": ROTATE}, "/policy/op", "unknown key 'op'"),
    ({"policy": {}}, "/policy", '"policy" is missing'),
    ({"policy": [ROTATE]}, "/policy", "table"),
    ({"policy": {"policy": ROTATE, "name": "x"}}, "/policy/name", "holds scale, defaults and policy"),
    ({"policy": {"policy": ROTATE, "fuse": "none"}}, "/policy/fuse", "holds scale, defaults and policy"),
    ({"policy": {"policy": ROTATE, "augplug_policy": 1}}, "/policy/augplug_policy", "holds scale, defaults and policy"),
    ({"policy": {"policy": ROTATE, "scal": "timm"}}, "/policy/scal", "did you mean 'scale'"),
    ({"policy": {"policy": ROTATE}, "p": 0.5}, "/p", "unknown key 'p'"),
    ({"policy": {"policy": ROTATE}, "op": "Invert"}, "/op", "policy and op"),
    ({"policy": {"policy": ROTATE, "scale": "tim"}}, "/policy/scale", "did you mean 'timm"),
    ({"policy": {"policy": {**ROTATE, "level": 12}}}, "/policy/policy/level", "0..9"),
    ({"policy": {"policy": ROTATE, "defaults": {"fil": 1}}}, "/policy/defaults/fil", "did you mean 'fill'"),
    ({"policy": {"policy": ROTATE, "defaults": {"fill": 256}}}, "/policy/defaults/fill", "0..255"),
    ({"policy": {"policy": {**ROTATE, "degrees": 3}}}, "/policy/policy", "give one"),
]


@pytest.mark.parametrize(("node", "pointer", "says"), WRONG, ids=[str(number) for number in range(len(WRONG))])
def test_a_wrong_nested_policy_is_refused_at_its_place(node: object, pointer: str, says: str) -> None:
    with pytest.raises(PolicyError) as caught:
        augplug.load_policy({"augplug_policy": 2, "policy": node})
    assert caught.value.pointer == f"/policy{pointer}"
    assert says in caught.value.problem


def test_a_file_of_format_1_holds_no_nested_policy() -> None:
    """An augplug that reads format 1 alone would not know the word."""
    with pytest.raises(PolicyError, match=r'at /policy/policy: .*"augplug_policy": 2'):
        augplug.load_policy({"augplug_policy": 1, "policy": {"policy": {"policy": ROTATE}}})


def test_an_augmenter_of_a_nested_policy_survives_pickling_and_another_backend() -> None:
    import pickle

    augment = augplug.Augmenter(augplug.compose([CROP, "randaugment:n=2,m=14"]), seed=5)
    image = np.random.default_rng(0).integers(0, 256, (20, 20, 3)).astype(np.uint8)
    again = pickle.loads(pickle.dumps(augment))

    assert all(np.array_equal(augment(image, index=index), again(image, index=index)) for index in range(20))
