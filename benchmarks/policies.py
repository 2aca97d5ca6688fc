"""The published AutoAugment policies: Pillow, augplug, and the sum of bare OpenCV kernels, in CPU time of one thread.

    python benchmarks/policies.py [--sizes 32,224] [--interpolation nearest] [--arrays] [--operations] [--json]

All three do the same drawn steps on the same images (crops of real photographs):

- `pillow`: the steps through Pillow's own functions, Pillow's image in and out; drawn and bound beforehand, so neither
  chance nor conversions count against it (`--arrays`: from array to array, as ours is called);
- `ours`: the whole call `augment(image, index=i)`, draw and checks included;
- `kernels`: the same steps as bare OpenCV calls with everything bound beforehand (tables, matrices): what remains when
  no Python stands between. It is a yardstick, not a rival: its statistics are not looked at, and its colours round
  otherwise than Pillow's.

Image and index are paired anew in every pass, so that no pass can live on what the one before it remembered.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import cv2
import numpy as np
import PIL
from PIL import Image as Pillow
from PIL import ImageEnhance, ImageOps
from skimage import data

import augplug
from augplug import coords
from augplug._policies.draw import Drawn

sys.path.append(str(Path(__file__).parents[1]))  # last, so that augplug is the installed one

from benchmarks.timing import Spread, Times, race, ratio, spread, table  # pylint: disable=wrong-import-position  # as said

TABLES = ("cifar10", "svhn", "imagenet")
CONTENDERS = ("pillow", "ours", "kernels")
FASTER_AT = {32: 3.0}
"""Ours is at least so many times as fast as Pillow at this size ..."""
WITHIN_AT = {224: 1.5}
"""... and takes at most so many times the kernel sum at that one."""
INTERPOLATIONS = {"nearest": cv2.INTER_NEAREST, "linear": cv2.INTER_LINEAR, "cubic": cv2.INTER_CUBIC}
RESAMPLING = {
    "nearest": Pillow.Resampling.NEAREST,
    "linear": Pillow.Resampling.BILINEAR,
    "cubic": Pillow.Resampling.BICUBIC,
}
_PIXELS = 1_500_000
"""A contender's turn goes over so many pixels, in as many passes as that takes."""
OPERATIONS: dict[str, dict[str, float]] = {
    "Invert": {},
    "Solarize": {"threshold": 128},
    "Posterize": {"bits": 4},
    "Brightness": {"factor": 1.5},
    "AutoContrast": {},
    "Equalize": {},
    "Contrast": {"factor": 1.5},
    "Color": {"factor": 1.5},
    "Sharpness": {"factor": 1.5},
    "ShearX": {"factor": 0.2},
    "TranslateX": {"fraction": 0.2},
    "Rotate": {"degrees": 20},
}

Array: TypeAlias = np.ndarray[Any, np.dtype[np.uint8]]
Kernel: TypeAlias = Callable[[Any], Any]


def photographs(size: int, count: int) -> list[Array]:
    """Return square crops of real photographs, each of another place, at that size."""
    sources = [data.astronaut(), data.coffee(), data.chelsea(), data.rocket()]  # type: ignore[no-untyped-call]  # it has no types
    places = np.random.default_rng(0)
    made = []
    for number in range(count):
        source = sources[number % len(sources)]
        side = int(places.integers(240, min(source.shape[:2]) + 1))
        top, left = (int(places.integers(0, length - side + 1)) for length in source.shape[:2])
        crop = source[top : top + side, left : left + side]
        made.append(np.ascontiguousarray(cv2.resize(crop, (size, size), interpolation=cv2.INTER_AREA)))
    return made


