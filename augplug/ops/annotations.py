"""What the annotation of an operation's field says of its values.

Annotations are read, never evaluated: their text may be a plugin's. What may stand in one is a closed set.
"""

from __future__ import annotations

import ast
import operator
import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args, get_origin

from augplug.types import Fill, Interpolation

TAKEN = (
    "bool, int, float, Literal[...] of texts, a tuple of these numbers, `| None`, augplug.Fill, augplug.Interpolation"
)
_KNOWN: Mapping[str, Any] = {
    **{kind.__name__: kind for kind in (bool, int, float, str, tuple)},
    "Fill": Fill,
    "Interpolation": Interpolation,
    "Literal": Literal,
}


@dataclass(frozen=True)
class Kind:
    """What an annotation says; see `Parameter` for the attributes."""

    flag: bool
    integer: bool
    choices: tuple[str, ...]
    optional: bool
    many: bool
    length: int | None


def kind_of(annotation: Any, namespace: Mapping[str, Any]) -> Kind:
    """Return what an annotation says; names that are not known are looked up in `namespace`.

    Raises ValueError for what is not one of `TAKEN`.
    """
    form = _parsed(annotation, namespace) if isinstance(annotation, str) else annotation
    # pylint: disable-next=consider-alternative-union-syntax  # it is compared with, not written
    parts = get_args(form) if get_origin(form) in (Union, types.UnionType) else (form,)
    rest = [part for part in parts if part not in (None, types.NoneType)]
    scalars = {part for part in rest if part in (bool, int, float, str)}
    tuples = [part for part in rest if get_origin(part) is tuple]
    choices = [choice for part in rest if get_origin(part) is Literal for choice in get_args(part)]
    if not all(isinstance(choice, str) for choice in choices):
        raise ValueError("Literal holds texts only")
    parts_of_tuples = {part for one in tuples for part in get_args(one) if part is not ...}
    numbers = scalars | parts_of_tuples
    alone = not tuples and len(scalars) == 1 and not choices
    right = alone or (bool(choices) and len(rest) == 1) or (len(tuples) == 1 and numbers in ({int}, {float}))
    length = len(get_args(tuples[0])) if tuples and ... not in get_args(tuples[0]) else None
    if not right or len(rest) != len(scalars) + len(tuples) + bool(choices) or (tuples and not scalars and not length):
        raise ValueError(f"it is not one of {TAKEN}")
    return Kind(
        flag=scalars == {bool},
        integer=numbers == {int},
        choices=tuple(choices),
        optional=len(rest) < len(parts),
        many=bool(tuples and scalars),
        length=length,
    )


def _parsed(text: str, namespace: Mapping[str, Any]) -> Any:
    try:
        return _read(ast.parse(text, mode="eval").body, namespace)
    except (SyntaxError, TypeError, KeyError) as error:
        raise ValueError(f"it cannot be read ({error}); it takes {TAKEN}") from error


def _read(node: ast.expr, namespace: Mapping[str, Any]) -> Any:
    match node:
        case ast.Name(name):
            return _KNOWN[name] if name in _KNOWN else namespace[name]
        case ast.Attribute(ast.Name(), name):
            return _KNOWN[name]
        case ast.Constant(None):
            return None
        case ast.Constant(str() as text):
            return _parsed(text, namespace)
        case ast.BinOp(left, ast.BitOr(), right):
            return _read(left, namespace) | _read(right, namespace)
        case ast.Subscript(base, inner):
            return _subscripted(_read(base, namespace), inner, namespace)
    raise TypeError(ast.unparse(node))


def _subscripted(base: Any, inner: ast.expr, namespace: Mapping[str, Any]) -> Any:
    parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
    if base is Literal:
        return operator.getitem(base, tuple(part.value for part in parts if isinstance(part, ast.Constant)))
    if base is not tuple:
        raise TypeError(ast.unparse(inner))
    ends = isinstance(parts[-1], ast.Constant) and parts[-1].value is ...
    made = [_read(part, namespace) for part in (parts[:-1] if ends else parts)]
    return types.GenericAlias(tuple, (*made, ...) if ends else tuple(made))
