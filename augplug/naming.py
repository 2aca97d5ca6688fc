"""What names of operations and policies mean: the registry's, the project's, the user's and this process's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, Never, TypeAlias

from augplug import project
from augplug._backends.base import Backend
from augplug._policies import building, elsewhere, named, reader, timm
from augplug._policies.documents import brief, shown
from augplug._policies.grammar import BlendOf, Nested, Node, OneOf, Policy, SomeOf, Step
from augplug._policies.grammar import Sequence as SequenceNode
from augplug.display import Catalogue
from augplug.distributions import Distribution
from augplug.errors import AugplugError, OperationError, PluginError, SettingsError, suggest
from augplug.gate.artifact import GROUP
from augplug.ops.base import Operation
from augplug.ranges import refuse_unknown
from augplug.registry import Registry
from augplug.renamed import answers_old_keywords

Part: TypeAlias = Node | Policy | Operation | str | Path
"""What stands among the steps of a policy: a node, a policy, an operation with all its numbers, a name or a path."""


@cache
def registry() -> Registry:
    """Return this process's registry; the first call loads the plugins."""
    return Registry()


def operations() -> Mapping[str, type[Operation]]:
    """Return every operation by `Name` and by `distribution:Name`."""
    return Catalogue("operations", registry().operations)


def backends() -> Mapping[str, Callable[[], Backend]]:
    """Return the backends by name, as functions that make them."""
    return Catalogue("backends", {name: entry.value for name, entry in registry().provided("backends").items()})


def backend(name: str) -> Backend:
    """Return the backend of that name. Raises SettingsError."""
    known = backends()
    if not isinstance(name, str):
        raise SettingsError(f"a backend is a name ({', '.join(known)}) or a Backend, not {brief(name)}")
    if name not in known:
        raise SettingsError(f"there is no backend {name!r}{suggest(name, known)}")
    try:
        return known[name]()
    except ImportError as error:
        raise SettingsError(
            f"the backend {name!r} cannot be used here ({error}); pip install 'augplug[all]'"
        ) from error


@dataclass(frozen=True)
class NamedPolicy:
    """A named policy: who provides it, and how to build it with its arguments."""

    name: str
    provider: str
    build: Callable[..., Policy]

    def make(self, /, **arguments: Any) -> Policy:
        """Return the policy. Raises SettingsError for other arguments, PluginError if its plugin cannot make it."""
        try:
            made = named.build(self.name, self.build, arguments)
        except AugplugError:
            raise
        except Exception as error:
            if self.provider == GROUP:
                raise
            raise PluginError(
                f"the policy {self.name} of {self.provider} cannot be made: {type(error).__name__}: {error}"
            ) from error
        if not isinstance(made, Policy):
            raise PluginError(f"the policy {self.name} of {self.provider} is a {type(made).__name__} and no Policy")
        return made


_registered: dict[str, Policy] = {}


@answers_old_keywords
# pylint: disable-next=redefined-outer-name  # the argument has the name that users look for
def register_policy(name: str, policy: Policy | Node) -> None:
    """Give a policy a name in this process. Raises SettingsError when the name is taken."""
    if name in policies():
        raise SettingsError(
            f"there is a policy {name!r} already, from {policies()[name].provider}; choose another name"
        )
    named.check_name(name)
    _registered[name] = as_policy(policy)


def policies() -> Mapping[str, NamedPolicy]:
    """Return every named policy: built in, of plugins, of the project's and the user's folder, and of this process.

    Of two with one name the first of these holds: a file never takes the place of what is installed.
    """
    found = {
        name: NamedPolicy(name, entry.distribution, partial(entry.value, operations()))
        for name, entry in registry().provided("policies").items()
    }
    for path in (*project.policy_files(), *user_policy_files()):
        found.setdefault(path.stem, NamedPolicy(path.stem, str(path), partial(load_policy, path)))
    for name, made in _registered.items():
        found.setdefault(name, NamedPolicy(name, "this process", partial(_constant, made)))
    return Catalogue("policies", found)


