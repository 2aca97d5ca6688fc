"""A table of SHA-256 that comes with augplug: the draws of operations and named policies, and the reference's pixels.

A machine whose digests are those of the table draws and renders what every other such machine does, to the bit. The
images are made of integers alone, so that nothing of them depends on a library or a processor. `tools/pixel_table.py`
writes the table, `augplug doctor --pixels` compares a machine with it.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from importlib.resources import files
from itertools import product

import numpy as np

from augplug import builtin, naming
from augplug._backends.reference import Reference
from augplug._pipeline.augmenter import Augmenter
from augplug._policies import building
from augplug._policies.grammar import Policy
from augplug.errors import AugplugError
from augplug.testing.backends import agrees_with_the_reference
from augplug.testing.base import Failed, Subject
from augplug.testing.samples import augmenter, call, examples
from augplug.types import Image

NAME = "table.json"
DTYPES = ("uint8", "uint16", "float32", "float64")
CHANNELS = (None, 1, 2, 3, 4)
SIZES = ((5, 7), (33, 47), (96, 80))
"""(rows, columns): the pixels of all of them are in each digest of a dtype and a number of channels."""
POLICY_CHANNELS = (None, 3)
FUSING = ("aarch64", "arm64")
"""Machines, as Python names them, whose compilers fuse a product and a sum into one rounding unless told otherwise.

C code of numpy and scipy then ends in other last bits. Pixels of 8 and 16 bits and of float32 are rounded from float64,
and show nothing of it; those of float64 differ by less than 1e-14 (docs/reliability.md).
"""
ROUNDED = ("Gamma", "GaussianBlur", "GridDistortion", "Sharpen", "ToneCurve")
"""The operations whose pixels of float64 were seen to differ so; any other that does is to be looked at."""
LEVEL = 7.0
_EXAMPLES = 3
_INDICES = 6
_KEYS = ((0, 0), (1, 0), (2, 0), (345_678, 12), (2**40, 3), (99, 2**32))
"""(index, epoch)"""


def picture(size: tuple[int, int], channels: int | None, dtype: str) -> Image:
    """Return an image of slopes, a texture and a flat corner; the same on every machine."""
    y, x = np.mgrid[: size[0], : size[1]].astype(np.int64)
    texture = (x * x * 7 + y * y * 13 + x * y * 31) % 4099
    planes = [(700 + 60 * c) * y + (590 - 40 * c) * x + 5 * texture + 9000 * c for c in range(channels or 1)]
    whole = np.stack(planes, axis=-1) % 65_536
    whole[: size[0] // 3, : size[1] // 4] = 40_000
    kind = np.dtype(dtype)
    made: Image = (whole >> 8 if dtype == "uint8" else whole if kind.kind == "u" else whole / 65_535).astype(kind)
    return made[..., 0] if channels is None else made


def rows(wanted: Callable[[str], bool] = lambda _name: True) -> Iterator[tuple[str, str]]:
    """Yield the name and the digest of each row whose name is wanted, as this machine has it."""
    for name, augmenters, channels in _subjects():
        if wanted(f"{name} draws"):
            yield f"{name} draws", _draws(augmenters)
        for dtype, count in product(DTYPES, channels):
            row = f"{name} {dtype} {'grey' if count is None else count}"
            if wanted(row):
                yield row, _pixels(augmenters, count, dtype)


def stored() -> Mapping[str, str]:
    """Return the rows of the table that comes with augplug."""
    table: dict[str, str] = json.loads(files("augplug.testing").joinpath(NAME).read_text("utf-8"))["rows"]
    return table


def differing(wanted: Callable[[str], bool] = lambda _name: True) -> list[str]:
    """Return the names of the rows that this machine has otherwise than the table, or that one of both lacks."""
    here, there = dict(rows(wanted)), {name: value for name, value in stored().items() if wanted(name)}
    return sorted(name for name in here.keys() | there.keys() if here.get(name) != there.get(name))


def is_rounding(name: str) -> bool:
    """Return True for a row that this kind of machine may have otherwise, by the last bits of float64."""
    return platform.machine() in FUSING and name.startswith(tuple(f"{operation} float64 " for operation in ROUNDED))


def beyond_bounds(backend: str) -> str:
    """Return where a backend leaves its bounds around the reference, in words; empty if it keeps them."""
    made = naming.backends()[backend]
    try:
        agrees_with_the_reference(Subject("backends", backend, made, builtin, naming.operations()))
    except Failed as found:
        return str(found)
    return ""


def _subjects() -> Iterator[tuple[str, Sequence[Augmenter], Sequence[int | None]]]:
    """Yield what is drawn and rendered: a name, Augmenters of the reference, numbers of channels."""
    known = naming.operations()
    for operation in builtin.augplug_operations():
        about = operation.about
        subject = Subject("operations", about.name, operation, builtin, known)
        made = [augmenter(subject, one, backend=Reference()) for one in examples(subject)[:_EXAMPLES]]
        level = {} if about.level_field is None else {"level": LEVEL}
        with suppress(AugplugError):  # some operations have fields that nothing draws
            step = building.step(known, subject.address, **level)
            made.append(Augmenter(Policy(step, "stepped"), backend=Reference()))
        yield about.name, made, CHANNELS
    for name, make in builtin.augplug_policies().items():
        yield f"policy {name}", [Augmenter(make(known), backend=Reference())], POLICY_CHANNELS


def _draws(augmenters: Sequence[Augmenter]) -> str:
    found = hashlib.sha256()
    image = picture(SIZES[1], 3, "uint8")
    for augment, (index, epoch) in product(augmenters, _KEYS):
        partner = np.flip(image, axis=1).copy() if augment.mixes else None
        plan = augment.plan(image, index=index, epoch=epoch, partner=partner)
        found.update(json.dumps(json.loads(plan.to_json())["steps"], sort_keys=True).encode())
    return found.hexdigest()


def _pixels(augmenters: Sequence[Augmenter], channels: int | None, dtype: str) -> str:
    found = hashlib.sha256()
    for size in SIZES:
        image = picture(size, channels, dtype)
        for augment, index in product(augmenters, range(_INDICES if len(augmenters) == 1 else 2)):
            try:
                made = call(augment, image, index)
            except AugplugError as error:  # a crop that is larger than the image, colours of a grey one
                found.update(type(error).__name__.encode())
            else:
                found.update(f"{made.dtype} {made.shape} ".encode() + np.ascontiguousarray(made).tobytes())
    return found.hexdigest()