def pillow_step(op: Any, size: int) -> Kernel:
    """Return a drawn operation as Pillow does it."""
    name = type(op).__name__
    if name in ("Invert", "AutoContrast", "Equalize"):
        return {"Invert": ImageOps.invert, "AutoContrast": ImageOps.autocontrast, "Equalize": ImageOps.equalize}[name]
    if name in ("Brightness", "Contrast", "Color", "Sharpness"):
        enhancer = getattr(ImageEnhance, name)
        return lambda image: enhancer(image).enhance(op.factor)
    if name == "Solarize":
        return lambda image: ImageOps.solarize(image, op.threshold)
    if name == "Posterize":
        return lambda image: ImageOps.posterize(image, op.bits)
    resample = RESAMPLING[op.interpolation]
    if name == "Rotate":
        return lambda image: image.rotate(op.degrees, resample=resample)
    (pull,) = (warp.motion for warp in op.describe(augplug.Canvas(size, size, 3)))
    (a, b, c), (d, e, f), _ = coords.inverse(pull).tolist()
    # Pillow counts from the corner of the image, OpenCV and augplug from the centre of the first pixel.
    corner = (a, b, c + 0.5 - (a + b) / 2, d, e, f + 0.5 - (d + e) / 2)
    return lambda image: image.transform(image.size, Pillow.Transform.AFFINE, corner, resample=resample)


def kernel_step(op: Any, size: int) -> Kernel:
    """Return a drawn operation as bare OpenCV calls."""
    name = type(op).__name__
    if name in _KERNELS:
        return partial(_KERNELS[name], one=np.arange(256, dtype=np.uint8), three=_THREE)
    if name in ("Color", "Sharpness"):
        return partial(_color if name == "Color" else _sharpness, factor=op.factor)
    effects = op.describe(augplug.Canvas(size, size, 3))
    if not effects:
        return np.copy
    matrix, flags = coords.inverse(effects[0].motion)[:2], INTERPOLATIONS[op.interpolation] | cv2.WARP_INVERSE_MAP
    return lambda image: cv2.warpAffine(image, matrix, (size, size), flags=flags)


_THREE: Array = np.ascontiguousarray(np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2))
_SMOOTH = np.array([[1, 1, 1], [1, 5, 1], [1, 1, 1]], dtype=np.float32) / 13


def _tone(image: Array, one: Array, three: Array) -> Any:
    del three
    return cv2.LUT(image, one)


def _equalize(image: Array, one: Array, three: Array) -> Any:
    del one
    for channel in (0, 1, 2):
        cv2.calcHist([image], [channel], None, [256], [0, 256])
    return cv2.LUT(image, three)


def _auto_contrast(image: Array, one: Array, three: Array) -> Any:
    del one
    for plane in cv2.split(image):
        cv2.minMaxLoc(plane)
    return cv2.LUT(image, three)


def _contrast(image: Array, one: Array, three: Array) -> Any:
    del three
    cv2.mean(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))
    return cv2.LUT(image, one)


def _color(image: Array, factor: float) -> Any:
    grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return cv2.addWeighted(image, factor, grey, 1 - factor, 0)


def _sharpness(image: Array, factor: float) -> Any:
    return cv2.addWeighted(image, factor, cv2.filter2D(image, -1, _SMOOTH), 1 - factor, 0)


_KERNELS: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(("Invert", "Solarize", "SolarizeAdd", "Posterize", "Brightness"), _tone),
    "Equalize": _equalize,
    "AutoContrast": _auto_contrast,
    "Contrast": _contrast,
}


def chained(chains: Sequence[Sequence[Kernel]], images: Sequence[Any], number: int) -> None:
    """Put each image through the chain that it meets in this pass; where there is nothing to do, copy it."""
    count = len(images)
    for place, chain in enumerate(chains):
        image = images[(place + 37 * number) % count]
        if not chain:
            image.copy()
        for kernel in chain:
            image = kernel(image)


def augmented(augment: augplug.Augmenter, images: Sequence[Array], number: int) -> None:
    """Augment each image under the index that it meets in this pass."""
    count = len(images)
    for place in range(count):
        augment(images[(place + 37 * number) % count], index=place)


