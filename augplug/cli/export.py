"""`augplug export`: a policy or one draw as files of another system."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import click

from augplug import api
from augplug._exporters.base import DTYPES, InputSpec
from augplug._pipeline.augmenter import Augmenter
from augplug.cli.output import LARGEST, free, point, say, seed_option
from augplug.errors import SettingsError, suggest

_SIZE = re.compile(r"([1-9][0-9]{0,8})x([1-9][0-9]{0,8})")


@click.command()
@click.argument("exporter", metavar="FORMAT")
@click.argument("policy")
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), metavar="PATH",
    help="The file to write, or the folder if there are several.  [default: named after the policy]",
)  # fmt: skip
@click.option("--index", type=click.IntRange(0, LARGEST), metavar="I", help="Export the draw of image I alone: a plan.")
@click.option("--epoch", type=click.IntRange(0, LARGEST), metavar="E", help="The pass over the data, with --index.")
@seed_option
@click.option("--size", default="224x224", metavar="HxW", show_default=True, help="Height and width of the images.")
@click.option("--channels", type=click.IntRange(1), default=3, show_default=True, help="Channels of the images.")
@click.option("--dtype", type=click.Choice(DTYPES), default="uint8", show_default=True, help="Type of the images.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="A setting of the exporter; repeatable.")
def command(
    *,
    exporter: str,
    policy: str,
    out: Path | None,
    index: int | None,
    epoch: int | None,
    seed: int,
    size: str,
    channels: int,
    dtype: Any,
    settings: tuple[str, ...],
) -> None:
    """Write POLICY, or with --index one draw of it, in FORMAT, which a plugin provides.

    Beside the export lies its manifest: what it was made of, the images it takes, and the SHA-256 of every file.
    """
    known = api.exporters()
    if exporter not in known:
        raise SettingsError(f"there is no format {exporter!r}{suggest(exporter, known) or _NONE}")
    if epoch is not None and index is None:
        raise SettingsError("--epoch belongs to --index, which says which image's draw is exported")
    sides = _SIZE.fullmatch(size)
    if sides is None:
        raise SettingsError(f"--size is height x width, such as 224x224, not {size!r}")
    height, width = int(sides[1]), int(sides[2])
    source: Any = api.resolve_policy(policy)
    path = free(Path(f"{source.name}{known[exporter].suffix}")) if out is None else out
    if index is not None:
        image = InputSpec(height, width, channels, dtype).blank()
        source = Augmenter(source, seed=seed, backend="reference").plan(image, index=index, epoch=epoch or 0)
    chosen = dict(map(_setting, settings))
    manifest = api.export(exporter, source, path, size=(height, width), channels=channels, dtype=dtype, settings=chosen)
    say(f"wrote {path}, and what it is in {manifest}")
    point(path)


_NONE = "; no exporter is installed: pip install a plugin that has one, and see augplug plugins list"


def _setting(text: str) -> tuple[str, Any]:
    """Return KEY=VALUE as a name and a number, a truth or a text."""
    key, equals, value = text.partition("=")
    if not (key and equals):
        raise SettingsError(f"--set takes KEY=VALUE, not {text!r}")
    try:
        read = json.loads(value)
    except ValueError:
        return key, value
    return key, read if isinstance(read, bool | int | float) else value