def _constant(made: Policy) -> Policy:
    return made


def user_policy_folder() -> Path:
    """Return the folder of the user's own policies; it need not exist."""
    from platformdirs import user_config_path  # only looked at when policies are listed or not found built in

    return user_config_path("augplug") / "policies"


def user_policy_files() -> list[Path]:
    """Return the policy files in the user's folder, in order."""
    return project.files_in(user_policy_folder())


def policy(name: str, **arguments: Any) -> Policy:
    """Return a named policy, such as `policy("randaugment", n=2, m=9)`.

    Raises SettingsError, or PluginError for a policy that its plugin cannot make.
    """
    if not isinstance(name, str):
        raise SettingsError(f"policy takes a name, such as 'randaugment', not {brief(name)}")
    if name.startswith(timm.PREFIX):
        return named.build(name, partial(timm.timm, operations(), name), arguments)
    known = policies()
    if name not in known:
        raise SettingsError(f"there is no policy {shown(name)}{elsewhere.hint_for(name, known)}")
    return known[name].make(**arguments)


@answers_old_keywords
def load_policy(file: str | Path | Mapping[str, Any]) -> Policy:
    """Read a policy file, JSON or TOML, or the content of one, as `policy.to_json()` gives it.

    Raises PolicyError with the place as a JSON pointer.
    """
    if isinstance(file, Mapping):
        return reader.read_policy(file, operations())
    return reader.load_policy_file(file, operations())


def resolve_policy(text: str | Path) -> Policy:
    """Return the policy of a name with arguments (`randaugment:n=2,m=9`), or of a path to a policy file."""
    if _is_path(text):
        return load_policy(text)
    name, arguments = named.parse_name(str(text))
    return policy(name, **arguments)


def as_policy(given: Policy | Node | str | Path) -> Policy:
    """Return a policy, a node of the grammar, a name or a path as a policy."""
    if isinstance(given, Policy):
        return given
    if isinstance(given, Node):
        return Policy(given)
    if isinstance(given, str | Path):
        return resolve_policy(given)
    raise _no_policy(given)


def _no_policy(given: object) -> SettingsError:
    hint = f"; write {given.name!r}" if isinstance(given, NamedPolicy) else building.written_here(given)
    return SettingsError(f"a policy is a name, a path, a Policy or a node of the grammar, not {brief(given)}{hint}")


def unknown_setting(given: object, unknown: Mapping[str, object], known: Iterable[str]) -> SettingsError:
    """Return the error for arguments that an Augmenter does not have; a policy's own belong to its name."""
    if isinstance(given, str) and given.partition(":")[0] in policies():
        name, arguments = named.parse_name(given)
        if set(unknown) <= set(named.arguments_of(policies()[name].build)):
            every = {**arguments, **unknown}
            text = ",".join(f"{key}={value}" for key, value in every.items())
            call = ", ".join(f"{key}={value!r}" for key, value in every.items())
            argument = f"{next(iter(unknown))} is an argument of the policy"
            return SettingsError(
                f'{argument}: write Augmenter("{name}:{text}") or Augmenter(augplug.policy("{name}", {call}))'
            )
    name = next(iter(unknown))
    return SettingsError(f"Augmenter has no argument {name!r}{suggest(name, known)}")


def step(
    op: str,
    /,
    p: float = 1.0,
    level: float | Distribution | None = None,
    operations: Any = None,  # pylint: disable=redefined-outer-name  # the public name; Any, so that **fields may follow
    **fields: Any,
) -> Step:
    """Return a step of a policy. A pair of numbers on a scalar field is short for uniform.

    `op` is looked up among `operations`, those that a plugin's policy was given, or else all that are installed here.

    >>> step("Rotate", p=0.5, degrees=(-30, 30)).to_json()
    {'op': 'Rotate', 'p': 0.5, 'degrees': {'uniform': [-30, 30]}}
    """
    known = registry().operations if operations is None else operations
    return building.step(known, op, p=p, level=level, **fields)


