"""Annotations whose names need not be there at run time, since they are imported for type checkers alone.

From Python 3.14 on annotations are evaluated when they are asked for (PEP 649), so that authors need no
`from __future__ import annotations` for such names; asking for the values is a NameError then.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any


def annotations_of(cls: type) -> Mapping[str, Any]:
    """Return the annotations of the class' own fields: all as texts where a name is not there."""
    if sys.version_info >= (3, 14):
        import annotationlib

        try:
            return annotationlib.get_annotations(cls)
        except NameError:
            return annotationlib.get_annotations(cls, format=annotationlib.Format.STRING)
    return inspect.get_annotations(cls)


def signature_of(function: Callable[..., Any]) -> inspect.Signature:
    """Return the signature, with annotations as in `annotations_of`."""
    if sys.version_info >= (3, 14):
        import annotationlib

        try:
            return inspect.signature(function)
        except NameError:
            # `partial`: linters on older versions of Python do not know the argument.
            return partial(inspect.signature, annotation_format=annotationlib.Format.STRING)(function)
    return inspect.signature(function)
