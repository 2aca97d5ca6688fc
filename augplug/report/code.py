"""A policy as Python code, and the code that trains with it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from augplug._policies import grammar
from augplug._policies.grammar import Nested, Node, Policy, SomeOf, Step, Value, steps_of
from augplug.distributions import Distribution, Uniform
from augplug.ops.parameters import Parameter

MOST = 24
"""Most steps of a policy that is written out; a longer one is read from its file."""
WIDTH = 88
_PLAIN = Policy(grammar.Sequence(()))
_DATA = """
images = np.random.default_rng(0).integers(0, 256, {shape}, np.uint8)  # put yours here
labels = np.zeros(len(images), np.int64)  # and theirs
"""
_TORCH = """import numpy as np
import torch

import augplug

policy = {policy}
{data}
# The mean and deviation of each channel; those of its own training data for a pretrained network.
mean, std = images.mean({axes}) / 255, images.std({axes}) / 255


class Augmented(torch.utils.data.Dataset):
    def __init__(self, images, labels):
        self.images, self.labels = images, labels
        output = augplug.Output(mean, std, layout="CHW")  # in place of ToTensor and Normalize
        self.augment = augplug.Augmenter(policy, seed=0, output=output)

    def __len__(self):
        return len(self.images)

    def __getitem__(self, key):
        epoch, index = key  # from the sampler: every epoch draws anew
        image = self.augment(self.images[index], index=index, epoch=epoch)
        return torch.from_numpy(image), self.labels[index]


data = Augmented(images, labels)
sampler = augplug.EpochSampler(len(data), seed=0)
loader = torch.utils.data.DataLoader(data, batch_size=32, sampler=sampler)

for epoch in range(2):
    for batch, targets in loader:  # float32 (B, C, H, W)
        pass  # train
"""
_MIXING = """import numpy as np

import augplug

policy = {policy}
{data}
# It mixes images, so that it needs a batch: labels come back as rows of weights.
augment = augplug.Augmenter(policy, seed=0, classes={classes})
epoch, chosen = 0, np.arange(32)
batch = augment.batch(images[chosen], label=labels[chosen], indices=chosen, epoch=epoch)
"""


def training_code(policy: Policy, shape: Sequence[int], *, mixes: bool, classes: int, path: str) -> str:
    """Return code that runs as it stands: the policy, a data set of torch with it, and the loop around it.

    Of a policy that mixes images, the call on a batch. `shape` is that of an image, `path` that of the policy's file.
    """
    written = policy_code(policy) if sum(1 for _ in steps_of(policy.node)) <= MOST else ""
    given = {
        "policy": written or f"augplug.load_policy({json.dumps(path)})",
        "data": _DATA.format(shape=(100, *shape)),
        "axes": "(0, 1, 2)" if len(shape) == 3 else "",
        "classes": classes,
    }
    return (_MIXING if mixes else _TORCH).format(**given)


def policy_code(policy: Policy) -> str:
    """Return an expression in Python that makes a policy of equal draws."""
    named: Iterator[tuple[str, object, object]] = (
        (name, getattr(policy, name), getattr(_PLAIN, name)) for name in ("name", "scale", "fuse", "defaults")
    )
    arguments = [f"{name}={_plain(value)}" for name, value, usual in named if value != usual]
    return _call("augplug.Policy", [_node(policy.node), *arguments])


def _plain(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_plain(key)}: {_value(one)}" for key, one in value.items()) + "}"
    return _value(value)  # type: ignore[arg-type]  # a name is a text, as a field may be


def _node(node: Node) -> str:
    if isinstance(node, Step):
        return _step(node)
    if isinstance(node, Nested):
        return policy_code(node.policy)
    word = {grammar.Sequence: "sequence", grammar.OneOf: "one_of", SomeOf: "some_of"}.get(type(node), "blend")
    arguments = [_node(child) for child in node.children]
    if isinstance(node, SomeOf):
        arguments = [_value(node.n), *arguments, *([] if node.replacement else ["replacement=False"])]
    if isinstance(node, grammar.OneOf | SomeOf) and node.weights is not None:
        arguments.append(f"weights={node.weights!r}")
    if isinstance(node, grammar.BlendOf):
        arguments.append(f"alpha={node.alpha:g}" if float(f"{node.alpha:g}") == node.alpha else f"alpha={node.alpha!r}")
    return _call(f"augplug.{word}", arguments)


def _step(step: Step) -> str:
    parameters = step.operation.about.parameters
    arguments = [_value(step.op)]
    arguments += [f"p={_number(step.p)}"] if step.p != 1 else []
    arguments += [f"level={_value(step.level)}"] if step.level is not None else []
    arguments += [f"{name}={_value(value, parameters[name])}" for name, value in step.fields]
    return _call("augplug.step", arguments)


def _value(value: Value, declared: Parameter | None = None) -> str:
    """A value as `augplug.step` takes it; a pair where that is short for a uniform distribution."""
    if isinstance(value, Uniform):
        ends = f"({_number(value.low)}, {_number(value.high)})"
        short = declared is not None and not (declared.many or declared.length or declared.integer or declared.flag)
        return ends if short else f"augplug.Uniform{ends}"
    if isinstance(value, Distribution):
        return f"augplug.{value!r}"
    if isinstance(value, str):
        return json.dumps(value)
    return _number(value) if isinstance(value, float) else repr(value)


def _number(value: float) -> str:
    return repr(int(value)) if float(value).is_integer() else repr(value)


def _call(name: str, arguments: Sequence[str]) -> str:
    """A call on one line, or on a line for each argument where it is too long for one."""
    line = f"{name}({', '.join(arguments)})"
    if len(line) <= WIDTH and "\n" not in line:
        return line
    inner = re.sub("^", "    ", ",\n".join(arguments), flags=re.MULTILINE)
    return f"{name}(\n{inner},\n)"
