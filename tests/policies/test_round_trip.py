"""What is written is read back the same, from JSON and from TOML."""

import json

from hypothesis import HealthCheck, given, settings

from augplug._pipeline.compile import compile_policy
from augplug._pipeline.draw import draw
from augplug._pipeline.items import Item
from augplug._policies.grammar import Node, Policy
from augplug._policies.reader import loads_json, loads_toml, read_node, read_policy
from augplug.rng import Stream
from tests.policies.conftest import OPERATIONS
from tests.strategies import nodes, policies

many = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))


@many
@given(policies(OPERATIONS))
def test_a_policy_is_read_back_equal(policy: Policy) -> None:
    read = read_policy(policy.to_json(), OPERATIONS)
    assert read == policy
    assert read.digest == policy.digest
    assert hash(read) == hash(policy)


@many
@given(policies(OPERATIONS, blend=False))
def test_json_text_and_toml_text_give_the_same_policy(policy: Policy) -> None:
    document = policy.to_json()
    assert loads_json(json.dumps(document), OPERATIONS) == policy
    assert loads_json(json.dumps(document, sort_keys=True, ensure_ascii=False, indent=1), OPERATIONS) == policy
    assert loads_toml(toml(document), OPERATIONS) == policy


@many
@given(nodes(OPERATIONS, scale="randaugment"))
def test_a_node_is_read_back_equal(node: Node) -> None:
    assert read_node(node.to_json(), OPERATIONS, scale="randaugment") == node


@many
@given(policies(OPERATIONS))
def test_a_policy_that_is_accepted_can_be_drawn(policy: Policy) -> None:
    node = compile_policy(policy)
    for count in range(5):
        first: list[Item] = []
        again: list[Item] = []
        for drawn in (first, again):
            draw(node, Stream(policy.digest, bytes([count])), drawn)
        assert [getattr(item, "operation", None) for item in first] == [
            getattr(item, "operation", None) for item in again
        ]


def test_equal_policies_have_equal_digests() -> None:
    tree = '{"augplug_policy": 1, "policy": {"op": "Odd", "p": %s, "strength": %s, "count": %s}}'
    ones = {loads_json(tree % numbers, OPERATIONS) for numbers in [("1", "0", "3"), ("1.0", "-0.0", "3.0")]}
    assert len(ones) == 1
    other = loads_json(tree % ("1", "0", "4"), OPERATIONS)
    assert other not in ones


def test_the_order_of_fields_means_nothing() -> None:
    one = '{"augplug_policy": 1, "policy": {"op": "Odd", "strength": 1, "count": 3}}'
    two = '{"policy": {"count": 3, "strength": 1, "op": "Odd"}, "augplug_policy": 1}'
    assert loads_json(one, OPERATIONS) == loads_json(two, OPERATIONS)


def test_tables_of_toml_are_nodes_too() -> None:
    text = """
    augplug_policy = 1
    name = 'mine'   # [[[ no nesting
    defaults.fill = [1, 2, 3]

    [[policy.sequence]]
    op = "Rotate"
    degrees.uniform = [-30, 30]

    [[policy.sequence]]
    op = "Invert"
    p = 0.5
    """
    steps = [{"op": "Rotate", "degrees": {"uniform": [-30, 30]}}, {"op": "Invert", "p": 0.5}]
    document = {"augplug_policy": 1, "name": "mine", "defaults": {"fill": [1, 2, 3]}, "policy": {"sequence": steps}}
    assert loads_toml(text, OPERATIONS) == read_policy(document, OPERATIONS)


def toml(document: object) -> str:
    """A document as TOML: top-level keys, everything below them inline."""
    assert isinstance(document, dict)
    return "".join(f"{key} = {inline(value)}\n" for key, value in document.items())


def inline(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {inline(member)}" for key, member in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(inline(member) for member in value) + "]"
    if isinstance(value, str):
        return json.dumps(value).replace("\x7f", "\\u007f") if value.isascii() else plain_toml(value)
    return json.dumps(value)


def plain_toml(text: str) -> str:
    return '"' + "".join(f"\\U{ord(character):08x}" for character in text) + '"'