def _is_path(given: str | Path) -> bool:
    return Path(given).suffix.lower() in (".json", ".toml")


def _node(given: Part) -> Node:
    """Return the node that stands for a part; the words themselves refuse what is none."""
    if isinstance(given, Operation):
        return building.fixed(operations(), given)
    if isinstance(given, Path) or (isinstance(given, str) and _is_path(given)):
        return Nested(resolve_policy(given))
    if not isinstance(given, str):
        return given  # type: ignore[return-value]  # a Policy is taken too, anything else is refused there
    if given in operations():  # first, since a text that names an operation was always one
        return building.step(operations(), given)
    name = given.partition(":")[0]
    if name.startswith(timm.PREFIX) or name in policies():
        return Nested(resolve_policy(given))
    alike = [known for known in operations() if (":" in known) == (":" in given)]
    hint = elsewhere.hint_for(given[:100], [*alike, *policies()])
    raise OperationError(f"there is no operation or policy {shown(given)}{hint}")


def _all_nodes(given: object) -> object:
    return [*map(_node, given)] if isinstance(given, list | tuple) else given


def sequence(*nodes: Part, **unknown: Never) -> SequenceNode:
    """Return all the parts, in order. Raises SettingsError, OperationError or PolicyError."""
    refuse_unknown("sequence", unknown, ())
    return building.sequence(*map(_node, nodes))


def one_of(*nodes: Part, weights: object = None, **unknown: Never) -> OneOf:
    """Return one of the parts, by `weights` (equally likely without). Raises as `sequence` does."""
    refuse_unknown("one_of", unknown, ("weights",))
    return building.one_of(*map(_node, nodes), weights=weights)


def some_of(n: object, *nodes: Part, replacement: bool = True, weights: object = None, **unknown: Never) -> SomeOf:
    """Return `n` of the parts: a whole number, a pair or a distribution of integers. Raises as `sequence` does."""
    refuse_unknown("some_of", unknown, ("replacement", "weights"))
    return building.some_of(n, *map(_node, nodes), replacement=replacement, weights=weights)


def blend(*nodes: Part, alpha: float = 1.0, **unknown: Never) -> BlendOf:
    """Return the image blended with a mixture of the parts' results, as in AugMix. Raises as `sequence` does."""
    refuse_unknown("blend", unknown, ("alpha",))
    return building.blend(*map(_node, nodes), alpha=alpha)


def compose(nodes: list[Any] | tuple[Any, ...], p: float = 1.0, **unknown: Never) -> Node:
    """Return a hand-written pipeline: the parts in a list, in order, at probability `p`.

    A part is a step or another node, a policy, an operation with all its numbers, a name of an operation or a policy,
    or the path of a policy file. A policy keeps its own scale and defaults. Raises as `sequence` does.

    >>> compose(["Invert", step("Rotate", degrees=(-30, 30)), "randaugment:n=2,m=14"]).to_json()["sequence"][0]
    {'op': 'Invert', 'p': 1.0}
    """
    refuse_unknown("compose", unknown, ("p",))
    return building.compose(_all_nodes(nodes), p)


def color_jitter(
    brightness: float | tuple[float, float] = 0.0,
    contrast: float | tuple[float, float] = 0.0,
    saturation: float | tuple[float, float] = 0.0,
    hue: float | tuple[float, float] = 0.0,
    p: float = 1.0,
    **unknown: Never,
) -> Node:
    """Return brightness, contrast, saturation and hue, each by a random amount, in a random order.

    A number b means factors in max(0, 1 - b)..1 + b, a pair is the range itself; hue is a fraction of the circle, at
    most 0.5, to either side. What is not given stays as it is; `p` is the probability of all. Source: torchvision's
    ColorJitter. Raises SettingsError.
    """
    refuse_unknown("color_jitter", unknown, ("brightness", "contrast", "saturation", "hue", "p"))
    jitter = building.color_jitter(operations(), brightness, contrast, saturation, hue)
    return jitter if p == 1 else building.compose([jitter], p)
