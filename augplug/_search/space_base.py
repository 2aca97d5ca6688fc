"""What every search space is, and how the content of one is found by its name, as a file, or as it is.

A space encodes each of its policies as a row of whole numbers, so that one algorithm searches any of them.
`augplug._search.space` has AutoAugment's kind, `strengths_space` that of one strength an operation.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any, Self

from augplug._pipeline.describe import describe
from augplug._pipeline.draw import drawing
from augplug._pipeline.mix import split_last_mix
from augplug._policies.documents import Place, check_document, contents, parse_json
from augplug._policies.grammar import Policy
from augplug._policies.reader import Operations
from augplug.errors import PolicyError, SettingsError, suggest
from augplug.formats import format_problem
from augplug.rng import Stream, key_of, pick
from augplug.types import Canvas

LONGEST_NAME = 100
NAMES = ("autoaugment", "autoaugment-16", "geometry", "strengths")
SPACE = "The search space: autoaugment, autoaugment-16, geometry, strengths, or the path of a file."
JOINED = "The sub-policies of this many best policies make the found one; in a space of strengths the best row does."
CHANNELS = "Channels of the images (0: not known): a space of strengths leaves out what needs other ones."
"""What the settings `space`, `joined` and `channels` of an algorithm mean."""
_CANVAS = Canvas(32, 32, 3)


class Space(ABC):
    """Policies as rows of decisions: each a whole number from 0 on, below its number in `sizes`.

    An algorithm proposes rows, `decode` makes policies of them, and `found` makes the one that a search ends with.
    """

    name: str

    @property
    @abstractmethod
    def sizes(self) -> tuple[int, ...]:
        """How many choices each decision has."""

    @property
    @abstractmethod
    def ordered(self) -> tuple[bool, ...]:
        """Return for each decision whether its choices have an order, from weak to strong."""

    @property
    @abstractmethod
    def weights(self) -> tuple[tuple[float, ...], ...] | None:
        """How likely each choice of each decision is in a random row; None if all are equally likely."""

    @abstractmethod
    def check(self, operations: Operations, joined: int = 1) -> None:
        """Refuse a space whose policies cannot be made of these operations, or not joined. Raises SettingsError."""

    @abstractmethod
    def decode(self, operations: Operations, decisions: Sequence[int], name: str) -> Policy:
        """Return the policy called `name` of a row of decisions. Raises SettingsError."""

    @abstractmethod
    def found(self, best: Sequence[Policy], name: str) -> Policy:
        """Return the policy called `name` that the best decoded policies, best first, are made into."""

    @abstractmethod
    def for_channels(self, channels: int) -> Self:
        """Return the space for images of this many channels; 0: not known."""

    @abstractmethod
    def single(self) -> Self:
        """Return the space whose policies have one sub-policy each."""

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """Return the content of a space file."""


def random_row(space: Space, stream: Stream) -> tuple[int, ...]:
    """Return a row drawn by the space's weights."""
    if space.weights is None:
        return tuple(stream.below(size) for size in space.sizes)
    return tuple(pick(weights, stream) for weights in space.weights)


def checked(decisions: Sequence[int], sizes: Sequence[int]) -> tuple[int, ...]:
    """Return a row of decisions, one for each of `sizes` and each below it; SettingsError for another."""
    row = tuple(decisions)
    if len(row) != len(sizes) or not all(d in range(n) for d, n in zip(row, sizes, strict=True)):
        raise SettingsError(f"{len(sizes)} decisions are needed, each below its number of {tuple(sizes)}, not {row}")
    return tuple(map(int, row))


def check_texts(space: Space, names: Sequence[str]) -> None:
    """Refuse attributes that are not text, and a name that cannot be shown. Raises SettingsError."""
    for text in names:
        if not isinstance(getattr(space, text), str):
            raise SettingsError(f"a search space's {text} is text, not {getattr(space, text)!r}")
    if not (0 < len(space.name) <= LONGEST_NAME and space.name.isprintable()):
        raise SettingsError(f"a search space's name has 1 to {LONGEST_NAME} printable characters")


def mixes_finished_images(operations: Operations, op: str, alone: Policy) -> bool:
    """Return True if `op`, the one operation of `alone`, mixes finished images, so that nothing may come behind it."""
    if "partner" not in operations[op].about.parameters:
        return False
    return split_last_mix(describe(drawing(alone)(key_of(0, 0, 0)), _CANVAS))[1] is not None


def content_of(given: object) -> tuple[Place, str]:
    """Return the document that is meant, and the name of a space that it does not name.

    `given` is a space, the name of one, the path of a JSON file, or the file's content. Raises PolicyError for a
    document that cannot be read, SettingsError for what means none.
    """
    if isinstance(given, Space | Mapping):
        document: object = given.to_json() if isinstance(given, Space) else dict(given)
    elif given in NAMES:
        document = parse_json(files("augplug._search").joinpath("spaces", f"{given}.json").read_bytes())
    else:
        document = parse_json(_contents(given))
    check_document(document)
    return Place(document), Path(given).stem[:LONGEST_NAME] if isinstance(given, str | Path) else "mine"


def check_format(table: Mapping[str, Place], key: str, newest: int) -> None:
    """Refuse the format number at `key` if it is newer. Raises PolicyError."""
    if key in table and (problem := format_problem(table[key].whole(), newest)):
        raise table[key].error(problem)


@contextmanager
def naming(given: object) -> Iterator[None]:
    """Turn a PolicyError in the block into a SettingsError that says which search space cannot be read."""
    try:
        yield
    except PolicyError as error:
        what = f"the search space {given}" if isinstance(given, str | Path) else "the search space"
        raise SettingsError(f"{what}: {error}") from error


def _contents(given: object) -> bytes:
    try:
        return contents(Path(str(given)))
    except PolicyError as error:
        raise SettingsError(
            f"there is no search space {str(given)!r}{suggest(str(given), NAMES)} ({error.problem}); give one of "
            f"{', '.join(NAMES)}, or the path of a JSON file"
        ) from error
