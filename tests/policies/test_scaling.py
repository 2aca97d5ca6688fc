"""`policy.scaled`: half the strength of each range around what changes nothing, and nothing else."""

from typing import Any

import pytest

import augplug
from augplug import Policy, Uniform, step
from augplug._policies.grammar import Sequence, Step
from augplug._policies.scaling import UNCHANGED
from augplug._search.strengths_space import StrengthSpace
from augplug.distributions import Choice, LogUniform, Normal, Sign
from augplug.errors import SettingsError


def halved(op: str, **fields: Any) -> dict[str, object]:
    node = Policy(step(op, **fields)).scaled(0.5).node
    assert isinstance(node, Step)
    return {**dict(node.fields), **({} if node.level is None else {"level": node.level})}


@pytest.mark.parametrize(
    ("op", "given", "expected"),
    [
        (
            "Affine",
            {"degrees": (-10, 10), "scale": (0.9, 1.1)},
            {"degrees": Uniform(-5, 5), "scale": Uniform(0.95, 1.05)},
        ),
        ("Affine", {"degrees": (-10, 30)}, {"degrees": Uniform(-5, 15)}),
        ("Affine", {"degrees": (10, 30)}, {"degrees": Uniform(10, 30)}),
        ("Affine", {"degrees": 10}, {"degrees": 10.0}),
        ("Brightness", {"factor": (0.8, 1.2)}, {"factor": Uniform(0.9, 1.1)}),
        ("Gamma", {"gamma": LogUniform(0.25, 4)}, {"gamma": LogUniform(0.5, 2)}),
        ("GaussianBlur", {"sigma": (0, 2)}, {"sigma": Uniform(0, 1)}),
        ("Cutout", {"size": (0, 0.5)}, {"size": Uniform(0, 0.25)}),
        ("Cutout", {"size": 0.5, "x": (0, 1)}, {"size": 0.5, "x": Uniform(0, 1)}),
        ("Rotate", {"degrees": Sign(8)}, {"degrees": Sign(4)}),
        ("Rotate", {"degrees": Normal(4, 6, (-20, 20))}, {"degrees": Normal(2, 3, (-10, 10))}),
        ("Rotate", {"degrees": Choice((-10, 0, 10))}, {"degrees": Choice((-10, 0, 10))}),
        ("ShearX", {"level": Uniform(0, 8)}, {"level": Uniform(0, 4)}),
        ("ShearX", {"level": 9}, {"level": 4.5}),
        ("Solarize", {"level": 4}, {"level": 2}),
        ("Invert", {}, {}),
    ],
)
def test_a_range_around_what_changes_nothing_is_halved(
    op: str, given: dict[str, Any], expected: dict[str, object]
) -> None:
    assert halved(op, **given) == expected


@pytest.mark.parametrize(
    ("scale", "op", "expected"),
    [("trivialaugment-wide", "Solarize", 2), ("timm-inc0", "Brightness", 4), ("timm", "Posterize", 4)],
)
def test_a_level_is_kept_where_level_0_is_not_the_image(scale: str, op: str, expected: float) -> None:
    """In timm-inc0 a brightness of level 0 is almost black; in timm Posterize leaves 4 bits at level 0."""
    node = Policy(step(op, level=4), scale=scale).scaled(0.5).node
    assert isinstance(node, Step)
    assert node.level == expected


def test_probabilities_stay_and_the_tree_too() -> None:
    inner = Policy(step("Rotate", p=0.4, degrees=(-20, 20)), scale="randaugment")
    tree = augplug.sequence(
        step("HorizontalFlip", p=0.5),
        augplug.one_of(step("Invert", p=0.3), inner, weights=(1, 2)),
        augplug.some_of(1, step("ShearX", factor=(-0.2, 0.2))),
    )

    made = Policy(tree, "mine", source="me", defaults={"fill": 7}).scaled(0.5)

    weaker = Policy(step("Rotate", p=0.4, degrees=(-10, 10)), scale="randaugment")
    expected = augplug.sequence(
        step("HorizontalFlip", p=0.5),
        augplug.one_of(step("Invert", p=0.3), weaker, weights=(1, 2)),
        augplug.some_of(1, step("ShearX", factor=(-0.1, 0.1))),
    )
    assert made == Policy(expected, "mine", source="me; strengths times 0.5", defaults={"fill": 7})


def test_every_range_of_a_found_policy_is_halved() -> None:
    """Each entry of the space at its strongest: the policy of half of every strength."""
    space = StrengthSpace.default(3)
    operations = augplug.operations()
    for place, entry in enumerate(space.entries):
        if not entry.field:  # by chance, or no operation of its own
            continue
        row = [0] * len(space.entries)
        row[place] = len(entry.strengths)
        node = space.decode(operations, row, "x").scaled(0.5).node
        assert isinstance(node, Sequence)
        (found,) = node.children
        assert isinstance(found, Step)
        value = dict(found.fields)[entry.field]
        m = entry.strengths[-1]
        low, high = {
            "around 0": (-m / 2, m / 2),
            "times": (1 - m / 2, 1 + m / 2),
            "ratio": ((1 + m) ** -0.5, (1 + m) ** 0.5),
            "up to": (0, m / 2),
        }[entry.draw]
        assert isinstance(value, augplug.Distribution)
        assert value.bounds == pytest.approx((low, high))


def test_the_fields_of_the_table_are_fields_whose_value_changes_nothing() -> None:
    kinds = augplug.operations()
    for name, fields in UNCHANGED.items():
        about = kinds[name].about
        for field, at in fields.items():
            declared = about.parameters[field]
            assert declared.low <= at <= declared.high
            assert declared.level is None


@pytest.mark.parametrize("factor", [0, -1, float("nan"), float("inf"), "half", None, True])
def test_what_is_no_factor_is_refused(factor: object) -> None:
    with pytest.raises(SettingsError, match="scaled takes a number above 0"):
        Policy(step("Invert")).scaled(factor)  # type: ignore[arg-type]  # wrong on purpose


def test_a_strength_that_leaves_the_range_of_its_field_is_refused() -> None:
    with pytest.raises(augplug.AugplugError, match="factor"):
        Policy(step("Brightness", factor=(0.5, 1.5))).scaled(3)
