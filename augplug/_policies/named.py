"""Policies by name, with arguments: the table of those built in, and how `randaugment:n=2,m=9` is read."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeAlias

from augplug._policies.building import number
from augplug._policies.documents import LARGEST, shown
from augplug._policies.grammar import Policy, Sequence
from augplug._policies.mixtures import augmix, augmix_tones, flip, flip_crop, hand_made, three_augment, uniformaugment
from augplug._policies.published import PUBLISHED, published
from augplug._policies.randaugment import randaugment
from augplug._policies.trivialaugment import trivialaugment_wide
from augplug.annotated import signature_of
from augplug.errors import SettingsError, suggest

NAMED: Mapping[str, Callable[..., Policy]] = {
    **{name: partial(published, name) for name in PUBLISHED},
    "3-augment": three_augment,
    "augmix": augmix,
    "augmix-tones": augmix_tones,
    "flip": flip,
    "flip-crop": flip_crop,
    "hand-made": hand_made,
    "randaugment": randaugment,
    "trivialaugment-wide": trivialaugment_wide,
    "uniformaugment": uniformaugment,
}
"""Name -> factory(operations, **arguments)."""

Argument: TypeAlias = float | str
_TAKEN = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def check_name(name: str) -> None:
    """Raise SettingsError for a name that no policy may have."""
    Policy(Sequence(()), name)


def parse_name(text: str) -> tuple[str, dict[str, Argument]]:
    """Split `randaugment:n=2,m=9` into ("randaugment", {"n": 2, "m": 9}). Raises SettingsError.

    Whether there is such a policy, and whether it takes these arguments, is not looked at: `build` does that.
    """
    name, colon, rest = text.partition(":")
    arguments: dict[str, Argument] = {}
    for part in rest.split(",") if colon else ():
        argument, _, value = (piece.strip() for piece in part.partition("="))
        if not (argument and value):
            raise SettingsError(f"a policy's arguments are written NAME:argument=value,..., not {shown(part)}")
        if argument in arguments:
            raise SettingsError(f"{shown(argument)} is given twice in {shown(text)}")
        arguments[argument] = _parsed(value)
    return name, arguments


def arguments_of(factory: Callable[..., Policy]) -> dict[str, inspect.Parameter]:
    """Return the arguments that a factory, which has its operations already, takes by name."""
    return {key: made for key, made in signature_of(factory).parameters.items() if made.kind in _TAKEN}


def build(name: str, factory: Callable[..., Policy], arguments: Mapping[str, object]) -> Policy:
    """Return what `factory`, which has its operations already, makes of the arguments.

    Raises SettingsError for an argument that is unknown, missing, or not of its default's kind (number or text).
    """
    taken = arguments_of(factory)
    for argument, value in arguments.items():
        if argument not in taken:
            hint = suggest(argument[:100], taken) or " (it takes none)"
            raise SettingsError(f"{name} has no argument {shown(argument)}{hint}")
        _check_kind(value, taken[argument].default, f"{argument} of {name}")
    for key, made in taken.items():
        if made.default is inspect.Parameter.empty and key not in arguments:
            raise SettingsError(f"{name} needs {key}: write {name}:{key}=...")
    return factory(**arguments)


def _parsed(text: str) -> Argument:
    for kind in (int, float):
        try:
            parsed = kind(text)
        except ValueError:
            continue
        if abs(parsed) <= LARGEST:  # false for NaN too
            return parsed
    return text


def _check_kind(value: object, default: object, what: str) -> None:
    if isinstance(default, str) and not isinstance(value, str):
        raise SettingsError(f"{what} is a word, not {shown(value)}")
    if isinstance(default, int | float) and not isinstance(default, bool):
        number(value, what)
