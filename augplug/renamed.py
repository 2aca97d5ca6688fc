"""Answers for the names that augplug had before it used the field's words: an error that says the new name.

`renames.toml` is the whole table, old to new; CHANGELOG.md shows it. There are no aliases.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from functools import cache, wraps
from typing import Any, TypeVar, cast

from augplug.errors import RenamedError

Class = TypeVar("Class", bound=type)
Function = TypeVar("Function", bound=Callable[..., Any])


@cache
def answers() -> Mapping[str, str]:
    """Return the answer to each old name; the file is read once, when a name is not known."""
    import tomllib  # nobody who uses today's names pays for reading the table
    from importlib.resources import files

    table = tomllib.loads(files(__name__.rpartition(".")[0]).joinpath("renames.toml").read_text("utf-8"))
    renamed = {old: f"{old} is renamed to {new}" for old, new in table["renamed"].items()}
    return renamed | {old: f"{old} is gone: write {new}" for old, new in table["replaced"].items()}


def refuse_old_names(form: str, names: Iterable[str]) -> None:
    """Raise RenamedError for the first old name; `form` makes of one what the table has: `augplug.Warp.{}`."""
    for name in names:
        old = form.format(name)
        if not name.startswith("__") and old in answers():
            raise RenamedError(answers()[old]) from None


def module_getattr(module: str) -> Callable[[str], Any]:
    """Return the `__getattr__` of a module, for names that it does not have: an old one is answered with the new."""

    def get(name: str) -> Any:
        old = f"{module}.{name}"
        if name.startswith("__") or old not in answers():
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        # `from module import name` hides what an AttributeError says, and `hasattr` wants one.
        # pylint: disable-next=protected-access  # there is no public way to the caller
        frame = sys._getframe(1)  # as above
        if frame.f_code.co_name == "__getattr__" and frame.f_back is not None:
            frame = frame.f_back
        kind = ImportError if frame.f_globals.get("__name__") == "importlib._bootstrap" else RenamedError
        raise kind(answers()[old]) from None

    return get


def answers_old_names(cls: Class) -> Class:
    """Let a class answer its old attributes, methods and keywords. A decorator, above all others."""
    members = f"augplug.{cls.__name__}.{{}}"
    init = cls.__init__  # type: ignore[misc]  # of this very class

    def get(self: Any, name: str) -> Any:
        refuse_old_names(members, (name,))
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    @wraps(init)
    def checked(self: Any, *values: Any, **given: Any) -> None:
        try:
            init(self, *values, **given)
        except Exception:
            refuse_old_names(members, given)
            raise

    def subclassed(sub: type, /, **given: Any) -> None:
        super(cast(Any, cls), sub).__init_subclass__(**given)
        if not sub.__module__.startswith(f"{__name__.rpartition('.')[0]}."):  # our own have no old names
            refuse_old_names(members, vars(sub))

    setattr(cls, "__getattr__", get)  # noqa: B010  # mypy lets no method be assigned
    setattr(cls, "__init__", checked)  # noqa: B010  # as above
    setattr(cls, "__init_subclass__", classmethod(subclassed))  # noqa: B010  # as above
    return cls


def answers_old_keywords(function: Function) -> Function:
    """Let a public function answer its old keywords. A decorator."""

    @wraps(function)
    def checked(*values: Any, **given: Any) -> Any:
        try:
            return function(*values, **given)
        except TypeError:
            refuse_old_names(f"augplug.{function.__name__}({{}})", given)
            raise

    return cast(Function, checked)
