"""Every operation beside those of Albumentations, torchvision and Pillow, in CPU time of one thread.

    python benchmarks/ops.py [--sizes 32,224,512] [--only Rotate,Resize] [--rounds 9] [--json]

uint8 RGB photographs; ours is an Augmenter of one step at p = 1, its draw and checks included; each library is given
its own kind of image, so that no conversion counts. `benchmarks/peers.py` has their settings. A ratio is ours over
theirs, the median over rounds; `best` is the quickest of them.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import cv2

import augplug
from augplug._backends import default_backend
from augplug.rendering import check_image, prepare, run

sys.path.append(str(Path(__file__).parents[1]))  # last, so that augplug is the installed one

from benchmarks import peers as rivals  # pylint: disable=wrong-import-position  # as said
from benchmarks.policies import Array, photographs  # pylint: disable=wrong-import-position  # as said
from benchmarks.timing import ROUNDS, Times, race, ratio, spread, table  # pylint: disable=wrong-import-position  # as said

SLOWER = 1.3
"""Ours takes at most so many times as long as the best peer ..."""
FASTER = {("ElasticTransform", "albumentations"): 3.0}
"""... and these are at least so many times as fast, at 224 and 512."""
OPERATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "HorizontalFlip": ("HorizontalFlip", {}),
    "VerticalFlip": ("VerticalFlip", {}),
    "Rotate nearest": ("Rotate", {"degrees": 20}),
    "Rotate linear": ("Rotate", {"degrees": 20, "interpolation": "linear"}),
    "Perspective": ("Perspective", {"distortion": 0.2, "interpolation": "linear"}),
    "ElasticTransform": ("ElasticTransform", {"alpha": 50, "sigma": 10}),
    "GridDistortion": ("GridDistortion", {"spacing": 40, "amplitude": 8}),
    "OpticalDistortion": ("OpticalDistortion", {"k": 0.1}),
    "Invert": ("Invert", {}),
    "Solarize": ("Solarize", {"threshold": 128}),
    "Posterize": ("Posterize", {"bits": 4}),
    "AutoContrast": ("AutoContrast", {}),
    "Equalize": ("Equalize", {}),
    "Brightness": ("Brightness", {"factor": 1.5}),
    "Contrast": ("Contrast", {"factor": 1.5}),
    "Color": ("Color", {"factor": 1.5}),
    "Sharpness": ("Sharpness", {"factor": 1.5}),
    "Grayscale": ("Grayscale", {}),
    "GaussianBlur": ("GaussianBlur", {"sigma": 1.5}),
    "MotionBlur": ("MotionBlur", {"length": 9}),
    "GaussianNoise": ("GaussianNoise", {"deviation": 12.75}),
}
_RESIZES = {"Resize area": "Resize", "Resize linear": "Resize", "RandomResizedCrop": "RandomResizedCrop"}
_LAYOUTS = {"Normalize HWC": "HWC", "Normalize CHW": "CHW"}
NAMES = (*OPERATIONS, *_RESIZES, *_LAYOUTS)
_PIXELS = 600_000
"""A contender's turn goes over so many pixels."""
_IMAGES = 4


def ours(name: str, size: int) -> Callable[[Array, int], Any]:
    """Return what is raced: an Augmenter of one step, or the last step alone."""
    if name in _LAYOUTS:
        return partial(_finished, output=augplug.Output(rivals.MEAN, rivals.STD, _LAYOUTS[name]), programs={})  # type: ignore[arg-type]  # a layout
    op, fields = OPERATIONS.get(name, (_RESIZES.get(name, ""), {}))
    if name in _RESIZES:
        way = "linear" if name.endswith("linear") else "area"
        fields = {"height": rivals.TARGETS[size], "width": rivals.TARGETS[size], "interpolation": way}
    augment = augplug.Augmenter(augplug.Policy(augplug.step(op, **fields)))
    return lambda image, number: augment(image, index=number)


def _finished(image: Array, _number: int, output: augplug.Output, programs: dict[Any, Any]) -> Any:
    """Normalise as an Augmenter does: check, find the prepared program, run it."""
    image = check_image(image)
    program = programs.get(image.shape)
    if program is None:
        program = programs[image.shape] = prepare((), image, "exact", default_backend(), output)
    return run(program, image)


