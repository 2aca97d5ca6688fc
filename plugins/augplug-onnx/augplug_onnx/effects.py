"""Effects as slots: an operation's number with its parameters, in arrays of the same shapes for every operation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

import augplug
from augplug import Canvas, Effect, ExportError, Plan
from augplug_onnx.geometry import BORDERS

Slot: TypeAlias = dict[str, Any]
"""The operation by name, and those parameters that it has."""
NUMBERS: Mapping[str, int] = {
    name: number
    for number, name in enumerate(
        (
            *("nothing", "table", "contrast", "stretch", "equalize", "color", "mix", "smooth", "blur", "paint", "area"),
            *(f"{interpolation}-{border}" for interpolation in ("nearest", "linear", "cubic") for border in BORDERS),
            *("fork", "join", "merge"),
        )
    )
}
"""The number of each operation, which stays from release to release; the last three stand around the chains of a blend:
keep the image; add what became of it, and start from it again; take the sum."""
BLENDS = ("fork", "join", "merge")
UINT8 = np.dtype(np.uint8)


def inputs_of(channels: int) -> dict[str, tuple[Any, tuple[int, ...]]]:
    """Return the dtype and shape of each number of a slot on images of this many channels."""
    return {
        "operation": (np.int64, ()),
        "table": (np.uint8, (256,)),
        "factor": (np.float64, ()),
        "sigma": (np.float64, ()),
        "mix": (np.float64, (channels, channels)),
        "matrix": (np.float64, (3, 3)),
        "size": (np.int64, (2,)),
        "fill": (np.uint8, (channels,)),
        "box": (np.int64, (4,)),
    }


def slots(plan: Plan, shape: tuple[int, int, int]) -> dict[str, npt.NDArray[Any]]:
    """Return a draw as the inputs of an exported policy beside `image`: arrays with one row a slot.

    `shape` is that of the image, `(H, W, C)`. Raises ExportError that names each operation that is not exported.
    """
    drawn = slots_of(plan, shape)
    made: dict[str, npt.NDArray[Any]] = {}
    for name, (dtype, sides) in inputs_of(shape[2]).items():
        made[name] = np.zeros((len(drawn), *sides), dtype)
        for row, slot in enumerate(drawn):
            if name in slot:
                made[name][row] = NUMBERS[slot[name]] if name == "operation" else slot[name]
    return made


def slots_of(plan: Plan, shape: tuple[int, int, int]) -> list[Slot]:
    """Return the slots of a draw on an image `(H, W, C)`. Raises ExportError that names what is not exported."""
    made, refused = look_at(plan, shape)
    refuse(refused, plan.policy)
    return made


def look_at(plan: Plan, shape: tuple[int, int, int]) -> tuple[list[Slot], set[str]]:
    """Return the slots of a draw, and the names of operations that are not exported."""
    return ([], {f"alpha ({plan.channels})"}) if plan.channels else _chain(plan.items, shape)


def refuse(names: Iterable[str], policy: str) -> None:
    """Raise ExportError if there is a name."""
    if told := ", ".join(sorted(names)):
        raise ExportError(f"ONNX models cannot hold {told} with the settings in {policy}; leave it out, or change them")


def _chain(items: Iterable[Any], shape: tuple[int, ...]) -> tuple[list[Slot], set[str]]:
    """Return the slots of drawn items, and the names of those that are refused."""
    made: list[Slot] = []
    refused: set[str] = set()
    for item in items:
        match item:
            case object(weights=weights, chains=chains):
                inner, names = _blend(weights, [_chain(chain, shape) for chain in chains])
                made += inner
                refused |= names
            case _:
                for effect in item.operation.describe(Canvas(*shape)):
                    found = _slots_of_effect(effect, shape)
                    made += found or []
                    refused |= set() if found is not None else {item.operation.about.name}
                    shape = augplug.shape_after(effect, shape)
    return made, refused


def _blend(weights: Sequence[float], chains: Sequence[tuple[list[Slot], set[str]]]) -> tuple[list[Slot], set[str]]:
    made: list[Slot] = [{"operation": "fork"}]
    refused: set[str] = set()
    for weight, (inner, names) in zip(weights, chains, strict=True):
        made += [*inner, {"operation": "join", "factor": weight}]
        refused |= names | ({"blend inside a blend"} if any(slot["operation"] in BLENDS for slot in inner) else set())
    return [*made, {"operation": "merge"}], refused


def _slots_of_effect(effect: Effect, shape: tuple[int, ...]) -> list[Slot] | None:
    """Return an effect as slots, often one; None if it is not exported."""
    if isinstance(effect, augplug.Tone | augplug.AdaptiveTone):
        return _of_tones(augplug.split_tones(effect))
    if isinstance(effect, augplug.ColorMix):
        if effect.matrix is None:
            return [{"operation": "color", "factor": effect.gray_blend}]
        matrix = np.array(effect.matrix)
        return [{"operation": "mix", "mix": matrix}] if matrix.shape == (shape[2], shape[2]) else None
    if isinstance(effect, augplug.Filter):
        return _of_filter(effect)
    if isinstance(effect, augplug.Paint) and effect.key is None:
        value = augplug.fill_values(effect.value, shape, UINT8)
        boxes = [(region.top, region.left, region.bottom, region.right) for region in effect.regions]
        return [{"operation": "paint", "box": box, "fill": value} for box in boxes]
    return _of_warp(effect, shape) if isinstance(effect, augplug.Warp) else None


def _of_tones(run: Sequence[augplug.Tone | augplug.AdaptiveTone]) -> list[Slot] | None:
    made: list[Slot] = []
    for tone in run:
        if isinstance(tone, augplug.Tone):
            made.append({"operation": "table", "table": augplug.tone_table(tone, UINT8)})
        elif (factor := augplug.contrast_factor(tone)) is not None:
            made.append({"operation": "contrast", "factor": factor})
        elif tone in (augplug.AUTOCONTRAST, augplug.EQUALIZE):
            made.append({"operation": "stretch" if tone == augplug.AUTOCONTRAST else "equalize"})
        else:
            return None
    return made


def _of_filter(effect: augplug.Filter) -> list[Slot] | None:
    if effect.kernel == "smooth3":
        return [{"operation": "smooth", "factor": effect.factor}]
    if effect.kernel == "gaussian":
        return [{"operation": "blur", "factor": effect.factor, "sigma": effect.arguments[0]}]
    return None


def _of_warp(warp: augplug.Warp, shape: tuple[int, ...]) -> list[Slot] | None:
    if isinstance(warp.transform, augplug.DisplacementField):
        return None
    matrix = _inverse(warp.transform)
    slot = {"matrix": matrix, "size": warp.size, "fill": augplug.fill_values(warp.fill, shape, UINT8)}
    if warp.interpolation != "area":
        return [{"operation": f"{warp.interpolation}-{warp.border}", **slot}]
    if np.array_equal(matrix, np.rint(matrix)) and abs(np.linalg.det(matrix)) == 1:
        return [{"operation": f"nearest-{warp.border}", **slot}]  # whole pixels, which are not averaged
    straight = not matrix[[0, 1, 2, 2], [1, 0, 0, 1]].any() and matrix[2, 2] == 1
    if warp.border != "constant" or not straight or min(matrix[0, 0], matrix[1, 1]) <= 0:
        return None
    return [{"operation": "area", **slot}]


def _inverse(matrix: augplug.Matrix) -> npt.NDArray[np.float64]:
    """Return the inverse by cofactors, as the reference has it: shifts, shears and quarter turns stay exact."""
    (a, b, c), (d, e, f), (g, h, i) = matrix
    first, second, third = e * i - f * h, f * g - d * i, d * h - e * g
    whole = np.float64(a * first + b * second + c * third)  # which divides by 0 to infinities
    rows = [
        [first / whole, (c * h - b * i) / whole, (b * f - c * e) / whole],
        [second / whole, (a * i - c * g) / whole, (c * d - a * f) / whole],
        [third / whole, (b * g - a * h) / whole, (a * e - b * d) / whole],
    ]
    return np.array(rows) + 0.0
