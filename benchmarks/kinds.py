"""Images of other kinds than uint8 RGB, at 500 x 750: dtypes, channels, masks, boxes and keypoints.

Part of `benchmarks/ops.py`, which prints it: `python benchmarks/ops.py --sizes 500x750`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

import augplug
from benchmarks.bare import BARE_CALLS, HEIGHT, WIDTH
from benchmarks.peers import kinds as peers
from benchmarks.reporting import Bar, Table
from benchmarks.timing import Times, digits, race, ratio, spread

ABOUT = (
    "Images of other kinds than uint8 RGB at 500 x 750, in microseconds of CPU a call, one thread: uint16 and float32, "
    "1 and 13 channels, masks, boxes and keypoints. `bare` are single calls of numpy and OpenCV for the same result, "
    "with no draw and no check, except that floats are looked through for NaN, as every image of floats must be. A bar "
    "that no code meets is judged by the bare call beside it: 13 channels of float32 are 19.5 MB, which the "
    "processor's caches do not hold, and numpy copies them at a third of the speed at which it copies 3 channels of "
    "uint8; OpenCV itself takes more than 6.5 times as long for 13 channels where it has a fast way for 3."
)
SIZE = "500x750"
DTYPES = ("uint8", "uint16", "float32")
CHANNELS = (3, 1, 13)
SLICE, RESAMPLED, VALUE, BARE = 1.5, 4.0, 4.0, 1.3
"""The bars, times uint8 of the same shape: slices by the byte; warps, resizes and filters; tones, statistics and noise,
or times the best bare call."""
MANY = 1.5 * 13 / 3
"""The bar for 13 channels, times 3: where no code meets it, the bare call's time is the evidence."""


class Row(NamedTuple):
    """An operation: how it is judged, and its fields."""

    kind: str
    op: str
    fields: Mapping[str, Any]


_LINEAR = {"interpolation": "linear"}
_PART = {"height": 400, "width": 600}
ROWS: dict[str, Row] = {
    "HorizontalFlip": Row("slice", "HorizontalFlip", {}),
    "VerticalFlip": Row("slice", "VerticalFlip", {}),
    "Transpose": Row("slice", "Transpose", {}),
    "Rotate90": Row("slice", "Rotate90", {"turns": 1}),
    "whole shift": Row("slice", "TranslateX", {"fraction": 0.2}),
    "CenterCrop": Row("slice", "CenterCrop", _PART),
    "Pad": Row("slice", "Pad", dict.fromkeys(("left", "top", "right", "bottom"), 40)),
    "Rotate nearest": Row("warp", "Rotate", {"degrees": 20}),
    "Rotate linear": Row("warp", "Rotate", {"degrees": 20, **_LINEAR}),
    "Affine": Row("warp", "Affine", {"degrees": 20, "scale": 0.8, "shear_x": 10, "x": 0.125}),
    "Perspective": Row("warp", "Perspective", {"distortion": 0.2}),
    "ElasticTransform": Row("warp", "ElasticTransform", {"alpha": 50, "sigma": 10}),
    "Resize area": Row("warp", "Resize", {"height": 224, "width": 224}),
    "Resize linear": Row("warp", "Resize", {"height": 224, "width": 224, **_LINEAR}),
    "RandomResizedCrop": Row("warp", "RandomResizedCrop", {"height": 224, "width": 224}),
    "GaussianBlur": Row("warp", "GaussianBlur", {"sigma": 1.5}),
    "MotionBlur": Row("warp", "MotionBlur", {"length": 9}),
    "Sharpness": Row("warp", "Sharpness", {"factor": 1.5}),
    "Invert": Row("value", "Invert", {}),
    "Brightness": Row("value", "Brightness", {"factor": 1.5}),
    "Contrast": Row("value", "Contrast", {"factor": 1.5}),
    "Solarize": Row("value", "Solarize", {"threshold": 128}),
    "Posterize": Row("value", "Posterize", {"bits": 4}),
    "Gamma": Row("value", "Gamma", {"gamma": 1.5}),
    "ToneCurve": Row("value", "ToneCurve", {"shadows": 0.2, "highlights": 0.8}),
    "AutoContrast": Row("value", "AutoContrast", {}),
    "Equalize": Row("value", "Equalize", {}),
    "GaussianNoise": Row("value", "GaussianNoise", {"std": 12.75}),
}


def image(dtype: str, channels: int) -> Any:
    """Return a smooth image with noise on it, C-contiguous."""
    rng = np.random.default_rng(channels)
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    waves = [np.sin(rows / (40 + 3 * one)) * np.cos(columns / (55 + 2 * one)) for one in range(channels)]
    values = np.clip(0.5 + 0.4 * np.stack(waves, axis=2) + rng.normal(0, 0.03, (HEIGHT, WIDTH, channels)), 0, 1)
    shaped = values[..., 0].copy() if channels == 1 else values
    return (shaped * np.iinfo(dtype).max).astype(dtype) if dtype.startswith("uint") else shaped.astype(dtype)


def _ours(row: Row, given: Any) -> Callable[[int], object]:
    augment = augplug.Augmenter(augplug.step(row.op, **row.fields))
    return lambda number: augment(given, index=number)


def tables(only: Sequence[str], rounds: int) -> tuple[list[Table], list[Bar], list[str]]:
    """Race every row; return the tables, the bars, and why a library is left out."""
    libraries, missing = peers.available()
    found = {name: _raced(name, row, libraries, rounds) for name, row in ROWS.items() if name.startswith(tuple(only))}
    bars = [one for name, times in found.items() for one in _judged(name, times)]
    made = [_table(channels, found, libraries) for channels in CHANNELS] if found else []
    aside, aside_bars = _targets(rounds, libraries, only)
    return made + aside, bars + aside_bars, missing


