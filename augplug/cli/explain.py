"""`augplug explain`: one draw of a policy, in words."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from augplug._pipeline.augmenter import Augmenter
from augplug.cli.output import LARGEST, echo, image_at, json_option, seed_option
from augplug.effects import Effect
from augplug.types import FUSE_MODES

NUMBER = click.IntRange(0, LARGEST)


@click.command()
@click.argument("policy")
@click.argument("image", type=click.Path(path_type=Path))
@click.option("--index", type=NUMBER, metavar="I", help="The image's number in its data set.")
@click.option("--key", metavar="TEXT", help="The image's text key, in the place of --index.")
@click.option("--epoch", type=NUMBER, default=0, metavar="E", show_default=True, help="The pass over the data set.")
@seed_option
@click.option(
    "--backend", metavar="NAME", help="Who renders: reference or opencv.  [default: opencv where it is installed]"
)
@click.option(
    "--fuse", metavar="MODE", help=f"How effects are fused: {' or '.join(FUSE_MODES)}.  [default: the policy's]"
)
@json_option
def command(
    *,
    policy: str,
    image: Path,
    index: int | None,
    key: str | None,
    epoch: int,
    seed: int,
    backend: str | None,
    fuse: Any,
    json_: bool,
) -> None:
    """Print one draw of POLICY for IMAGE: the operations with their numbers, and their effects before and after fusing.

    With --json it is the plan that `augplug replay` takes.
    """
    if (index is None) == (key is None):
        raise click.UsageError("give --index I or --key TEXT, the one that names the image in your training.")
    augment = Augmenter(policy, seed=seed, backend=backend, fuse=fuse)
    loaded = image_at(image)
    named: dict[str, Any] = {"index": index} if key is None else {"key": key}
    plan = augment.plan(loaded.image, **named, epoch=epoch)
    if json_:
        echo(plan.to_json())
        return
    described, fused = plan.effects(loaded.pixels)
    echo(plan)
    echo(f"\nEffects as described ({len(described)}):")
    echo("\n".join(_lines(described, 1)))
    echo(f"\nEffects as rendered, fused in mode {plan.fuse!r} ({len(fused)}):")
    echo("\n".join(_lines(fused, 1)))


def _lines(effects: Sequence[Effect], depth: int) -> list[str]:
    return ["  " * depth + shown(effect) for effect in effects] or ["  " * depth + "nothing"]


def shown(value: Any) -> str:
    """Return an effect in short: only what is not its default, functions by name, numbers to 5 digits."""
    if isinstance(value, float):
        return f"{value:.5g}"
    if isinstance(value, tuple | list):
        return f"({', '.join(shown(part) for part in value)})"
    if callable(value):
        return str(getattr(value, "__name__", value))
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return repr(value)
    fields = [(field.name, getattr(value, field.name), field.default) for field in dataclasses.fields(value)]
    told = [f"{name}={shown(given)}" for name, given, default in fields if given not in (default, ())]
    return f"{type(value).__name__}({', '.join(told)})"
