"""What a check is, what it is asked about, and what comes out.

A check is a function of a `Subject` that returns when all is well, and raises `Failed` or `Skipped` otherwise. Its name
is the function's, its docstring says what it asks and, behind "When it fails:", what to do. Each file of checks ends
with the tuple of them.
"""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from augplug import naming
from augplug.errors import AugplugError
from augplug.ops.base import Operation
from augplug.renamed import answers_old_names, module_getattr
from augplug.types import Image


class Failed(Exception):  # noqa: N818  # the word that an author reads in the report
    """The subject does not do what it must; the message says what was seen."""


class Different(Failed):
    """Two images differ that must not; `made` and `expected` are copies of both."""

    def __init__(self, message: str, made: Image, expected: Image) -> None:
        """Take what was seen."""
        super().__init__(message)
        self.made, self.expected = made.copy(), expected.copy()


class Skipped(Exception):  # noqa: N818  # as Failed
    """The check does not apply; the message says why."""


@dataclass(frozen=True, eq=False)
class Subject:
    """What is examined: `value`, provided as `name`, of a `kind` (`operations`, `policies`, ...; `plugin` is it all).

    `operations` is everything that its names may mean: what is installed, and what `module` provides itself.
    """

    kind: str
    name: str
    value: Any
    module: ModuleType
    operations: Mapping[str, type[Operation]]

    @property
    def address(self) -> str:
        """The name by which the subject is one of `operations`, whoever else has an operation of that name."""
        return next(
            (key for key, known in self.operations.items() if ":" in key and known is self.value),
            f"{self.module.__name__}:{self.name}",
        )


Check: TypeAlias = Callable[[Subject], None]
Picturing: TypeAlias = Callable[[Image, Image], str]


def name_of(check: Check) -> str:
    """Return the name of a check: its function's, with dashes."""
    return check.__name__.replace("_", "-")


@answers_old_names
@dataclass(frozen=True)
class Outcome:
    """What a check found. `state` is `passed`, `failed` or `skipped`; the `message` says why unless it passed."""

    check: str
    subject: str
    state: str
    message: str = ""

    def __str__(self) -> str:
        """One line, or more where the message has more."""
        return f"{self.state}: {self.check} [{self.subject}]" + (f": {self.message}" if self.message else "")


@answers_old_names
@dataclass(frozen=True, eq=False)
class Case:
    """One check applied to one subject; a pytest case."""

    check: Check
    subject: Subject

    def __str__(self) -> str:
        """The check's name and the subject's, as pytest shows them."""
        return f"{name_of(self.check)}-{self.subject.name}"

    def outcome(self, waivers: Mapping[str, str], picture: Picturing | None = None) -> Outcome:
        """Run the check. A waived check must fail; then it is skipped, with the waiver's reason.

        `picture` draws two images that should be the same, and returns where that is seen.
        """
        use_operations_of(self.subject)
        state, message = _perform(self.check, self.subject, picture)
        name = name_of(self.check)
        waiver = waivers.get(f"{name}:{self.subject.name}", waivers.get(name))
        if waiver is not None and state == "failed":
            state, message = "skipped", f"expected to fail ({waiver}): {message}"
        elif waiver is not None and state == "passed":
            state, message = "failed", f"it passes, but is expected to fail ({waiver}): take the waiver out"
        return Outcome(name, f"{self.subject.kind}:{self.subject.name}", state, message)


def use_operations_of(subject: Subject) -> None:
    """Make this process know the subject's operations as if its plugin were installed: its policies ask for them."""
    naming.registry().lend({address: made for address, made in subject.operations.items() if ":" in address})


def _perform(check: Check, subject: Subject, picture: Picturing | None) -> tuple[str, str]:
    try:
        check(subject)
    except Skipped as reason:
        return "skipped", str(reason)
    except Different as reason:
        seen = "" if picture is None else f"; {picture(reason.made, reason.expected)}"
        return "failed", f"{reason}{seen}. {remedy_of(check)}"
    except Failed as reason:
        return "failed", f"{reason}. {remedy_of(check)}"
    except (Exception, SystemExit) as error:  # noqa: BLE001  # a plugin may raise anything: that is what is being found out
        if (library := _missing(error, subject)) is not None:
            return "failed", f"it needs {library}, which is not installed here: install it, and ask again"
        return "failed", f"it raised {type(error).__name__}: {error} ({_place(error)}). {remedy_of(check)}"
    return "passed", ""


def _missing(error: BaseException, subject: Subject) -> str | None:
    """Return the library without which nothing of the subject can be asked; a module of the plugin's own is none."""
    if not isinstance(error, ModuleNotFoundError) or error.name is None:
        return None
    library = error.name.partition(".")[0]
    return None if library == subject.module.__name__.partition(".")[0] else library


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].name}, line {frames[-1].lineno}" if frames else "nowhere"


def question_of(check: Check) -> str:
    """Return what a check asks: the first paragraph of its docstring."""
    return _parts(check)[0]


def remedy_of(check: Check) -> str:
    """Return what to do when a check fails."""
    return _parts(check)[1]


def _parts(check: Check) -> tuple[str, str]:
    question, _, remedy = " ".join((inspect.getdoc(check) or "").split()).partition("When it fails: ")
    return question.strip(), remedy.strip()


def require(condition: object, message: str) -> None:
    """Raise Failed with the message unless the condition holds."""
    if not condition:
        raise Failed(message)


def require_same(made: Image, expected: Image, message: str) -> None:
    """Raise Different with the message unless the images have the same shape and values."""
    if not np.array_equal(made, expected):
        raise Different(message, made, expected)


def refuses(what: str, call: Callable[[], Any], error: type[AugplugError]) -> None:
    """Raise Failed unless the call raises that error."""
    try:
        call()
    except error:
        return
    except Exception as other:
        raise Failed(f"{what} raises {type(other).__name__} ({other}), not {error.__name__}") from other
    raise Failed(f"{what} is taken without a word; {error.__name__} must say that it is wrong")


if not TYPE_CHECKING:  # type checkers refuse unknown names themselves
    __getattr__ = module_getattr(__name__)
