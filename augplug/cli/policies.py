"""`augplug policies`: the policies that have names here, and files of policies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import click

from augplug import api
from augplug._pipeline.augmenter import Augmenter
from augplug._policies.grammar import BlendOf, Nested, Node, OneOf, Policy, Sequence, SomeOf, Step, steps_of
from augplug.cli.group import Group
from augplug.cli.output import as_json, echo, json_option, out_option, point, say, table, write
from augplug.data.images import photograph
from augplug.errors import AugplugError, PolicyError, SettingsError
from augplug.report.draws import draws
from augplug.report.sheet import contact_sheet, png

SHOWN = 24
WORDS: Mapping[str, Callable[..., Node]] = {
    "sequence": api.sequence,
    "one_of": api.one_of,
    "some_of": api.some_of,
    "blend": api.blend,
}


@click.group(cls=Group, no_args_is_help=False)
def command() -> None:
    """List, show, check and add policies."""


@command.command("list")
@json_option
def list_(json_: bool) -> None:
    """List every policy that has a name: built in, of plugins, and your own."""
    entries = {}
    for name, entry in api.policies().items():
        try:
            entries[name] = (entry.provider, entry.make())
        except AugplugError as error:  # a damaged file, a broken plugin: the others are still worth a list
            say(f"left out {name}: {error}")
    if json_:
        echo(as_json([{"name": name, "provider": by, "source": made.source} for name, (by, made) in entries.items()]))
        return
    rows = [
        (name, by, str(sum(1 for _ in steps_of(made.node))), made.source or "-") for name, (by, made) in entries.items()
    ]
    echo(table(("NAME", "FROM", "STEPS", "SOURCE"), rows))


@command.command()
@click.argument("policy")
@out_option("Also write a sheet of what it does to a photograph, a PNG file.")
@json_option
def show(policy: str, out: Path | None, json_: bool) -> None:
    """Show POLICY, a name (randaugment:n=2,m=9) or the path of a file, as a tree; with --json as a policy file."""
    made = api.resolve_policy(policy)
    if out is not None:
        picture = photograph()
        images, captions = draws(Augmenter(made), [picture] * (SHOWN - 1))
        write(out, png(contact_sheet([picture, *images], ["the image", *captions], 6)))
        say(f"the sheet is in {out}")
    echo(as_json(made.to_json()) if json_ else "\n".join([*_head(made), "", *tree(made.node, 0)]))


@command.command()
@click.argument("paths", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
def check(paths: tuple[Path, ...]) -> int:
    """Read each FILE as strictly as augplug always does, and say what is wrong with it, and where."""
    status = 0
    for path in paths:
        try:
            made = api.load_policy(path)
        except AugplugError as error:
            say(f"augplug: {path}: {' '.join(str(error).split())}")
            status = 2
            continue
        steps, digest = sum(1 for _ in steps_of(made.node)), made.digest.hex()[:16]
        echo(f"{path} is a policy: {made.name}, {steps} steps, digest {digest}")
    return status


@command.command()
@click.argument("file", type=click.Path(path_type=Path))
def add(file: Path) -> None:
    """Check FILE and copy it to your own policies, so that its name can be used wherever a policy is taken."""
    made = api.load_policy(file)
    if made.name == Policy.name:
        raise PolicyError(f"{file} names no policy; give it a name of its own", "/name")
    if made.name in api.policies():
        provider = api.policies()[made.name].provider
        raise SettingsError(f"there is a policy {made.name!r} already, from {provider}; change the name in {file}")
    target = api.user_policy_folder() / f"{made.name}.json"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(
            f"the folder {target.parent} cannot be made ({error.strerror}); set XDG_CONFIG_HOME"
        ) from error
    write(target, as_json(made.to_json()) + "\n")
    say(f"added {made.name}; try: augplug policies show {made.name}")
    point(target)


@command.command()
@click.argument("parts", metavar="PART...", nargs=-1, required=True)
@click.option(
    "--word", type=click.Choice([*WORDS]), default="sequence", show_default=True, help="What becomes of the parts."
)
@click.option("-n", type=int, help="How many parts `--word some_of` draws.")
@click.option("--name", default=Policy.name, help="The name of the policy.")
@out_option("Write the policy to FILE, a .json file, instead of to stdout.")
def compose(parts: tuple[str, ...], word: str, n: int | None, name: str, out: Path | None) -> None:
    """Write one policy file of the PARTs: policies (randaugment:n=2,m=9), paths of policy files, operations (Invert).

    Each policy is written out, with its own scale and defaults: the file depends on no other.
    """
    if (n is None) == (word == "some_of"):
        raise SettingsError("-n is how many parts --word some_of draws: give both or neither")
    node = WORDS[word](*parts) if n is None else WORDS[word](n, *parts)
    text = as_json(Policy(node, name).to_json())
    if out is None:
        echo(text)
        return
    if out.suffix.lower() != ".json":
        raise SettingsError(f"{out} is not a .json file; give -o a name that ends in .json")
    write(out, text + "\n")
    say(f"the policy is in {out}; try: augplug policies show {out}")


def _head(made: Policy) -> list[str]:
    return [
        made.name,
        f"  source    {made.source or 'not given'}",
        f"  scale     {made.scale}",
        f"  fuse      {made.fuse}",
        f"  defaults  {_defaults(made) or 'none'}",
        f"  digest    {made.digest.hex()}",
    ]


def _defaults(made: Policy) -> str:
    return ", ".join(f"{name} {value}" for name, value in made.content()["defaults"].items())


def tree(node: Node, depth: int) -> list[str]:
    """Return a node as indented lines; a sequence of steps alone is one line."""
    indent = "  " * depth
    if isinstance(node, Step):
        return [indent + _step(node)]
    if isinstance(node, Sequence) and node.children and all(isinstance(child, Step) for child in node.children):
        return [indent + ", then ".join(_step(child) for child in node.children if isinstance(child, Step))]
    lines = [f"{indent}{_title(node)}:"]
    weights = node.weights if isinstance(node, OneOf | SomeOf) else None
    for number, child in enumerate(node.children):
        below = tree(child, depth + 1)
        if weights is not None:
            below[0] += f"  (weight {weights[number]:g})"
        lines += below
    return lines


def _title(node: Sequence | OneOf | SomeOf | BlendOf | Nested) -> str:
    if isinstance(node, Nested):
        defaults = _defaults(node.policy)
        return f"a policy, scale {node.policy.scale}{', ' if defaults else ''}{defaults}"
    if isinstance(node, Sequence):
        return "all, in order" if node.children else "nothing"
    if isinstance(node, OneOf):
        return f"one of {len(node.children)}"
    if isinstance(node, SomeOf):
        number = node.to_json()["n"]
        return f"{number} of {len(node.children)}, {'with' if node.replacement else 'without'} replacement"
    return f"the image blended with {len(node.children)} chains, alpha {node.alpha:g}"


def _step(step: Step) -> str:
    written = step.to_json()
    rest = [f"{name} {value}" for name, value in written.items() if name != "op" and (name, value) != ("p", 1.0)]
    return f"{step.op} ({', '.join(rest)})" if rest else step.op
