"""Write the operations of plugins/augplug-albumentations: `python tools/albumentations_operations.py [--check]`.

They are read off Albumentations itself: its signatures, the bounds that it checks, and what happens when each transform
is tried on every dtype and number of channels. With `--check` nothing is written; the exit status is 1 when a file is
stale. The plugin has to be on the path.
"""

from __future__ import annotations

import inspect
import math
import sys
import tomllib
import warnings
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from augplug_albumentations import calling

import augplug

HERE = Path(__file__).resolve().parents[1] / "plugins" / "augplug-albumentations"
KNOWN = tomllib.loads(Path(__file__).with_name("albumentations.toml").read_text(encoding="utf-8"))
LARGEST = 16384
"""The largest side in pixels that a size can be given as: augplug takes 2**28 pixels."""
NOT_OURS = ("self", "p", "mask_interpolation")
"""A policy has the probability, and in augplug the classes of a mask are never mixed."""
SIZES = ("height", "width", "size", "max_size", "min_height", "min_width", "padding")
CHANNELS = (1, 2, 3, 4, 5)
MADE = "Made by tools/albumentations_operations.py."
SOURCE = "Albumentations 2.0.8, whose settings and defaults these are"
PAGE = """# Transforms

Made by `python tools/albumentations_operations.py` from Albumentations 2.0.8: its signatures, and what happens when
each transform is tried on 1 to 5 channels ("any": on all of them) and on both of its dtypes.
"""


@dataclass(frozen=True)
class Field:
    """One setting of a transform, as a parameter of an operation."""

    name: str
    kind: str
    arguments: tuple[str, ...]
    pair: bool

    def lines(self) -> list[str]:
        """Return its declaration."""
        line = f"    {self.name}: {self.kind} = augplug.parameter({', '.join(self.arguments)})"
        if len(line) <= 120:
            return [line]
        return [f"    {self.name}: {self.kind} = augplug.parameter(", f"        {', '.join(self.arguments)}", "    )"]


def transforms() -> dict[str, Any]:
    """Return every transform of Albumentations that can be one, by name."""
    library = calling.library()
    bases = (library.BasicTransform, library.DualTransform, library.ImageOnlyTransform, library.Transform3D)
    found = {name: getattr(library, name) for name in sorted(dir(library))}
    classes = {name: item for name, item in found.items() if inspect.isclass(item) and item not in bases}
    return {name: item for name, item in classes.items() if issubclass(item, library.BasicTransform)}


def fields_of(name: str, transform: Any) -> list[Field]:
    """Return the settings of a transform that are numbers, ranges or choices."""
    made = []
    checks = transform.InitSchema.model_fields
    for setting, declared in inspect.signature(transform.__init__).parameters.items():
        own = KNOWN["own"].get(name, {}).get(setting, {})
        if setting in NOT_OURS or "omitted" in own:
            continue
        default = tuple(own["default"]) if "default" in own else declared.default
        if "required" in own:
            default = declared.empty
        field = _field(setting, str(declared.annotation), default, checks.get(setting), own)
        made += [field] if field is not None else []
    return made


def _field(setting: str, kind: str, default: Any, check: Any, own: dict[str, Any]) -> Field | None:
    if default is None or isinstance(default, dict) or "Callable" in kind or "Sequence[str]" in kind:
        return None
    if kind == "bool":
        return Field(setting, "bool", (f"default={default}",), pair=False)
    if setting in calling.CODES:
        return _choices(setting, calling.CODES[setting][: _codes(setting, kind)], calling.CODES[setting][default])
    if kind.startswith("Literal["):
        return _choices(setting, tuple(part.strip(" '") for part in kind[8:-1].split(",")), default)
    unit = own.get("unit") or KNOWN["units"].get(setting)
    if unit is None:
        raise SystemExit(f"{setting}: {kind} has no unit yet; give it one in albumentations.toml")
    whole = "float" not in kind
    low, high = _bounds(setting, check)
    arguments = [
        f"{end}={_number(value, whole=whole)}" for end, value in (("low", low), ("high", high)) if value is not None
    ]
    arguments.append(f'unit="{unit}"')
    arguments += [f"level=({own['level'][0]:g}, {own['level'][1]:g})"] if "level" in own else []
    if default is not inspect.Parameter.empty:
        arguments.append(f"default={_value(default, whole=whole)}")
    pair = (
        kind.startswith("tuple[")
        and kind.count("tuple[") == kind.count("|") + 1
        and kind.count(",") == kind.count("tuple[")
    )
    number = "int" if whole else "float"
    many = "tuple" in kind or "list" in kind
    annotation = f"{number} | tuple[{number}, ...]" if many else number
    return Field(setting, annotation, tuple(arguments), pair and "..." not in kind)


