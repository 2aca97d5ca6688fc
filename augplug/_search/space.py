"""Search spaces as data: which policies there are, and each policy as a row of whole numbers.

AutoAugment's space (arXiv 1805.09501, section 3): a policy has 5 sub-policies of 2 operations; each operation is one of
16, at one of 11 probabilities and one of 10 levels. That is 30 decisions. Spaces by name are in `spaces/*.json`; a file
of the user's has the same keys, and whatever it leaves out is as in the default space.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Self

from augplug._pipeline.describe import describe
from augplug._pipeline.draw import drawing
from augplug._pipeline.mix import split_last_mix
from augplug._policies import building
from augplug._policies.documents import Place, check_document, contents, parse_json
from augplug._policies.grammar import Node, Policy, Step, Value
from augplug._policies.reader import Operations, address_of
from augplug.errors import AugplugError, PolicyError, SettingsError, suggest
from augplug.formats import format_problem
from augplug.ops.levels import SCALES
from augplug.ranges import Ranges, check_ranges
from augplug.renamed import answers_old_names
from augplug.rng import key_of
from augplug.types import Canvas

FORMAT = 1
LONGEST_NAME = 100
MOST_JOINED = 3000
"""Most operations of a found policy: a file of more might be larger than the reader of policies takes."""
NAMES = ("autoaugment", "autoaugment-16", "geometry")
RANGES: Ranges = {"levels": (2, 101), "probabilities": (1, 101), "sub_policies": (1, 100), "length": (1, 20)}
DEFAULTS: Mapping[str, Value] = {"interpolation": "nearest", "fill": 0, "mask_fill": 0}
"""Of a decoded policy: those that the figures of the documentation were measured with."""
_TEXTS = ("name", "source", "scale")
_CANVAS = Canvas(32, 32, 3)


@answers_old_names
@dataclass(frozen=True)
class SearchSpace:
    """Policies of `sub_policies` sub-policies, each of `length` operations in order; one sub-policy is drawn an image.

    An operation is one of `operations` (names as in a policy, 1..1000 of them), at a probability of 0, ..., 1 in
    `probabilities` equal steps (1: always applied), and at one of `levels` levels of `scale`, from its weakest to its
    strongest. Raises SettingsError.
    """

    name: str
    operations: tuple[str, ...]
    levels: int = 10
    probabilities: int = 11
    sub_policies: int = 5
    length: int = 2
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
        for text in _TEXTS:
            if not isinstance(getattr(self, text), str):
                raise SettingsError(f"a search space's {text} is text, not {getattr(self, text)!r}")
        if not (0 < len(self.name) <= LONGEST_NAME and self.name.isprintable()):
            raise SettingsError(f"a search space's name has 1 to {LONGEST_NAME} printable characters")
        check_ranges("a search space", self, RANGES)
        if self.scale not in SCALES:
            raise SettingsError(f"unknown scale {self.scale!r}{suggest(self.scale, SCALES)}")

    @classmethod
    def read(cls, given: object) -> Self:
        """Return the space that is meant: a space, the name of one, the path of a JSON file, or the file's content.

        Raises SettingsError.
        """
        if isinstance(given, cls):
            return given
        try:
            return cls._of(given)
        except PolicyError as error:
            what = f"the search space {given}" if isinstance(given, str | Path) else "the search space"
            raise SettingsError(f"{what}: {error}") from error

    @classmethod
    def _of(cls, given: object) -> Self:
        if isinstance(given, Mapping):
            document: object = dict(given)
        elif given in NAMES:
            document = parse_json(files("augplug._search").joinpath("spaces", f"{given}.json").read_bytes())
        else:
            document = parse_json(_contents(given))
        check_document(document)
        table = Place(document).only(("augplug_space", *_TEXTS, "operations", *RANGES))
        if "augplug_space" in table and (problem := format_problem(table["augplug_space"].whole(), FORMAT)):
            raise table["augplug_space"].error(problem)
        read: dict[str, Any] = {name: table[name].text() for name in _TEXTS if name in table}
        read |= {name: table[name].whole() for name in RANGES if name in table}
        if "operations" in table:
            read["operations"] = tuple(place.text() for place in table["operations"].items())
        else:
            read["operations"] = default_space().operations
        unnamed = Path(given).stem[:LONGEST_NAME] if isinstance(given, str | Path) else "mine"
        with Place(document).to_blame():
            return cls(**{"name": unnamed, **read})

    def to_json(self) -> dict[str, Any]:
        """The content of a space file."""
        sizes = {name: getattr(self, name) for name in RANGES}
        texts = {name: getattr(self, name) for name in _TEXTS}
        return {"augplug_space": FORMAT, **texts, "operations": list(self.operations), **sizes}

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many choices each decision has: operation, probability and level, for each operation of a policy."""
        return (len(self.operations), self.probabilities, self.levels) * (self.length * self.sub_policies)

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
            mixes = self.length > 1 and "partner" in operations[op].about.parameters
            if mixes and split_last_mix(describe(drawing(alone)(key_of(0, 0, 0)), _CANVAS))[1] is not None:
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


def checked(decisions: Sequence[int], sizes: Sequence[int]) -> tuple[int, ...]:
    """Return a row of decisions, one for each of `sizes` and each below it; SettingsError for another."""
    row = tuple(decisions)
    if len(row) != len(sizes) or not all(d in range(n) for d, n in zip(row, sizes, strict=True)):
        raise SettingsError(f"{len(sizes)} decisions are needed, each below its number of {tuple(sizes)}, not {row}")
    return tuple(map(int, row))


def default_space() -> SearchSpace:
    """Return AutoAugment's space without SamplePairing."""
    return SearchSpace.read("autoaugment")


def _contents(given: object) -> bytes:
    try:
        return contents(Path(str(given)))
    except PolicyError as error:
        raise SettingsError(
            f"there is no search space {str(given)!r}{suggest(str(given), NAMES)} ({error.problem}); give one of "
            f"{', '.join(NAMES)}, or the path of a JSON file"
        ) from error