def run(policy: augplug.Policy, size: int, plans: int, *, arrays: bool = False) -> Times:
    """Race the three on one policy at one size; with `arrays`, Pillow starts from an array and ends in one."""
    images = photographs(size, plans)
    augment = augplug.Augmenter(policy)
    drawn = [augment.plan(images[0], index=index).items for index in range(plans)]
    steps = [[item.operation for item in items if isinstance(item, Drawn)] for items in drawn]
    pillow = [[pillow_step(op, size) for op in operations] for operations in steps]
    pictures: list[Any] = [Pillow.fromarray(image) for image in images]
    if arrays:
        pillow, pictures = [[Pillow.fromarray, *chain, np.array] for chain in pillow], list(images)
    kernels = [[kernel_step(op, size) for op in operations] for operations in steps]
    return race(
        {
            "pillow": partial(chained, pillow, pictures),
            "ours": partial(augmented, augment, images),
            "kernels": partial(chained, kernels, images),
        },
        passes=max(1, _PIXELS // (plans * size * size)),
    )


def figures(times: Times, plans: int) -> dict[str, Spread]:
    """Return microseconds an image of each contender, and the two ratios."""
    micros = {name: spread(times[name]).scaled(1e6 / plans) for name in CONTENDERS}
    return {**micros, "pillow/ours": ratio(times, "pillow", "ours"), "ours/kernels": ratio(times, "ours", "kernels")}


def verdict(found: dict[str, Spread], size: int) -> str:
    """Return the bound at this size and whether it is met."""
    if size in FASTER_AT:
        met = found["pillow/ours"].median >= FASTER_AT[size]
        return f"pillow/ours >= {FASTER_AT[size]:g}: {'met' if met else 'not met'}"
    if size in WITHIN_AT:
        met = found["ours/kernels"].median <= WITHIN_AT[size]
        return f"ours/kernels <= {WITHIN_AT[size]:g}: {'met' if met else 'not met'}"
    return ""


def contests(given: argparse.Namespace) -> dict[str, augplug.Policy]:
    """Return what is raced, by name: the tables, or single operations."""
    if given.operations:
        return {name: augplug.Policy(augplug.step(name, **fields)) for name, fields in OPERATIONS.items()}
    return {name: augplug.policy(f"autoaugment-{name}", interpolation=given.interpolation) for name in TABLES}


def arguments() -> argparse.Namespace:
    """Return what was typed."""
    parser = argparse.ArgumentParser(description="Race the published AutoAugment policies, in CPU time of one thread.")
    parser.add_argument("--sizes", default="32,224", help="sides of the images, in pixels (default: 32,224)")
    parser.add_argument("--interpolation", choices=INTERPOLATIONS, default="nearest")
    parser.add_argument("--plans", type=int, default=300, help="how many draws, each on an image of its own")
    parser.add_argument("--operations", action="store_true", help="single operations instead of the tables")
    parser.add_argument("--arrays", action="store_true", help="Pillow from array to array, as augplug is called")
    parser.add_argument("--json", action="store_true", help="print JSON, for comparison")
    return parser.parse_args()


def main() -> None:
    """Race, and print the figures."""
    given = arguments()
    cv2.setNumThreads(1)
    rows = []
    for size in map(int, given.sizes.split(",")):
        for name, policy in contests(given).items():
            found = figures(run(policy, size, given.plans, arrays=given.arrays), given.plans)
            rows.append((name, size, found, "" if given.operations else verdict(found, size)))
    versions = {"augplug": augplug.__version__, "opencv": cv2.__version__, "pillow": PIL.__version__}
    about = {**{name: vars(given)[name] for name in ("interpolation", "plans", "arrays")}, "versions": versions}
    if given.json:
        results = [
            {"name": name, "size": size, "verdict": said, **{key: asdict(value) for key, value in found.items()}}
            for name, size, found, said in rows
        ]
        print(json.dumps({**about, "results": results}, indent=1))
        return
    head = ("", "size", "pillow us", "ours us", "kernels us", "pillow/ours", "ours/kernels", "bound")
    print(table(head, [(name, size, *found.values(), said) for name, size, found, said in rows]))
    print(f"\nmicroseconds of CPU an image, median (quartiles); {about}")


if __name__ == "__main__":
    main()
