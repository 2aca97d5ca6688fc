"""Fields of operations: the types that annotations give, bundles of fields, and how earlier versions wrote them."""

from __future__ import annotations

import json
import sys
from typing import Any, Literal

import numpy as np
import pytest

import augplug
from augplug import Canvas, Effect, Fill, Interpolation, OperationError, PlanError, PolicyError
from augplug._policies.reader import read_policy
from augplug.ops.regions import Cutout, GridMask, RandomErasing
from augplug.testing import base
from augplug.testing.operations import CHECKS

Mode = Literal["soft", "hard"]
IMAGE = np.random.default_rng(5).integers(0, 256, (24, 20, 3), dtype=np.uint8)


def brighter(values: augplug.Values, add: float) -> augplug.Values:
    return values + add


@augplug.operation(source="this test")
class Typed(augplug.Resampled, augplug.Operation):
    """A field of every kind that an annotation can say."""

    flag: bool = augplug.parameter(default=False)
    mode: Mode = augplug.parameter(default="soft")
    count: int | None = augplug.parameter(low=1, high=9, unit="pieces", default=None)
    limits: tuple[float, float] = augplug.parameter(low=0, high=255, unit="8-bit values", default=(0.0, 9.0))
    either: int | tuple[int, int] = augplug.parameter(low=0, high=9, unit="pixels", default=3)
    shade: Fill = augplug.parameter(low=0, high=255, unit="8-bit values", default=0.0)
    add: float = augplug.parameter(low=0, high=50, unit="8-bit values", default=5.0)
    key: int = augplug.key(needed_by=("flag",), default=0)
    interpolation: Interpolation = augplug.resampling("linear")

    def describe(self, canvas: Canvas) -> list[Effect]:
        """A tone, noise if `flag` is set."""
        if self.flag:
            return [augplug.Noise(key=self.key, std=self.add)]
        return [augplug.Tone(brighter, self.add)]

    @classmethod
    def describe_batch(cls, rows: Any, canvas: Canvas) -> None:
        """Never called with a drawn flag, which is not an array of numbers."""
        assert isinstance(rows.flag, bool)


def operation(annotation: object, declared: Any, **arguments: Any) -> Any:
    """Return an operation with one field of that annotation."""
    fields = {"field": declared, "__annotations__": {"field": annotation}, "describe": Typed.describe}
    return augplug.operation(source="a test", **arguments)(type("Made", (augplug.Operation,), fields))


OPERATIONS = {"Typed": Typed, "this-test:Typed": Typed}


def drawn(plan: augplug.Plan) -> Any:
    """Return the first operation of a plan."""
    item: Any = plan.items[0]
    return item.operation


def policy(**fields: Any) -> augplug.Policy:
    step = {"op": "Typed", **fields}
    return read_policy({"augplug_policy": 1, "policy": {"sequence": [step]}}, OPERATIONS)


