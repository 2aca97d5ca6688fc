"""The examination of a whole plugin: in a test, as data, or on the command line."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from augplug.effects import Opaque
from augplug.errors import PluginError, suggest
from augplug.testing import (
    agreement,
    backends,
    commands,
    evaluators,
    executors,
    exporters,
    observers,
    operations,
    pixels,
    plugin,
    policies,
    searches,
)
from augplug.testing import targets as scene
from augplug.testing.base import Case, Check, Outcome, Skipped, name_of
from augplug.testing.difference import pictured
from augplug.testing.provided import PLUGIN, things_of
from augplug.testing.samples import effects_of, examples
from augplug.types import Image

CHECKS: Mapping[str, tuple[Check, ...]] = {
    PLUGIN: plugin.CHECKS,
    "operations": (*operations.CHECKS, *pixels.CHECKS, *agreement.CHECKS, *scene.CHECKS),
    "policies": policies.CHECKS,
    "searches": searches.CHECKS,
    "evaluators": evaluators.CHECKS,
    "executors": executors.CHECKS,
    "backends": backends.CHECKS,
    "observers": observers.CHECKS,
    "exporters": exporters.CHECKS,
    "commands": commands.CHECKS,
}
"""Every check, by the kind of subject that it is asked about."""


def cases_of(module: ModuleType) -> list[Case]:
    """Return every check of everything that a plugin's module provides. Raises PluginError for no plugin."""
    return [Case(check, subject) for subject in things_of(module) for check in CHECKS[subject.kind]]


def run(module: ModuleType, *, expected_failures: Mapping[str, str] | None = None) -> list[Outcome]:
    """Examine a plugin's module; return an outcome for each check of each subject.

    `expected_failures` are waivers beside those of `[expected-failures]` in the package's `augplug-plugin.toml`: the
    name of a check, or `check:subject`, with the reason. A waived failure is
    reported as skipped; one that passes is a failure. Raises PluginError for no plugin and for a waiver of no check.
    """
    cases = cases_of(module)
    waivers = _checked({**declared_failures(module), **(expected_failures or {})}, cases)
    return [case.outcome(waivers) for case in cases]


def examine(module: ModuleType, *, expected_failures: Mapping[str, str] | None = None) -> Callable[..., None]:
    """Return a pytest test of a plugin's module, with a case for each check of each subject; arguments as `run`.

    If a check finds other pixels, a picture of the difference is in the test's `tmp_path`, and its message says so.
    """
    import pytest  # a test's business; without it `run` does the same

    cases = cases_of(module)
    waivers = _checked({**declared_failures(module), **(expected_failures or {})}, cases)

    def test(case: Case, request: pytest.FixtureRequest) -> None:
        """Run one check."""

        def picture(made: Image, expected: Image) -> str:
            return pictured(made, expected, request.getfixturevalue("tmp_path"))

        found = case.outcome(waivers, picture)
        if found.state == "skipped":
            pytest.skip(found.message)
        if found.state == "failed":
            pytest.fail(found.message, pytrace=False)

    parametrised: Any = pytest.mark.parametrize("case", cases, ids=str)
    made: Callable[..., None] = parametrised(test)
    return made


def opaque_operations(module: ModuleType) -> list[str]:
    """Return the operations of a plugin that describe an `Opaque`: nothing fuses, follows or explains those."""
    found = []
    for subject in things_of(module):
        with suppress(Exception, Skipped):  # one that cannot be described fails its own checks
            if subject.kind == "operations" and any(
                isinstance(effect, Opaque) for effect in effects_of(examples(subject)[0])
            ):
                found.append(subject.name)
    return found


def declared_failures(module: ModuleType) -> Mapping[str, str]:
    """Return `[expected-failures]` of the `augplug-plugin.toml` beside a module; the gate lists them as waivers."""
    place = Path(module.__file__ or "").parent / "augplug-plugin.toml"
    if module.__file__ is None or not place.is_file():
        return {}
    try:
        found = tomllib.loads(place.read_text(encoding="utf-8")).get("expected-failures", {})
        return dict(found)
    except (OSError, ValueError, TypeError) as error:
        raise PluginError(f"{place} cannot be read: {error}") from error


def _checked(waivers: Mapping[str, str], cases: list[Case]) -> Mapping[str, str]:
    names = {name_of(case.check) for case in cases}
    known = names | {f"{name_of(case.check)}:{case.subject.name}" for case in cases}
    for name, reason in waivers.items():
        if name not in known:
            raise PluginError(f"expected_failures names {name!r}, which is not a check here{suggest(name, names)}")
        if not str(reason).strip():
            raise PluginError(f"expected_failures of {name!r} needs a reason: why may it fail?")
    return waivers
