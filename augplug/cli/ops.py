"""`augplug ops`: the operations that are installed here."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from augplug import api
from augplug._pipeline.augmenter import Augmenter
from augplug._policies.reader import address_of
from augplug.cli.group import Group
from augplug.cli.output import as_json, echo, json_option, out_option, say, table, write
from augplug.data.images import photograph
from augplug.distributions import Distribution, Key
from augplug.errors import OperationError, suggest
from augplug.ops.base import Operation
from augplug.ops.parameters import Parameter
from augplug.report.draws import draws
from augplug.report.sheet import contact_sheet, png

LEVELS = (0.0, 1.0, 3.0, 5.0, 7.0, 9.0)
SIDES = (32, 64, 128, 192, 256, 300)
"""Sizes in pixels; the photograph has 300 rows and 451 columns."""
SHOWN = 12
EXAMPLES: Mapping[str, Mapping[str, tuple[float, ...]]] = {
    "Gamma": {"gamma": (0.3, 0.5, 1, 1.5, 2.2, 4)},
    "Saturation": {"factor": (0, 0.5, 1, 1.5, 2, 3)},
    "HueShift": {"degrees": (-90, -45, 0, 45, 90, 180)},
    "GaussianBlur": {"sigma": (0, 1, 2, 4, 8, 16)},
    "MotionBlur": {"length": (1, 5, 11, 21, 41, 61)},
    "Sharpen": {"strength": (0, 0.5, 1, 2, 5, 10)},
    "GaussianNoise": {"std": (0, 5, 10, 20, 40, 80)},
    "Scale": {"factor": (0.5, 0.7, 1, 1.2, 1.5, 2)},
    "Affine": {
        "degrees": (0, 30, 0, 0, 0, 30),
        "scale": (1, 1, 0.7, 1, 1, 0.7),
        "shear_x": (0, 0, 0, 15, 0, 15),
        "x": (0, 0, 0, 0, 0.2, 0.2),
    },
    "Pad": {"left": (0, 128, 0, 0, 128), "top": (0, 0, 128, 0, 128), "right": (0, 0, 0, 128, 128)},
    "Crop": {"right": SIDES, "bottom": SIDES},
    **{name: {"height": SIDES, "width": SIDES} for name in ("CenterCrop", "RandomCrop", "RandomResizedCrop", "Resize")},
    **{name: {"height": SIDES, "width": SIDES} for name in ("BoxCrop", "BoxSafeCrop", "MaskCrop")},
    "Letterbox": {"height": (192, 96, 192, 256, 300, 192), "width": (192, 192, 96, 300, 256, 300)},
    **{name: {"side": SIDES} for name in ("ResizeLonger", "ResizeShorter")},
}
"""Operation -> values, one a picture, of fields that no level and no draw gives and that do nothing by default."""


@click.group(cls=Group, no_args_is_help=False)
def command() -> None:
    """List and show operations: what they do, what they take, where their numbers come from, who provides them."""


@command.command("list")
@json_option
def list_(json_: bool) -> None:
    """List every operation."""
    names = {name: operation for name, operation in api.operations().items() if ":" not in name}
    if json_:
        echo(as_json([_data(name) for name in names]))
        return
    rows = [(name, _provider(name), _strength(operation), operation.about.summary) for name, operation in names.items()]
    echo(table(("NAME", "FROM", "A LEVEL SETS", "WHAT IT DOES"), rows))


@command.command()
@click.argument("name")
@out_option("Also write a sheet of what it does to a photograph, a PNG file.")
@json_option
def show(name: str, out: Path | None, json_: bool) -> None:
    """Show the operation NAME (Rotate, or augplug:Rotate): parameters with ranges and units, source and provider."""
    if name not in api.operations():
        known = [known for known in api.operations() if ":" not in known]
        raise OperationError(f"there is no operation {name!r}{suggest(name, known)}; augplug ops list shows all")
    if out is not None:
        write(out, png(_sheet(name)))
        say(f"the sheet is in {out}")
    echo(as_json(_data(name)) if json_ else _text(name))


def _provider(name: str) -> str:
    return address_of(api.operations(), name).rpartition(":")[0]


def _strength(operation: type[Operation]) -> str:
    about = operation.about
    declared = about.parameters[about.level_field] if about.level_field is not None else None
    if declared is None or declared.level is None:
        return "-"
    return f"{about.level_field} {_level(declared)}"


def _text(name: str) -> str:
    about = api.operations()[name].about
    head = [
        f"{about.name}: {about.summary}",
        f"  address   {address_of(api.operations(), name)}, version {about.version}",
        f"  source    {about.source}",
        f"  channels  {about.channels_text}",
    ]
    rows = [
        (f"  {field}", declared.describe(), _given(declared), _level(declared))
        for field, declared in about.parameters.items()
    ]
    return "\n".join(
        [*head, "", table(("  PARAMETER", "TAKES", "WHEN NOT GIVEN", "LEVEL"), rows) if rows else "  no parameters"]
    )


def _given(declared: Parameter) -> str:
    if isinstance(declared.draw, Key):
        return " with ".join(filter(None, ["a drawn key", " or ".join(declared.draw.needed_by)]))
    if declared.draw is not None:
        return f"drawn from {declared.draw.to_json()}"
    if not declared.required:
        return f"{declared.default}"
    return "must be given" + (", or a level" if declared.level is not None else "")


def _level(declared: Parameter) -> str:
    if declared.level is None:
        return "-"
    weakest, strongest = declared.level
    other = f" or {2 * weakest - strongest:.3g}" if declared.signed else ""
    return f"{weakest:.3g} to {strongest:.3g}{other}"


def _data(name: str) -> dict[str, Any]:
    about = api.operations()[name].about
    return {
        "name": about.name,
        "address": address_of(api.operations(), name),
        "version": about.version,
        "summary": about.summary,
        "source": about.source,
        "channels": about.channels_text,
        "parameters": {field: _parameter(declared) for field, declared in about.parameters.items()},
    }


def _parameter(declared: Parameter) -> dict[str, Any]:
    ends = [end if math.isfinite(end) else None for end in (declared.low, declared.high)]
    bounds = ends if declared.is_number and ends != [None, None] else None
    return {
        "range": bounds,
        "type": _type(declared),
        "unit": declared.unit,
        "choices": list(declared.choices),
        "level": list(declared.level) if declared.level is not None else None,
        "signed": declared.signed,
        "required": declared.required and declared.draw is None,
        "default": declared.default,
        "draw": _draw(declared.draw),
    }


def _type(declared: Parameter) -> str:
    kind = "flag" if declared.flag else "choice" if declared.choices else "integer" if declared.integer else "number"
    return " or ".join(
        [f"{declared.length} {kind}s" if declared.length else kind, *(["null"] if declared.optional else [])]
    )


def _draw(law: Distribution | None) -> object:
    if law is None or isinstance(law, Key):
        return None if law is None else "key"
    return law.to_json()


def _sheet(name: str) -> Any:
    """The photograph at each level, or with each example of its fields; or else several draws of it."""
    picture = photograph()
    examples = EXAMPLES.get(address_of(api.operations(), name).removeprefix("augplug:"))
    if examples is not None:
        return _examples(name, examples)
    about = api.operations()[name].about
    if about.level_field is None:
        drawn, texts = draws(Augmenter(api.step(name)), [picture] * SHOWN)
        different = {image.tobytes(): (image, text) for image, text in zip(drawn, texts, strict=True)}
        images, captions = [list(part) for part in zip(*different.values(), strict=True)]
        return contact_sheet([picture, *images], ["the image", *captions], 6)
    images, captions = [], []
    for level in LEVELS:
        drawn, texts = draws(Augmenter(api.step(name, level=level)), [picture] * SHOWN)
        other = next((place for place, text in enumerate(texts) if text != texts[0]), 1)
        images += [drawn[0], drawn[other]]
        captions += [f"level {level:g}: {texts[0]}", f"level {level:g}: {texts[other]}"]
    return contact_sheet(images, captions, 6)


def _examples(name: str, examples: Mapping[str, tuple[float, ...]]) -> Any:
    """The photograph with each example, twice where the operation also draws."""
    declared = api.operations()[name].about.parameters.values()
    pictures = [photograph()] * (2 if any(field.draw is not None for field in declared) else 1)
    images, captions = [], []
    for values in zip(*examples.values(), strict=True):
        fields = dict(zip(examples, values, strict=True))
        images += draws(Augmenter(api.step(name, **fields)), pictures)[0]
        captions += [", ".join(f"{field} {value:g}" for field, value in fields.items())] * len(pictures)
    return contact_sheet(images, captions, 6)
