"""The published AutoAugment tables against those of torchvision, where that is installed."""

from typing import Any

import pytest

from augplug._policies.grammar import OneOf, Sequence, Step
from augplug._policies.published import published
from tests.policies.conftest import OPERATIONS

UNLEVELLED = {"AutoContrast", "Equalize", "Invert"}


@pytest.mark.parametrize("table", ["cifar10", "svhn", "imagenet"])
def test_the_published_tables_are_torchvisions(table: str) -> None:
    """All 25 sub-policies, in order: the operations, the probabilities and the levels."""
    transforms: Any = pytest.importorskip("torchvision.transforms")
    theirs = transforms.AutoAugment()._get_policies(transforms.AutoAugmentPolicy(table))
    node = published(f"autoaugment-{table}", OPERATIONS).node
    assert isinstance(node, OneOf)
    assert len(node.children) == 25
    assert [row(child) for child in node.children] == [tuple(map(tuple, pair)) for pair in theirs]


def row(node: object) -> tuple[tuple[str, float, object], ...]:
    """A sub-policy as torchvision writes it: no level for an operation that has none."""
    assert isinstance(node, Sequence)
    steps = [child for child in node.children if isinstance(child, Step)]
    assert len(steps) == len(node.children) == 2
    return tuple((step.op, step.p, None if step.op in UNLEVELLED else step.level) for step in steps)
