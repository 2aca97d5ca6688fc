"""Data sets of benchmarks/worth.py. One that is not on this machine is None; how to get it is in the README."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np

from augplug.data.digits import load_digits
from augplug.data.sets import Labelled

FASHION = Path("/usr/share/datasets/fashion-mnist")
"""Debian's package dataset-fashion-mnist."""
CIFAR = Path(os.environ.get("AUGPLUG_SHARED", Path(__file__).parents[3] / "shared")) / "data" / "cifar10-reduced.npz"
"""The data beside the project's root; the variable names another place."""
PHOTOGRAPHS = (500, 350, 250, 180, 120)
"""Images of the first classes of CIFAR-10 in the set `photographs`."""
SIDE = 32
"""Pixels of a side of the patches of textures, and of the solar cells."""


@cache
def fashion() -> Labelled | None:
    """The first 20,000 of Fashion-MNIST's training images."""
    files = [FASHION / f"train-{what}.gz" for what in ("images-idx3-ubyte", "labels-idx1-ubyte")]
    if not all(file.exists() for file in files):
        return None
    x, y = (np.frombuffer(gzip.decompress(file.read_bytes()), dtype=np.uint8) for file in files)
    images, labels = x[16:].reshape(-1, 28, 28)[:20_000], y[8:][:20_000].astype(np.int64)
    return Labelled(images.copy(), labels, tuple(f"{number}" for number in range(10)))


@cache
def cifar() -> Labelled | None:
    """The 7,000 images of reduced CIFAR-10, as one set."""
    if not CIFAR.exists():
        return None
    with np.load(CIFAR, allow_pickle=False) as stored:
        x = np.concatenate([stored[f"x_{part}"] for part in ("train", "valid", "test")])
        y = np.concatenate([stored[f"y_{part}"] for part in ("train", "valid", "test")]).astype(np.int64)
        return Labelled(x, y, tuple(str(name) for name in stored["classes"].tolist()))


@cache
def photographs() -> Labelled | None:
    """1,400 images of 5 unequal classes: what people have who took the photographs themselves."""
    whole = cifar()
    if whole is None:
        return None
    rows = np.concatenate([np.flatnonzero(whole.y == label)[:count] for label, count in enumerate(PHOTOGRAPHS)])
    return Labelled(whole.x[rows], whole.y[rows], whole.classes[: len(PHOTOGRAPHS)])


@cache
def textures() -> Labelled | None:
    """Patches of scikit-image's photographs of brick, grass and gravel: 256 each, beside one another."""
    try:
        from skimage import data  # only this set needs it
    except ImportError:
        return None
    names = ("brick", "grass", "gravel")
    patches = [
        np.ascontiguousarray(getattr(data, name)())
        .reshape(512 // SIDE, SIDE, 512 // SIDE, SIDE)
        .swapaxes(1, 2)
        .reshape(-1, SIDE, SIDE)
        for name in names
    ]
    y = np.repeat(np.arange(len(names)), len(patches[0])).astype(np.int64)
    return Labelled(np.concatenate(patches), y, names)


@cache
def solar_cells() -> Labelled | None:
    """The 2,624 solar cells of elpv at 32 pixels: sound, or possibly defective."""
    try:
        from elpv_dataset.utils import load_dataset  # type: ignore[import-untyped, import-not-found, unused-ignore]  # no types, or not installed
        from PIL import Image
    except ImportError:
        return None
    images, chances, _kinds = load_dataset()
    small = [np.asarray(Image.fromarray(image).resize((SIDE, SIDE), Image.Resampling.BOX)) for image in images]
    return Labelled(np.stack(small), (chances > 0).astype(np.int64), ("sound", "defective"))


SETS: dict[str, tuple[Callable[[], Labelled | None], int]] = {
    "digits": (load_digits, 100),
    "fashion": (fashion, 100),
    "cifar": (cifar, 150),
    "photographs": (photographs, 150),
    "textures": (textures, 100),
    "solar-cells": (solar_cells, 100),
}
"""How to load each set, and how many images its children are trained on, as in the measurements that set the bars."""