def _codes(setting: str, kind: str) -> int:
    names = calling.CODES[setting]
    return len(names) if setting == "border_mode" or "LINEAR_EXACT" in kind else 5


def _choices(setting: str, choices: tuple[str, ...], default: str) -> Field:
    listed = ", ".join(f'"{choice}"' for choice in choices)
    return Field(setting, "str", (f"choices=({listed})", f'default="{default}"'), pair=False)


def _bounds(setting: str, check: Any) -> tuple[float | None, float | None]:
    """Return our bounds, or those that Albumentations checks."""
    if setting in KNOWN["bounds"]:
        low, high = (None if math.isnan(end) else end for end in KNOWN["bounds"][setting])
        return low, high
    low, high = None, None
    for rule in getattr(check, "metadata", ()):
        function = getattr(rule, "func", None)
        if function is None:
            low = getattr(rule, "ge", getattr(rule, "gt", low))
            high = getattr(rule, "le", getattr(rule, "lt", high))
            continue
        named = {"process_non_negative_range": 0, "convert_to_0plus_range": 0, "convert_to_1plus_range": 1}
        low = named.get(function.__name__, low)
        if function.__qualname__.startswith("check_range_bounds"):
            names = function.__code__.co_freevars
            cells = dict(zip(names, (cell.cell_contents for cell in function.__closure__), strict=True))
            low, high = cells.get("min_val", low), cells.get("max_val", high)
    return low, LARGEST if setting in SIZES and high is None else high


def _number(value: float, *, whole: bool) -> str:
    if math.isclose(value, math.pi):
        return "math.pi"
    return repr(int(value)) if whole or float(value).is_integer() else repr(float(value))


def _value(value: Any, *, whole: bool) -> str:
    if isinstance(value, tuple):
        return "(" + ", ".join(_value(part, whole=whole) for part in value) + ("," if len(value) == 1 else "") + ")"
    return repr(int(value) if whole else float(value))


def examples(name: str, fields: list[Field]) -> calling.Settings:
    """Return the settings with which a transform is tried: those that must be given."""
    required = [field.name for field in fields if not any(part.startswith("default=") for part in field.arguments)]
    own = KNOWN["own"].get(name, {})
    ours = {setting: tuple(entry["default"]) for setting, entry in own.items() if "default" in entry}
    for setting in required:
        value = KNOWN["examples"][setting]
        ours[setting] = tuple(value) if isinstance(value, list) else value
    return tuple(ours.items())


@cache
def try_out(name: str, settings: calling.Settings) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Return the numbers of channels (empty: all that were tried) and the dtypes that a transform takes."""
    only = tuple(KNOWN["only"].get(name, ()))
    takes = only or tuple(dtype for dtype in calling.BOTH if _works(name, settings, 3, (dtype,), dtype))
    channels = tuple(count for count in CHANNELS if all(_works(name, settings, count, takes, t) for t in takes))
    if not takes or not channels:
        raise SystemExit(f"{name}({settings}) works on nothing: leave it out, with the reason")
    return () if channels == CHANNELS else channels, takes


def _works(name: str, settings: calling.Settings, channels: int, takes: tuple[str, ...], dtype: str) -> bool:
    values = np.random.default_rng(0).integers(0, 256, (64, 72, channels), dtype=np.uint8)
    image: Any = values if dtype == "uint8" else (values / 255).astype(np.float32)
    shapes = [image, image[..., 0]] if channels == 1 else [image]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings(
            "ignore", message="(?s).*(special case|specialized version|very slow|already an RGB|alias)"
        )
        try:
            for shape in shapes:
                for key in range(5):
                    calling.transformed({"image": shape}, key, name, settings, takes, (64, 72))
        except (augplug.OperationError, UserWarning):
            return False
    return True


def write(name: str, transform: Any) -> str:
    """Return the class of one operation."""
    fields = fields_of(name, transform)
    channels, takes = try_out(name, examples(name, fields))
    dual = issubclass(transform, calling.library().DualTransform)
    moved = "image, masks, boxes and keypoints" if dual else "the image; masks, boxes and keypoints stay"
    arguments = [f"channels={channels}"] if channels else []
    arguments += [f"takes=({', '.join(repr(t) for t in takes)},)".replace("'", '"')] if takes != calling.BOTH else []
    pairs = [f'"{field.name}"' for field in fields if field.pair]
    arguments += [f"pairs=({', '.join(pairs)}{',' if len(pairs) == 1 else ''})"] if pairs else []
    arguments += [f"size={KNOWN['size'][name]}"] if name in KNOWN["size"] else []
    call = f"        return call({', '.join(['self', 'canvas', *arguments])})"
    if len(call) > 120:
        call = f"        return call(\n            {', '.join(['self', 'canvas', *arguments])}\n        )"
    declared = [line for field in fields for line in field.lines()]
    flags = ", ".join(f'"{field.name}"' for field in fields if field.kind == "bool")
    told = f", version=2, upgrades={{1: flags({flags})}}" if flags else ""
    head = [
        f"@augplug.operation(source=SOURCE{told})",
        f"class A{name}(augplug.Operation):",
        f'    """Albumentations\' {name}: {moved}."""',
        "",
    ]
    key = "    key: int = augplug.key()"
    body = ["", "    def describe(self, canvas: Canvas) -> list[Effect]:", '        """One call of it."""', call]
    return "\n".join([*head, *declared, key, *body])


