"""The words of the grammar in Python, and what they refuse."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from augplug._policies import building
from augplug._policies.building import blend, one_of, sequence, some_of
from augplug._policies.grammar import BlendOf, Node, OneOf, Policy, Sequence, SomeOf, Step
from augplug._policies.reader import read_node
from augplug.distributions import Integers, Normal, Uniform
from augplug.errors import AugplugError, OperationError, PolicyError, SettingsError
from tests.policies.conftest import OPERATIONS


def step(op: Any, **arguments: Any) -> Step:
    return building.step(OPERATIONS, op, **arguments)


ROTATE = step("Rotate", p=0.5, degrees=(-30, 30))


def test_a_step() -> None:
    operation = OPERATIONS["Rotate"]
    assert Step("Rotate", "augplug:Rotate", operation, 0.5, None, (("degrees", Uniform(-30, 30)),)) == ROTATE
    assert step("augplug:Rotate", level=3).address == "augplug:Rotate"
    assert step("Rotate", level=3).level == 3
    assert step("Rotate", level=(1, 3)).level == Uniform(1, 3)
    assert step("Rotate", level=Integers(0, 9)).level == Integers(0, 9)


def test_pairs() -> None:
    assert dict(step("Posterize", bits=(4, 8)).fields) == {"bits": Integers(4, 8)}
    assert dict(step("Rotate", degrees=1, fill=(1, 2)).fields) == {"degrees": 1, "fill": (1, 2)}
    assert dict(step("Rotate", degrees=1, fill=[1, 2]).fields) == {"degrees": 1, "fill": (1, 2)}
    written = step("Rotate", degrees={"normal": [0, 10], "clip": [-30, 30]})
    assert dict(written.fields) == {"degrees": Normal(0, 10, (-30, 30))}


def test_numbers_of_other_libraries_become_pythons() -> None:
    made = step("Odd", p=np.float32(0.5), strength=Fraction(1, 4), count=np.int64(3), shade=np.uint8(7), where=(0, 1))
    assert all(type(value) in {int, float, Uniform} for _, value in made.fields)
    assert made.p == 0.5
    assert read_node(made.to_json(), OPERATIONS) == made


def test_the_other_words() -> None:
    invert = step("Invert")
    assert sequence(ROTATE, invert) == Sequence((ROTATE, invert))
    assert sequence() == Sequence(())
    assert one_of(ROTATE, invert, weights=[1, 2]) == OneOf((ROTATE, invert), (1, 2))
    assert some_of(1, ROTATE, invert, replacement=False) == SomeOf(1, (ROTATE, invert), replacement=False)
    assert some_of((1, 2), ROTATE).n == Integers(1, 2)
    assert some_of({"choice": [1, 3]}, ROTATE, weights=(1,)).weights == (1,)
    assert blend(ROTATE, sequence(invert), alpha=2) == BlendOf((ROTATE, Sequence((invert,))), 2)


WRONG: list[tuple[Callable[[], object], type[AugplugError], str]] = [
    (lambda: step("Rotat"), OperationError, "did you mean 'Rotate'"),
    (lambda: step(3), OperationError, "name of an operation"),
    (lambda: step(None), OperationError, "name of an operation"),
    (lambda: step("Rotate", degree=3), OperationError, "did you mean 'degrees'"),
    (lambda: step("Rotate", levle=3), OperationError, "did you mean 'level'"),
    (lambda: step("Rotate"), OperationError, "needs degrees or a level"),
    (lambda: step("Rotate", degrees=3, level=3), OperationError, "give one"),
    (
        lambda: Policy(step("TranslateX", pixels=3, level=3), scale="trivialaugment-wide"),
        OperationError,
        "given a level and pixels, which scale 'trivialaugment-wide' sets by it; give one",
    ),
    (lambda: step("Rotate", degrees=400), OperationError, "-360..360"),
    (lambda: step("Rotate", degrees=(0, 400)), OperationError, "-360..360"),
    (lambda: step("Rotate", degrees=(3, 0)), SettingsError, "low <= high"),
    (lambda: step("Rotate", degrees=(1, 2, 3)), SettingsError, "degrees is a number"),
    (lambda: step("Rotate", degrees="3"), OperationError, "'3'"),
    (lambda: step("Rotate", degrees=True), SettingsError, "not true"),
    (lambda: step("Rotate", degrees=10**400), SettingsError, "bits"),
    (lambda: step("Rotate", degrees=float("nan")), SettingsError, "nan"),
    (lambda: step("Rotate", degrees={"unifrom": [0, 1]}), PolicyError, "at /degrees/unifrom: .*did you mean 'uniform'"),
    (lambda: step("Rotate", degrees=3, fill=()), SettingsError, "fill is a number"),
    (lambda: step("Rotate", degrees=3, fill=("a",)), SettingsError, "fill is a number"),
    (lambda: step("Rotate", degrees=3, interpolation="lanczos"), OperationError, "nearest"),
    (lambda: step("Posterize", bits=(1.5, 3)), OperationError, "whole"),
    (lambda: step("Rotate", degrees=3, p=2), SettingsError, "0..1"),
    (lambda: step("Rotate", degrees=3, p="1"), SettingsError, "p is a number"),
    (lambda: step("Rotate", level="3"), SettingsError, "level is a number"),
    (lambda: sequence([ROTATE]), SettingsError, r"write sequence\(\*nodes\)"),  # type: ignore[arg-type]  # given on purpose
    (lambda: one_of("Rotate"), SettingsError, "'Rotate'"),  # type: ignore[arg-type]  # given on purpose
    (one_of, SettingsError, "at least one"),
    (lambda: one_of(ROTATE, weights=3), SettingsError, "list of numbers"),
    (lambda: one_of(ROTATE, weights=[1, 2]), SettingsError, "1 weights"),
    (lambda: one_of(ROTATE, weights=["1"]), SettingsError, "weights is a number"),
    (lambda: some_of(1.5, ROTATE), SettingsError, "n is a whole number"),
    (lambda: some_of("2", ROTATE), SettingsError, "n is a number"),
    (lambda: some_of((1.5, 2), ROTATE), SettingsError, "whole number"),
    (lambda: some_of(2, ROTATE, replacement=False), SettingsError, "0..1"),
    (lambda: some_of(2, ROTATE, replacement=1), SettingsError, "True or False"),  # type: ignore[arg-type]  # given on purpose
    (lambda: blend(ROTATE, alpha=0), SettingsError, "positive number"),
    (lambda: blend(ROTATE, alpha="1"), SettingsError, "alpha is a number"),  # type: ignore[arg-type]  # given on purpose
    (blend, SettingsError, "at least one"),
]


@pytest.mark.parametrize(("make", "kind", "words"), WRONG, ids=[str(number) for number in range(len(WRONG))])
def test_mistakes_are_typed_and_teach(make: Callable[[], object], kind: type[AugplugError], words: str) -> None:
    with pytest.raises(kind, match=words) as caught:
        make()
    assert caught.type is kind


def test_nesting_ends_where_files_end() -> None:
    node: Node = step("Invert")
    for _ in range(23):
        node = sequence(node)
    policy = Policy(node)
    assert read_node(policy.to_json()["policy"], OPERATIONS) == node
    with pytest.raises(SettingsError, match="deeper than 24"):
        Policy(sequence(node))
