"""AutoAugment and RandAugment on whole batches: augplug on tensors beside Kornia and torchvision's v2.

    python plugins/augplug-torch/benchmark_tensors.py [--sizes 32,224] [--batch 256] [--rounds 5] [--device auto]

On a CPU: CPU time of one thread. On a GPU: time on the clock with the device synchronised, uint8 in, half precision
normalised out, eager and, where a library can be, compiled. Contenders are interleaved; medians with quartiles. Kornia
draws a sub-policy for the batch, and its numbers for each image; torchvision draws once a batch, so it stands there
twice: for a batch, and image by image.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import augplug_torch
import cv2
import numpy as np
import torch

import augplug

sys.path.append(str(Path(__file__).parents[2]))  # last, so that augplug is the installed one

from benchmarks.libraries import torchvision  # pylint: disable=wrong-import-position  # as said
from benchmarks.photographs import photographs  # pylint: disable=wrong-import-position  # as said
from benchmarks.timing import race, spread, table  # pylint: disable=wrong-import-position  # as said

MEAN, STD = (0.491, 0.482, 0.447), (0.247, 0.243, 0.262)
POLICIES = ("autoaugment-cifar10", "randaugment")
Contender = Callable[[int], object]


def augplug_ways(policy: str, arrays: Any, batch: Any, device: str) -> dict[str, Contender]:
    """Return augplug on tensors, on the device, and on arrays by OpenCV."""
    output = augplug.Output(mean=MEAN, std=STD, layout="CHW")
    on_device = augplug_torch.BatchAugmenter(policy, output=output, device=device)
    on_arrays = augplug.Augmenter(policy, output=output)
    indices = range(len(arrays))
    return {
        f"augplug tensors, {device}": lambda epoch: on_device(batch, indices=indices, epoch=epoch),
        "augplug arrays, OpenCV": lambda epoch: on_arrays.batch(arrays, indices=indices, epoch=epoch),
    }


def torchvision_ways(policy: str, batch: Any, *, compiled: bool) -> dict[str, Contender]:
    """Return torchvision's v2, with one draw for the batch, and image by image."""
    v2 = torchvision()
    kinds = {
        "autoaugment-cifar10": lambda: v2.AutoAugment(v2.AutoAugmentPolicy.CIFAR10),
        "randaugment": lambda: v2.RandAugment(num_ops=2, magnitude=9),
    }
    transform = kinds[policy]()
    normal = v2.Compose(
        [v2.ToDtype(torch.float16 if batch.is_cuda else torch.float32, scale=True), v2.Normalize(MEAN, STD)]
    )
    ways: dict[str, Contender] = {
        "torchvision, a draw a batch": lambda _: normal(transform(batch)),
        "torchvision, image by image": lambda _: normal(torch.stack([transform(image) for image in batch])),
    }
    if compiled:
        made = torch.compile(lambda images: normal(transform(images)))
        ways["torchvision, a draw a batch, compiled"] = lambda _: made(batch)
    return ways


def kornia_ways(policy: str, batch: Any, *, compiled: bool) -> dict[str, Contender]:
    """Return Kornia's, which takes floats in 0..1; none if it is not installed."""
    try:
        from kornia.augmentation import auto
    except ImportError:
        return {}
    kinds = {
        "autoaugment-cifar10": lambda: auto.AutoAugment("cifar10"),
        "randaugment": lambda: auto.RandAugment(n=2, m=9),
    }
    transform = kinds[policy]()
    mean, std = (torch.tensor(numbers, device=batch.device)[:, None, None] for numbers in (MEAN, STD))

    def run(images: Any) -> Any:
        made = (transform(images.float() / 255) - mean) / std
        return made.half() if images.is_cuda else made

    ways: dict[str, Contender] = {"Kornia, a sub-policy a batch": lambda _: run(batch)}
    if compiled:
        made = torch.compile(run)
        ways["Kornia, a sub-policy a batch, compiled"] = lambda _: made(batch)
    return ways


def rows_of(policy: str, size: int, count: int, rounds: int, device: str) -> list[tuple[object, ...]]:
    """Return a row a contender: milliseconds a batch."""
    arrays = np.stack([photographs(size, count)[place] for place in range(count)])
    batch = torch.from_numpy(np.ascontiguousarray(np.moveaxis(arrays, -1, 1))).to(device)
    ways = {
        **augplug_ways(policy, arrays, batch, device),
        **torchvision_ways(policy, batch, compiled=batch.is_cuda),
        **kornia_ways(policy, batch, compiled=batch.is_cuda),
    }
    if batch.is_cuda:
        ways = {name: _synchronised(way) for name, way in ways.items()}
    times = race(ways, passes=1, rounds=rounds, clock=time.perf_counter if batch.is_cuda else time.process_time)
    return [(policy, size, name, spread(times[name]).scaled(1e3)) for name in ways]


def _synchronised(way: Contender) -> Contender:
    def run(number: int) -> object:
        made = way(number)
        torch.cuda.synchronize()
        return made

    return run


def main() -> None:
    """Race, and print the figures."""
    parser = argparse.ArgumentParser(description="Race augplug on tensors against Kornia and torchvision's v2.")
    parser.add_argument("--sizes", default="32,224", help="sides of the images, in pixels (default: %(default)s)")
    parser.add_argument("--batch", type=int, default=256, help="images in a batch (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each contender (default: %(default)s)")
    parser.add_argument("--device", default="auto", help="cpu, cuda or auto (default: %(default)s)")
    given = parser.parse_args()
    device = given.device if given.device != "auto" else "cuda" if torch.cuda.is_available() else "cpu"
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    rows = [
        row
        for size in map(int, given.sizes.split(","))
        for policy in POLICIES
        for row in rows_of(policy, size, given.batch, given.rounds, device)
    ]
    name = torch.cuda.get_device_name() if device == "cuda" else "one thread of a CPU; no GPU was measured"
    sys.stdout.write(f"a batch of {given.batch} on {name}\n\n")
    sys.stdout.write(table(("policy", "size", "", "ms a batch"), rows) + "\n")


if __name__ == "__main__":
    main()