@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        ("flag", True, True),
        ("flag", np.False_, False),
        ("mode", "hard", "hard"),
        ("count", None, None),
        ("count", 3.0, 3),
        ("limits", [1, 2], (1.0, 2.0)),
        ("either", 4, 4),
        ("either", (4, 5), (4, 5)),
        ("shade", (1, 2, 3), (1.0, 2.0, 3.0)),
        ("shade", 4, 4.0),
        ("interpolation", "cubic", "cubic"),
    ],
)
def test_a_value_is_kept_as_the_type_of_the_annotation(field: str, value: Any, kept: object) -> None:
    made = getattr(Typed(**{field: value}), field)

    assert made == kept
    assert type(made) is type(kept)


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("flag", 1, "flag=...) takes True or False, not 1"),
        ("flag", "yes", "takes True or False, not 'yes'"),
        ("flag", None, "takes True or False, not None"),
        ("mode", "loud", "is one of soft, hard, not 'loud'"),
        ("mode", True, "is one of soft, hard, not True"),
        ("count", 2.5, "takes a whole number"),
        ("count", 10, r"takes an integer in 1..9 (pieces) or None, not 10"),
        ("limits", (1, 2, 3), "takes 2 numbers in 0..255 (8-bit values), not (1, 2, 3)"),
        ("limits", 4.0, "takes 2 numbers"),
        ("limits", (1, 256), "256"),
        ("either", (4, 5, 6), "takes 2 integers"),
        ("add", None, "takes a number in 0..50 (8-bit values), not None"),
        ("add", True, "not True"),
        ("interpolation", "area", "is one of nearest, linear, cubic"),
    ],
)
def test_other_values_are_refused(field: str, value: Any, expected: str) -> None:
    with pytest.raises(OperationError) as caught:
        Typed(**{field: value})
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    "annotation",
    ["complex", "list[float]", "tuple[float, ...]", "int | float", "Literal[1, 2]", "str | bool", "f(", "np.x"],
)
def test_other_annotations_are_refused(annotation: str) -> None:
    with pytest.raises(OperationError, match=r"Made.field has the annotation .*(bool, int, float|texts only)"):
        operation(annotation, augplug.parameter(unit="x", default=1.0))


def test_annotations_may_be_objects() -> None:
    made = operation(Mode | None, augplug.parameter(default=None))

    assert made.about.parameters["field"].describe() == "soft | hard or None"


def test_a_flag_has_no_level_and_a_text_needs_choices() -> None:
    with pytest.raises(OperationError, match="a level sets a number"):
        operation(bool, augplug.parameter(level=(0, 1)))
    with pytest.raises(OperationError, match="give its choices"):
        operation("str", augplug.parameter(unit="x"))


def test_own_fields_come_before_those_of_base_classes() -> None:
    """Their order is that of the draws."""
    own = ["flag", "mode", "count", "limits", "either", "shade", "add", "key", "interpolation"]
    assert list(Typed.about.parameters) == [*own, "fill", "mask_fill", "border"]
    assert list(augplug.operations()["Rotate"].about.parameters) == [
        "degrees",
        "expand",
        *own[-1:],
        "fill",
        "mask_fill",
        "border",
    ]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_examination_takes_fields_of_every_kind(check: Any) -> None:
    thing = base.Subject("operations", "Typed", Typed, sys.modules[__name__], {**augplug.operations(), **OPERATIONS})
    if check.__name__ in ("every_level_is_taken", "a_batch_says_the_same"):
        with pytest.raises(base.Skipped):
            check(thing)
    else:
        check(thing)


def test_no_operation_has_a_flag_that_is_a_number_or_a_text() -> None:
    for name, kind in augplug.operations().items():
        for field, declared in kind.about.parameters.items():
            assert set(declared.choices) != {"no", "yes"}, f"{name}.{field}"
            assert not (declared.integer and (declared.low, declared.high) == (0, 1)), f"{name}.{field}"
            assert "negative" not in declared.unit, f"{name}.{field}"


def test_policies_hold_true_false_and_null() -> None:
    given = policy(flag=True, count=None, limits=[1, 2])
    written = given.to_json()

    assert written["augplug_policy"] == 2
    assert written["policy"]["sequence"][0] == {"op": "Typed", "p": 1.0, "flag": True, "count": None, "limits": [1, 2]}
    assert read_policy(json.loads(json.dumps(written)), OPERATIONS) == given
    assert policy(count=3).to_json()["augplug_policy"] == 1


@pytest.mark.parametrize("fields", [{"flag": 2}, {"flag": "yes"}, {"flag": None}, {"add": True}, {"add": None}])
def test_policies_refuse_other_values(fields: dict[str, Any]) -> None:
    with pytest.raises(PolicyError) as caught:
        policy(**fields)
    assert caught.value.pointer == f"/policy/sequence/0/{next(iter(fields))}"


