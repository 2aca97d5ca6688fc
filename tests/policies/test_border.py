"""`border` in policies and plans: written where it says something, and no digest, draw or file without it changes."""

import json
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import pytest

import augplug
from augplug._policies.grammar import Step
from augplug.errors import AugplugError
from augplug.ops.base import Operation

IMAGE = np.random.default_rng(0).integers(0, 256, (20, 24, 3)).astype(np.uint8)
PLAIN = augplug.step("Rotate", degrees=(-30, 30))
REFLECTED = augplug.step("Rotate", degrees=(-30, 30), border="reflect")
CONSTANT = augplug.step("Rotate", degrees=(-30, 30), border="constant")


def policy(node: Any, **defaults: Any) -> augplug.Policy:
    return augplug.Policy(node, defaults=defaults)


def test_the_default_is_no_part_of_the_digest() -> None:
    trees: list[Callable[[Any], Any]] = [
        lambda node: node,
        lambda node: augplug.sequence(augplug.step("Invert"), augplug.one_of(node, PLAIN)),
        lambda node: augplug.some_of(1, node),
        augplug.blend,
        lambda node: augplug.sequence(policy(node, fill=3)),
    ]
    for tree in trees:
        assert policy(tree(CONSTANT)).digest == policy(tree(PLAIN)).digest
        assert policy(tree(REFLECTED)).digest != policy(tree(PLAIN)).digest


def test_an_operation_as_a_node_draws_as_before_it_had_a_border() -> None:
    """All its fields are written, and this digest is that of the release before."""
    rotate: Any = augplug.operations()["Rotate"]
    written = augplug.step("Rotate", degrees=10.0, interpolation="nearest", fill=0.0, mask_fill=0.0)

    assert (
        policy(augplug.sequence(written)).digest
        == augplug.Augmenter(augplug.compose([rotate(degrees=10.0)])).policy.digest
    )


def test_a_default_of_the_policy_makes_constant_say_something() -> None:
    reflects = policy(PLAIN, border="reflect")

    assert policy(CONSTANT, border="reflect").digest != reflects.digest
    assert len({policy(PLAIN).digest, reflects.digest, policy(PLAIN, border="wrap").digest}) == 3
    black, other = (
        augplug.Augmenter(one, seed=1)(IMAGE, index=0) for one in (policy(CONSTANT, border="edge"), reflects)
    )
    assert (black[0, 0] == 0).all()
    assert other[0, 0].any()


def test_a_nested_policy_keeps_its_own_border() -> None:
    inner = policy(PLAIN, border="wrap")
    outer = policy(augplug.sequence(inner, PLAIN), border="edge")
    steps = json.loads(augplug.Augmenter(outer).plan(IMAGE, index=0).to_json())["steps"]

    assert [step["fields"]["border"] for step in steps] == ["wrap", "edge"]
    assert policy(augplug.sequence(policy(CONSTANT), PLAIN), border="edge").digest == (
        policy(augplug.sequence(policy(PLAIN), PLAIN), border="edge").digest
    )


@pytest.mark.parametrize(
    ("made", "number"),
    [(policy(PLAIN), 1), (policy(REFLECTED), 2), (policy(CONSTANT), 2), (policy(PLAIN, border="edge"), 2)],
)
def test_a_file_has_the_smallest_format_that_holds_it(made: augplug.Policy, number: int) -> None:
    document = json.loads(json.dumps(made.to_json()))

    assert document["augplug_policy"] == number
    assert augplug.load_policy(document) == made
    assert augplug.load_policy(document).digest == made.digest


def test_plans_hold_a_border_only_if_there_is_one() -> None:
    chain = augplug.blend(REFLECTED)
    for node, number in ((PLAIN, 1), (CONSTANT, 1), (REFLECTED, 2), (chain, 2)):
        augment = augplug.Augmenter(node, seed=3)
        plan = augment.plan(IMAGE, index=5)
        text = plan.to_json()

        assert json.loads(text)["augplug_plan"] == number
        assert ("border" in text, "border" in str(plan)) == (number == 2, number == 2)
        assert np.array_equal(augplug.replay(augplug.load_plan(text), IMAGE), augment(IMAGE, index=5))


def test_wrong_borders_are_typed_errors() -> None:
    with pytest.raises(AugplugError, match="is one of constant, edge, reflect, wrap, not 'mirror'"):
        augplug.step("Rotate", degrees=3, border="mirror")
    with pytest.raises(AugplugError, match="is one of constant, edge, reflect, wrap"):
        policy(PLAIN, border=0)
    with pytest.raises(AugplugError, match="no field 'border'"):
        augplug.step("HorizontalFlip", border="edge")


def test_a_plugins_own_field_of_that_name_is_kept() -> None:
    """Its default is another, so that its value always says something."""
    policy_of_own = augplug.Policy(Step("Own", "tests:Own", Own, fields=(("border", "constant"),)))
    plain = augplug.Policy(Step("Own", "tests:Own", Own))
    text = augplug.Augmenter(policy_of_own).plan(IMAGE, index=0).to_json()

    assert policy_of_own.digest != plain.digest
    assert json.loads(text)["steps"][0]["fields"] == {"border": "constant"}


@augplug.operation(source="this file")
class Own(Operation):
    """A field named as a later one, with another default."""

    border: Literal["constant", "none"] = augplug.parameter(default="none")

    def describe(self, _canvas: augplug.Canvas) -> list[augplug.Effect]:
        """Nothing."""
        return []