def contest(name: str, size: int, peers: dict[str, rivals.Peer], rounds: int) -> Times:
    """Race one operation at one size against those who have it."""
    images = photographs(size, _IMAGES)
    mine = ours(name, size)
    contenders: dict[str, Callable[[int], object]] = {"ours": lambda number: mine(images[number % _IMAGES], number)}
    for library, peer in peers.items():
        if name in peer.operations:
            own = [peer.convert(image) for image in images]
            try:
                peer.operations[name](own[0])
            except RuntimeError as error:  # torchvision's elastic blur is wider than a small image
                print(f"skipped: {name} of {library} at {size}: {error}", file=sys.stderr)
                continue
            contenders[library] = partial(_called, peer.operations[name], own)
    return race(contenders, passes=max(3, min(200, _PIXELS // size**2)), rounds=rounds)


def _called(operation: Callable[[Any], object], images: list[Any], number: int) -> object:
    return operation(images[number % _IMAGES])


def figures(name: str, size: int, times: Times) -> dict[str, Any]:
    """Return microseconds by contender, the ratios to each, and what the bounds say."""
    others = [library for library in times if library != "ours"]
    micros = {library: spread(taken).scaled(1e6).median for library, taken in times.items()}
    ratios = {library: ratio(times, "ours", library).median for library in others}
    missed = [f"{found:.2f} of {library}" for library, found in ratios.items() if found > SLOWER]
    for (operation, library), factor in FASTER.items():
        if operation == name and size >= 224 and ratios.get(library, 0) > 1 / factor:
            missed.append(f"{1 / ratios[library]:.2f} times {library}'s speed, not {factor:g}")
    return {"name": name, "size": size, "us": micros, "ratios": ratios, "missed": missed}


def installed(size: int) -> dict[str, rivals.Peer]:
    """Return the libraries that are here; of the others it says so."""
    found = {}
    for name, make in rivals.LIBRARIES.items():
        try:
            found[name] = make(size)
        except (ImportError, RuntimeError) as error:  # torch raises RuntimeError where its parts do not fit
            print(f"skipped: {name} ({error})", file=sys.stderr)
    return found


def versions() -> dict[str, str]:
    """Return the versions of what is raced."""
    found = {"augplug": augplug.__version__, "opencv": cv2.__version__}
    for name in ("albumentations", "torch", "torchvision", "pillow", "numpy"):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not here"
    return found


def main() -> None:
    """Race, and print the figures."""
    parser = argparse.ArgumentParser(description="Race every operation against other libraries, in CPU time.")
    parser.add_argument("--sizes", default="32,224,512", help="of 32, 224 and 512 (default: all)")
    parser.add_argument("--only", default="", help="contests whose names start with one of these")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", action="store_true", help="print JSON, for comparison")
    given = parser.parse_args()
    cv2.setNumThreads(1)
    results = []
    for size in map(int, given.sizes.split(",")):
        peers = installed(size)
        wanted = [name for name in NAMES if name.startswith(tuple(given.only.split(",")))]
        results += [figures(name, size, contest(name, size, peers, given.rounds)) for name in wanted]
    if given.json:
        print(json.dumps({"versions": versions(), "rounds": given.rounds, "results": results}, indent=1))
        return
    rows = [_row(found) for found in results]
    print(table(("", "size", "ours us", *(f"{name} us" for name in rivals.LIBRARIES), "ours/best", "missed"), rows))
    print(f"\nmicroseconds of CPU a call, medians of {given.rounds} rounds; {versions()}")


def _row(found: dict[str, Any]) -> list[object]:
    micros = [f"{found['us'][name]:.1f}" if name in found["us"] else "-" for name in ("ours", *rivals.LIBRARIES)]
    best = f"{max(found['ratios'].values()):.2f}" if found["ratios"] else "-"
    return [found["name"], found["size"], *micros, best, "; ".join(found["missed"])]


if __name__ == "__main__":
    main()