def test_a_flag_is_drawn() -> None:
    for written in ({"choice": [False, True]}, {"choice": [0, 1]}, {"integers": [0, 1]}):
        flagged = policy(flag=written, add={"uniform": [1, 5]})
        augment = augplug.Augmenter(flagged, seed=1, backend="reference")
        flags = [drawn(augment.plan(IMAGE, index=index)).flag for index in range(20)]
        loop = np.stack([augment(IMAGE, index=index) for index in range(20)])

        assert {type(flag) for flag in flags} == {bool}
        assert set(flags) == {False, True}
        assert np.array_equal(augment.batch(np.stack([IMAGE] * 20), indices=range(20)), loop)
    assert policy(flag={"choice": [False, True]}) == policy(flag={"choice": [0, 1]})
    with pytest.raises(PolicyError, match="flag"):
        policy(flag={"uniform": [0, 1]})
    with pytest.raises(PolicyError, match="number"):
        policy(add={"choice": [False, True]})


def test_steps_in_python_take_flags_and_none_in_both_forms() -> None:
    typed = augplug.step("RandomErasing", noise=False, mask_value=None)
    former = augplug.step("RandomErasing", noise=0, mask_value=-1.0)
    other = augplug.step("RandomErasing", noise=0, mask_value=-2.5)

    assert typed == former
    assert typed.to_json() == {"op": "RandomErasing", "p": 1.0, "mask_value": -1.0, "noise": 0}
    assert other.to_json()["mask_value"] == -2.5
    assert augplug.Policy(typed).digest != augplug.Policy(other).digest
    assert drawn(augplug.Augmenter(augplug.sequence(other)).plan(IMAGE, index=0)).mask_value is None
    assert augplug.step("RandomErasing", noise={"choice": [False, True]}).to_json()["noise"] == {"choice": [0, 1]}
    assert augplug.step("RandomErasing", noise=(0, 1)).to_json()["noise"] == {"integers": [0, 1]}
    with pytest.raises(OperationError, match="True or False, not 2"):
        augplug.step("RandomErasing", noise=2)


@pytest.mark.parametrize("op", ["Cutout", "GridMask", "RandomErasing"])
def test_plans_are_written_as_version_1_wrote_them(op: str) -> None:
    size = {"size": 0.4} if op == "Cutout" else {}
    text = augplug.Augmenter(augplug.step(op, **size), backend="reference").plan(IMAGE, index=0).to_json()
    (step,) = json.loads(text)["steps"]
    newest = augplug.operations()[op].about.version
    plan = augplug.load_plan(text)

    assert step["version"] == 1
    assert step["fields"]["mask_value"] == -1.0
    assert step["fields"].get("noise", 0) in (0, 1)
    assert not isinstance(step["fields"].get("noise"), bool)
    assert drawn(plan).mask_value is None
    with pytest.raises(PlanError, match="version 9"):
        augplug.load_plan(text.replace('"version": 1', '"version": 9'))
    assert newest > 1


def test_plans_of_today_hold_flags_and_null() -> None:
    text = augplug.Augmenter(augplug.step("GridMask"), backend="reference").plan(IMAGE, index=0).to_json()
    today = text.replace('"version": 1', '"version": 2').replace('"mask_value": -1.0', '"mask_value": null')

    assert today.count("null") == 1
    assert drawn(augplug.load_plan(today)) == drawn(augplug.load_plan(text))
    assert [kind.about.version for kind in (Cutout, GridMask, RandomErasing)] == [3, 2, 2]


@pytest.mark.parametrize(
    ("upgrades", "expected"),
    [
        ({3: {}}, "has upgrades for version 3"),
        ({1: {"flags": augplug.FormerField({})}}, "upgrades for flags, which is not one of its fields"),
        ({1: {"field": augplug.FormerField({"no": 0})}}, "takes True or False, not 0"),
    ],
)
def test_upgrades_are_checked(upgrades: Any, expected: str) -> None:
    with pytest.raises(OperationError, match=expected):
        operation(bool, augplug.parameter(default=False), version=2, upgrades=upgrades)
