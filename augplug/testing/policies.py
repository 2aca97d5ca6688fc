"""Checks of a named policy: a function of the mapping of operations and of keyword arguments with defaults."""

from __future__ import annotations

import inspect
import json

import numpy as np

from augplug._pipeline.augmenter import Augmenter
from augplug._policies.grammar import Policy
from augplug._policies.reader import read_policy
from augplug.annotated import signature_of
from augplug.errors import AugplugError
from augplug.testing.base import Check, Failed, Subject, require
from augplug.testing.elsewhere import fingerprints_elsewhere, fingerprints_of
from augplug.testing.samples import call, digest, photograph

_DRAWS = 200


def is_a_policy(subject: Subject) -> None:
    """Does the function make a Policy of the operations alone, with a name, a source and steps?

    When it fails: return `augplug.Policy(node, name, source=...)`, and give every other argument a default.
    """
    made = subject.value(subject.operations)
    require(isinstance(made, Policy), f"it makes {type(made).__name__}, not a Policy")
    require(made.name != "unnamed", "the policy has no name")
    require(made.source.strip(), "the policy has no source=: say where its numbers come from")


def arguments_have_defaults(subject: Subject) -> None:
    """Do all arguments but the first have defaults that are numbers or words, and are unknown ones refused?

    When it fails: write each argument as a keyword with a default, and take no `**anything`.
    """
    parameters = list(signature_of(subject.value).parameters.values())[1:]
    for one in parameters:
        require(one.kind is not inspect.Parameter.VAR_KEYWORD, f"**{one.name} takes unknown arguments without a word")
        require(one.default is not inspect.Parameter.empty, f"the argument {one.name} has no default")
        require(isinstance(one.default, int | float | str), f"the default of {one.name} is {one.default!r}")
    given = {one.name: one.default for one in parameters}
    same = subject.value(subject.operations, **given).digest == subject.value(subject.operations).digest
    require(same, "its own defaults, written out, make another policy")


def bad_arguments_are_refused(subject: Subject) -> None:
    """Is a number far out of range one of augplug's errors, at once, unless it makes a policy that augments?

    When it fails: check arguments, and raise `augplug.SettingsError` that says what is taken.
    """
    image = photograph((8, 8))
    for name, declared in list(signature_of(subject.value).parameters.items())[1:]:
        if not isinstance(declared.default, int | float) or isinstance(declared.default, bool):
            continue
        for value in (-(10**9), 10**9):
            try:
                made = subject.value(subject.operations, **{name: value})
            except AugplugError:
                continue
            except Exception as error:
                raise Failed(f"{name}={value} raises {type(error).__name__} ({error})") from error
            try:
                call(Augmenter(made), image)
            except Exception as error:
                raise Failed(f"{name}={value} is taken, but then: {type(error).__name__}: {error}") from error


def draws_succeed(subject: Subject) -> None:
    """Do 200 draws augment an image, to the same bits again, and not all to the same image?

    When it fails: look at the operation and the field that the message names; leave the size to a policy's user.
    """
    augment, image = Augmenter(subject.value(subject.operations)), photograph()
    first = [digest(call(augment, image, index)) for index in range(_DRAWS)]
    fresh = Augmenter(subject.value(subject.operations))
    again = [digest(call(fresh, image, index)) for index in reversed(range(_DRAWS))]
    require(first == again[::-1], "the same key draws another augmentation the second time")
    require(len(set(first)) > 1, f"{_DRAWS} draws are all the same: nothing is left to chance")


def fits_images_of_every_size(subject: Subject) -> None:
    """Do grey and RGB images, small and not square, keep their dtype and channels?

    When it fails: leave operations out that refuse grey images, or name the policy for what it needs.
    """
    augment = Augmenter(subject.value(subject.operations))
    for size in ((1, 1), (5, 9), (40, 33)):
        for channels, dtype in ((None, "uint8"), (1, "uint8"), (3, "uint8"), (3, "float32")):
            image = photograph(size, channels, dtype)
            for index in range(25):
                made = call(augment, image, index)
                require(made.dtype == image.dtype, f"index {index} makes {made.dtype} of {image.dtype} {image.shape}")
                require(made.shape[2:] == image.shape[2:], f"index {index} makes {made.shape} of {image.shape}")


def survives_its_file(subject: Subject) -> None:
    """Does the policy come back from a policy file as the same policy?

    When it fails: build it of augplug's words (`step`, `sequence`, `one_of`, `some_of`, `blend`) and of numbers.
    """
    made = subject.value(subject.operations)
    again = read_policy(json.loads(json.dumps(made.to_json())), subject.operations)
    require(again.digest == made.digest, "it comes back from its file as another policy")
    image = photograph()
    same = [np.array_equal(call(Augmenter(again), image, i), call(Augmenter(made), image, i)) for i in range(10)]
    require(all(same), "from its file it augments differently")


def processes_build_it_alike(subject: Subject) -> None:
    """Does another process, with another hash seed, build the same policy and draw the same?

    When it fails: use no order of sets, no `hash()` of texts, no clock, no random numbers while building.
    """
    require(fingerprints_of(subject) == fingerprints_of(subject), "the second call builds another policy")
    require(
        fingerprints_elsewhere(subject) == fingerprints_of(subject), "another process builds or draws another policy"
    )


CHECKS: tuple[Check, ...] = (
    is_a_policy,
    arguments_have_defaults,
    bad_arguments_are_refused,
    draws_succeed,
    fits_images_of_every_size,
    survives_its_file,
    processes_build_it_alike,
)