def _raced(name: str, row: Row, libraries: Mapping[str, peers.Library], rounds: int) -> Times:
    contenders: dict[str, Callable[[int], object]] = {}
    for channels in CHANNELS:
        for dtype in DTYPES:
            given = image(dtype, channels)
            contenders[f"{dtype} {channels}"] = _ours(row, given)
            bare = BARE_CALLS.get(dtype, {}).get(name)
            if bare is not None:
                contenders[f"bare {dtype} {channels}"] = partial(_called, bare, given)
            for library, peer in libraries.items():
                call = peers.call(peer, name, given)
                if call is not None:
                    contenders[f"{library} {dtype} {channels}"] = call
    return race(contenders, passes=8, rounds=rounds)


def _called(function: Callable[[Any], Any], given: Any, _number: int) -> Any:
    return function(given)


def _judged(name: str, times: Times) -> list[Bar]:
    kind, found = ROWS[name].kind, []
    for channels in CHANNELS:
        for dtype in DTYPES[1:]:
            over = ratio(times, f"{dtype} {channels}", f"uint8 {channels}").median
            what, limit = f"{name}, {dtype}, {channels} channels: times uint8", VALUE
            if kind == "slice":
                over /= np.dtype(dtype).itemsize
                what, limit = f"{what} by the byte", SLICE
            elif kind == "warp":
                limit = RESAMPLED
            found.append(_bar(what, over, limit, times, f"{dtype} {channels}"))
    for dtype in DTYPES:
        over = ratio(times, f"{dtype} 13", f"{dtype} 3").median
        found.append(_bar(f"{name}, {dtype}, 13 channels: times 3", over, MANY, times, f"{dtype} 13"))
    return found


def _bar(what: str, over: float, limit: float, times: Times, own: str) -> Bar:
    """Return a bar; where it is missed, the best bare call for the same result is shown beside it."""
    bare = f"bare {own}"
    if over <= limit or bare not in times:
        return Bar(what, f"<= {limit:g}", f"{over:.2f}", over <= limit)
    near = ratio(times, own, bare).median
    return Bar(what, f"<= {limit:g}, or <= {BARE:g} times the bare call", f"{over:.2f}, {near:.2f}", near <= BARE)


def _table(channels: int, found: Mapping[str, Times], libraries: Mapping[str, peers.Library]) -> Table:
    head = ["operation", *DTYPES, *(f"bare {dtype}" for dtype in DTYPES)]
    head += [f"{library} {dtype}" for library in libraries for dtype in DTYPES]
    rows = []
    for name, times in found.items():
        cells = [f"{column} {channels}" for column in head[1:]]
        rows.append([name, *(_said(times, cell) for cell in cells)])
    return Table(f"{SIZE}, {channels} channels", head, rows, "-: has nothing that does the same work.")


def _said(times: Times, name: str) -> str:
    return str(spread(times[name]).scaled(1e6)) if name in times else "-"


MASKS = ("uint8", "int32", "float32")
MOVES: dict[str, Row] = {
    "HorizontalFlip": ROWS["HorizontalFlip"],
    "Rotate nearest": ROWS["Rotate nearest"],
    "Rotate linear": ROWS["Rotate linear"],
}


def _targets(rounds: int, libraries: Mapping[str, peers.Library], only: Sequence[str]) -> tuple[list[Table], list[Bar]]:
    """Race calls with a mask of each dtype, with twenty boxes and with twenty keypoints."""
    given, rows, bars = image("uint8", 3), [], []
    numbers = np.random.default_rng(0)
    corners = numbers.uniform((0, 0), (WIDTH - 60, HEIGHT - 60), (20, 2))
    targets: dict[str, Mapping[str, Any]] = {
        **{f"mask {dtype}": {"mask": numbers.integers(0, 9, (HEIGHT, WIDTH)).astype(dtype)} for dtype in MASKS},
        "boxes": {"boxes": augplug.Boxes(np.concatenate([corners, corners + 50], axis=1))},
        "keypoints": {"keypoints": augplug.Keypoints(corners)},
    }
    for name, row in MOVES.items():
        if not name.startswith(tuple(only)):
            continue
        augment = augplug.Augmenter(augplug.step(row.op, **row.fields))
        contenders: dict[str, Callable[[int], object]] = {}
        for what, keywords in targets.items():
            contenders[what] = partial(_with_targets, augment, given, keywords)
            for library, peer in libraries.items():
                call = peers.call_with(peer, name, given, what, keywords)
                if call is not None:
                    contenders[f"{library} {what}"] = call
        times = race(contenders, passes=8, rounds=rounds)
        rows += [
            [name, what, _said(times, what), *(_said(times, f"{library} {what}") for library in libraries)]
            for what in targets
        ]
        for dtype in MASKS[1:]:
            over = ratio(times, f"mask {dtype}", "mask uint8").median
            bars.append(
                Bar(f"{name}, mask of {dtype}: times uint8", f"<= {RESAMPLED:g}", digits(over), over <= RESAMPLED)
            )
    head = ["operation", "target", "ours", *libraries]
    return [Table(f"{SIZE}, an image with a target", head, rows, "uint8 RGB")] if rows else [], bars


def _with_targets(augment: augplug.Augmenter, given: Any, keywords: Mapping[str, Any], number: int) -> Any:
    return augment(image=given, index=number, **keywords)
