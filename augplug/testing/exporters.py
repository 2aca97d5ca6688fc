"""Checks of an exporter: a policy or a plan in, files out that do the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from augplug import naming
from augplug._backends.reference import Reference
from augplug._exporters.base import Exporter, InputSpec
from augplug._exporters.writing import is_plain
from augplug._pipeline.augmenter import Augmenter
from augplug._pipeline.items import mixes
from augplug._pipeline.plan import Plan
from augplug._policies.grammar import Policy
from augplug.errors import AugplugError, ExportError, SettingsError
from augplug.testing.base import Check, Failed, Skipped, Subject, refuses, require
from augplug.testing.samples import examples, photograph

SPEC = InputSpec(33, 47, 3)


def _exporter(subject: Subject) -> Exporter:
    made = subject.value()
    require(isinstance(made, Exporter), f"it makes {type(made).__name__}, not an augplug.Exporter")
    return made  # type: ignore[no-any-return]  # `require` has looked


def plans_of(subject: Subject) -> Iterator[tuple[str, Policy, Plan]]:
    """Yield the name of every operation of augplug's own, and policies of it with all its numbers, with their plans."""
    for address, operation in subject.operations.items():
        owner, colon, name = address.partition(":")
        if colon and owner == "augplug":
            asked = Subject("operations", name, operation, subject.module, subject.operations)
            try:
                chosen = examples(asked)[:2]
            except Skipped:
                continue
            for example in chosen:
                policy = naming.as_policy(naming.sequence(example))
                yield name, policy, Augmenter(policy, backend=Reference()).plan(SPEC.blank(), index=0)


def _exported(exporter: Exporter, plan: Plan) -> Any:
    """Return the files of a plan, or None if it is refused."""
    try:
        return exporter.export(plan, SPEC)
    except ExportError:
        return None


def equals_the_reference(subject: Subject) -> None:
    """Does what it exports make of an image what the reference makes, within `bound`, for all operations that it takes?

    When it fails: state a `bound` that holds, correct the operation, or refuse it by an ExportError that names it.
    """
    exporter = _exporter(subject)
    if exporter.bound is None:
        raise Skipped("it states no bound: what it exports is not run from Python")
    image, taken = photograph((SPEC.height, SPEC.width)), 0
    for name, _, plan in plans_of(subject):
        files = _exported(exporter, plan)
        if files is None or any(map(mixes, plan.items)):
            continue
        taken += 1
        made, expected = exporter.run(files, image.copy(), plan), plan.render(image, None, Reference)
        require(
            made.shape == expected.shape and made.dtype == expected.dtype,
            f"{name}: {made.dtype} {made.shape}, and the reference makes {expected.dtype} {expected.shape}",
        )
        worst = float(np.abs(made.astype(np.float64) - expected).max())
        require(
            worst <= exporter.bound, f"{name}: {worst:g} of 255 from the reference, and the bound is {exporter.bound:g}"
        )
    require(taken, "it takes no operation of augplug's own")


def refuses_by_name(subject: Subject) -> None:
    """Is an operation that it cannot export an ExportError that names the operation, in a plan and in a policy?

    When it fails: raise `augplug.ExportError` with the name of every operation that the format cannot hold.
    """
    exporter = _exporter(subject)
    for name, policy, plan in plans_of(subject):
        for what, source in (("plan", plan), ("policy", policy)):
            try:
                exporter.export(source, SPEC)
            except ExportError as error:
                # One that takes no policy at all has nothing to name.
                told = name in str(error) or (what == "policy" and "plan" in str(error))
                require(told, f"a {what} of {name} is refused without its name: {error}")
            except AugplugError as error:
                raise Failed(f"a {what} of {name} is a {type(error).__name__} ({error}), not an ExportError") from error


def exports_the_same_bytes(subject: Subject) -> None:
    """Does a second exporter make the same bytes of the same plan?

    When it fails: leave out clocks, random numbers, paths and the order of sets.
    """
    found = 0
    for name, _, plan in plans_of(subject):
        first = _exported(_exporter(subject), plan)
        if first is not None:
            found += 1
            again = _exported(_exporter(subject), plan)
            require(again is not None and dict(again) == dict(first), f"{name}: the second export has other bytes")
    require(found, "it takes no operation of augplug's own")


def returns_files(subject: Subject) -> None:
    """Are the files bytes by plain relative names?

    When it fails: return a mapping of names such as `model.bin` or `data/weights.bin` to bytes; augplug writes them.
    """
    exporter = _exporter(subject)
    for name, _, plan in plans_of(subject):
        files = _exported(exporter, plan)
        if files is not None:
            require(isinstance(files, Mapping) and files, f"{name}: it returns {type(files).__name__}, and no files")
            bad = [place for place in files if not is_plain(place) or not isinstance(files[place], bytes)]
            require(not bad, f"{name}: the file {bad[:1]} is not a plain relative name with bytes")


def unknown_settings_are_refused(subject: Subject) -> None:
    """Is a setting that it does not have a SettingsError?

    When it fails: take settings by name, and hand `**unknown` on to `super().__init__`.
    """
    refuses("a setting that it does not have", lambda: subject.value(no_such_setting=1), SettingsError)


CHECKS: tuple[Check, ...] = (
    equals_the_reference,
    refuses_by_name,
    exports_the_same_bytes,
    returns_files,
    unknown_settings_are_refused,
)
