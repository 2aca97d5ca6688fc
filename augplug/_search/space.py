"""Search spaces as data: which policies there are, and each policy as a row of whole numbers.

AutoAugment's space (arXiv 1805.09501, section 3): a policy has 5 sub-policies of 2 operations; each operation is one of
16, at one of 11 probabilities and one of 10 levels. That is 30 decisions. Spaces by name are in `spaces/*.json`; a file
of the user's has the same keys, and whatever it leaves out is as in the default space.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from augplug._policies import building
from augplug._policies.documents import Place
from augplug._policies.grammar import Node, OneOf, Policy, Step, Value
from augplug._policies.reader import Operations, address_of
from augplug._search.space_base import (
    Space,
    check_format,
    check_texts,
    checked,
    content_of,
    mixes_finished_images,
    naming,
)
from augplug.errors import AugplugError, SettingsError, suggest
from augplug.ops.levels import SCALES
from augplug.ranges import check_ranges, setting
from augplug.renamed import answers_old_names

FORMAT = 1
MOST_JOINED = 3000
"""Most operations of a found policy: a file of more might be larger than the reader of policies takes."""
DEFAULTS: Mapping[str, Value] = {"interpolation": "nearest", "fill": 0, "mask_fill": 0}
"""Of a decoded policy: those that the figures of the documentation were measured with."""
_TEXTS = ("name", "source", "scale")
_NUMBERS = ("levels", "probabilities", "sub_policies", "length")


@answers_old_names
@dataclass(frozen=True)
class SearchSpace(Space):
    """Policies of `sub_policies` sub-policies, each of `length` operations in order; one sub-policy is drawn an image.

    An operation is one of `operations` (names as in a policy, 1..1000 of them), at a probability of 0, ..., 1 in
    `probabilities` equal steps (1: always applied), and at one of `levels` levels of `scale`, from its weakest to its
    strongest. Raises SettingsError.
    """

    name: str
    operations: tuple[str, ...]
    levels: int = setting(10, low=2, high=101, doc="Levels of an operation, from its weakest to its strongest.")
    probabilities: int = setting(11, low=1, high=101, doc="Steps of the probability; 1: always applied.")
    sub_policies: int = setting(5, low=1, high=100, doc="Sub-policies of a policy.")
    length: int = setting(2, low=1, high=20, doc="Operations of a sub-policy.")
    scale: str = "autoaugment"
    source: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be searched."""
        names: object = self.operations
        if not isinstance(names, tuple | list) or not all(isinstance(name, str) for name in names):
            raise SettingsError(f"a search space's operations are a list of names, not {names!r}")
        if not 1 <= len(set(names)) == len(names) <= 1000:
            raise SettingsError("a search space has 1 to 1,000 operations, each named once")
        object.__setattr__(self, "operations", tuple(names))
        check_texts(self, _TEXTS)
        check_ranges("a search space", self)
        if self.scale not in SCALES:
            raise SettingsError(f"unknown scale {self.scale!r}{suggest(self.scale, SCALES)}")

    @classmethod
    def read(cls, given: object) -> Self:
        """Return the space that is meant: a space, the name of one, the path of a JSON file, or the file's content.

        Raises SettingsError.
        """
        if isinstance(given, cls):
            return given
        with naming(given):
            return cls.of(*content_of(given))

    @classmethod
    def of(cls, place: Place, unnamed: str) -> Self:
        """Return the space of a document, called `unnamed` if that has no name. Raises PolicyError."""
        table = place.only(("augplug_space", *_TEXTS, "operations", *_NUMBERS))
        check_format(table, "augplug_space", FORMAT)
        read: dict[str, Any] = {name: table[name].text() for name in _TEXTS if name in table}
        read |= {name: table[name].whole() for name in _NUMBERS if name in table}
        if "operations" in table:
            read["operations"] = tuple(place.text() for place in table["operations"].items())
        else:
            read["operations"] = cls.read("autoaugment").operations
        with place.to_blame():
            return cls(**{"name": unnamed, **read})

    def to_json(self) -> dict[str, Any]:
        """The content of a space file."""
        sizes = {name: getattr(self, name) for name in _NUMBERS}
        texts = {name: getattr(self, name) for name in _TEXTS}
        return {"augplug_space": FORMAT, **texts, "operations": list(self.operations), **sizes}

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many choices each decision has: operation, probability and level, for each operation of a policy."""
        return (len(self.operations), self.probabilities, self.levels) * (self.length * self.sub_policies)

    @property
    def ordered(self) -> tuple[bool, ...]:
        """Return for each decision whether its choices have an order: operations have none."""
        return (False, True, True) * (self.length * self.sub_policies)

    @property
    def weights(self) -> None:
        """None: all choices are equally likely in a random row."""
        return

    def for_channels(self, channels: int) -> Self:
        """Return the space itself: its operations are the same for images of any number of channels."""
        del channels
        return self

    def single(self) -> Self:
        """Return the space of its sub-policies, each alone."""
        return replace(self, sub_policies=1)

    def check(self, operations: Operations, joined: int = 1) -> None:
        """Refuse operations that are not there or lack more than a level, and too many in `joined` policies.

        Raises SettingsError.
        """
        if joined * self.sub_policies * self.length > MOST_JOINED:
            each = f"{self.sub_policies} sub-policies of {self.length}"
            raise SettingsError(
                f"the search space {self.name}: a found policy has at most {MOST_JOINED:,} operations, and {joined} "
                f"joined policies of {each} have more; lower joined"
            )
        for op in self.operations:
            try:
                address_of(operations, op)
                alone = Policy(building.levelled(operations, op, 0), scale=self.scale)
            except AugplugError as error:
                raise SettingsError(f"the search space {self.name}: {error}") from error
            if self.length > 1 and mixes_finished_images(operations, op, alone):
                raise SettingsError(
                    f"the search space {self.name}: {op} mixes finished images, so that nothing may come behind it in "
                    "a sub-policy; leave it out, or search a length of 1"
                )

    def decode(self, operations: Operations, decisions: Sequence[int], name: str) -> Policy:
        """Return the policy called `name` of a row of decisions, one for each of `sizes`."""
        row = checked(decisions, self.sizes)
        steps = [self._step(operations, *row[start : start + 3]) for start in range(0, len(row), 3)]
        pairs = [building.sequence(*steps[start : start + self.length]) for start in range(0, len(steps), self.length)]
        return self.policy(pairs, name)

    def found(self, best: Sequence[Policy], name: str) -> Policy:
        """Return the policy called `name` of all sub-policies of the best ones (AutoAugment, section 3)."""
        return self.policy([child for policy in best for child in sub_policies_of(policy)], name)

    def policy(self, sub_policies: Iterable[Node], name: str) -> Policy:
        """Return the policy that draws one of the sub-policies."""
        source = f"found by augplug in the search space {self.name}"
        return Policy(building.one_of(*sub_policies), name, self.scale, source=source, defaults=DEFAULTS)

    def _step(self, operations: Operations, operation: int, probability: int, level: int) -> Step:
        # Multiplied before it is divided: the levels of ten are the whole numbers 0 to 9.
        value = SCALES[self.scale].divisor * level / (self.levels - 1)
        return building.levelled(operations, self.operations[operation], value, self.probability(probability))

    def probability(self, probability: int) -> float:
        """Return what a choice of probability means, in 0..1."""
        return probability / (self.probabilities - 1) if self.probabilities > 1 else 1.0


def sub_policies_of(policy: Policy) -> tuple[Node, ...]:
    """Return what a policy draws one of for an image; of a policy that is not of that kind, all of it."""
    return policy.node.children if isinstance(policy.node, OneOf) else (policy.node,)