def module(title: str, names: list[str]) -> str:
    """Return the content of a module of operations."""
    written = "\n\n\n".join(write(name, transforms()[name]) for name in names)
    listed = "".join(f"        A{name},\n" for name in names)
    imports = ["import math\n\n"] if "math.pi" in written else []
    used = "call, flags" if "flags(" in written else "call"
    own = "from augplug_albumentations import sizes\n" if "=sizes." in written else ""
    return (
        f'"""Albumentations\' transforms: {title}. {MADE}"""\n\nfrom __future__ import annotations\n\n'
        + "".join(imports)
        + f"import augplug\nfrom augplug import Canvas, Effect\n{own}"
        + f'from augplug_albumentations.calling import {used}\n\nSOURCE = "{SOURCE}"\n\n\n{written}\n\n\n'
        + "def operations() -> list[type[augplug.Operation]]:\n"
        + f'    """The operations of this module."""\n    return [\n{listed}    ]\n'
    )


def package() -> str:
    """Return the content of the package of operations."""
    titles = sorted(KNOWN["families"])
    imports = "".join(f"    {title},\n" for title in titles)
    listed = "".join(f"        *{title}.operations(),\n" for title in titles)
    return (
        f'"""Albumentations\' transforms as operations. {MADE}"""\n\nfrom __future__ import annotations\n\n'
        f"import augplug\nfrom augplug_albumentations.operations import (\n{imports})\n\n\n"
        "def every() -> list[type[augplug.Operation]]:\n"
        f'    """All of them."""\n    return [\n{listed}    ]\n'
    )


def page() -> str:
    """Return the page of all transforms: what each takes, and which are left out."""
    lines = [PAGE, "| operation | moves | channels | pixels are computed in | settings |", "|---|---|---|---|---|"]
    for name, transform in transforms().items():
        if name in KNOWN["left-out"]:
            continue
        fields = fields_of(name, transform)
        channels, takes = try_out(name, examples(name, fields))
        dual = issubclass(transform, calling.library().DualTransform)
        counts = " or ".join(map(str, channels)) or "any"
        settings = ", ".join(f"`{field.name}`" for field in fields)
        moves = "all targets" if dual else "the image"
        lines.append(f"| `A{name}` | {moves} | {counts} | {', '.join(takes)} | {settings} |")
    lines += ["", "## Left out", "", "| transform | why |", "|---|---|"]
    lines += [f"| {name} | {reason} |" for name, reason in sorted(KNOWN["left-out"].items())]
    return "\n".join([*lines, ""])


def files() -> dict[Path, str]:
    """Return every file that is made, with its content."""
    named = sorted(name for names in KNOWN["families"].values() for name in names)
    there = sorted(set(transforms()) - set(KNOWN["left-out"]))
    if named != there:
        raise SystemExit(f"FAMILIES and LEFT_OUT must name each transform once; not so: {set(named) ^ set(there)}")
    folder = HERE / "augplug_albumentations" / "operations"
    made = {folder / f"{title}.py": module(title, names) for title, names in KNOWN["families"].items()}
    return made | {folder / "__init__.py": package(), HERE / "TRANSFORMS.md": page()}


def main(arguments: list[str]) -> int:
    """Write the files, or say which are stale."""
    warnings.filterwarnings("ignore", category=UserWarning)  # Albumentations recommends its newer classes
    stale = 0
    for path, content in files().items():
        if "--check" not in arguments:
            path.write_text(content, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != content:
            print(f"{path} is stale: run python tools/albumentations_operations.py")
            stale = 1
    return stale


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
