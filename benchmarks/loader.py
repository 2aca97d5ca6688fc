"""The way to a ready batch: flip, AutoAugment's ImageNet policy, normalise, CHW float32, stack; JPEG decoded before it.

    python benchmarks/loader.py [--count 256] [--size 224] [--rounds 9] [--json]

Everybody gets the same photographs in the form that it likes best: arrays, Pillow's images, tensors. From memory one
thread is timed by its CPU time; two threads, and torch's DataLoader with its worker processes, by the wall. Nearest
neighbour everywhere, as the policies were published.
"""

from __future__ import annotations

import argparse
import io
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from PIL import Image as Pillow

import augplug

sys.path.append(str(Path(__file__).parents[1]))  # last, so that augplug is the installed one

# pylint: disable=wrong-import-position  # as said
from benchmarks.libraries import torchvision
from benchmarks.peers.albumentations import one_of
from benchmarks.photographs import photographs
from benchmarks.reporting import Bar, Report, Table, publish
from benchmarks.timing import ROUNDS, Times, race, ratio, spread

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
POLICY = "autoaugment-imagenet"
ABOUT = (
    "A batch made ready to train on: flip with probability 0.5, AutoAugment's ImageNet policy, normalise, CHW float32, "
    "stacked."
)
BATCH = 64
FASTER, SCALES = 2.5, 1.7
"""The bars: times as fast as each peer, and what two threads must give."""


class Way(NamedTuple):
    """A library's way: from an array to what it likes best, from JPEG bytes to that, and from that to a ready image."""

    take: Callable[[Any], Any]
    decode: Callable[[bytes], Any]
    ready: Callable[[Any], Any]


def augmenter() -> augplug.Augmenter:
    """Return ours: flip, policy, and the normalisation in its last pass."""
    flip = augplug.step("HorizontalFlip", p=0.5)
    policy = augplug.Policy(augplug.sequence(flip, augplug.policy(POLICY)))
    return augplug.Augmenter(policy, seed=1, output=augplug.Output(mean=MEAN, std=STD, layout="CHW"))


def decoded(jpeg: bytes) -> Any:
    """Return the RGB array of JPEG bytes."""
    return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR_RGB)


def ours() -> Way:
    """Return ours, an image at a time."""
    return Way(np.copy, decoded, augmenter())


def torchvision_pillow() -> Way:
    """Return torchvision's on Pillow's images."""
    import torch

    v2 = torchvision()
    torch.set_num_threads(1)
    normal = [v2.PILToTensor(), v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, STD)]
    transform = v2.Compose([v2.RandomHorizontalFlip(), v2.AutoAugment(v2.AutoAugmentPolicy.IMAGENET), *normal])
    return Way(Pillow.fromarray, lambda jpeg: Pillow.open(io.BytesIO(jpeg)).convert("RGB"), transform)


def torchvision_tensor() -> Way:
    """Return torchvision's on uint8 tensors `(C, H, W)`."""
    import torch

    v2 = torchvision()
    torch.set_num_threads(1)
    normal = [v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, STD)]
    transform = v2.Compose([v2.RandomHorizontalFlip(), v2.AutoAugment(v2.AutoAugmentPolicy.IMAGENET), *normal])

    def take(image: Any) -> Any:
        return torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))

    return Way(take, lambda jpeg: take(decoded(jpeg)), transform)


def albumentations() -> Way:
    """Return the same table of Albumentations' transforms."""
    import albumentations as alb
    from albumentations.pytorch import ToTensorV2

    chain = [alb.HorizontalFlip(p=0.5), one_of(POLICY, "nearest"), alb.Normalize(MEAN, STD), ToTensorV2()]
    transform = alb.Compose(chain)
    return Way(np.copy, decoded, lambda image: transform(image=image)["image"])


PEERS: dict[str, Callable[[], Way]] = {
    "torchvision, Pillow": torchvision_pillow,
    "torchvision, tensor": torchvision_tensor,
    "Albumentations": albumentations,
}


def ways() -> tuple[dict[str, Way], list[str]]:
    """Return every way that can be gone here, ours first, and a note on every other."""
    found, skipped = {"ours": ours()}, []
    for name, make in PEERS.items():
        try:
            found[name] = make()
        except ImportError as error:
            skipped.append(f"{name}: {error}")
    return found, skipped


def stacked(way: Way, images: Sequence[Any], _number: int) -> object:
    """Make a batch from memory, image by image."""
    made = [way.ready(image) for image in images]
    if isinstance(made[0], np.ndarray):
        return np.stack(made)
    import torch

    return torch.stack(made)


def batched(augment: augplug.Augmenter, images: Any, number: int, threads: int = 1) -> object:
    """Make a batch from memory by one call, under other numbers in every pass."""
    start = number * len(images)
    return augment.batch(images, indices=range(start, start + len(images)), threads=threads)


def looked_up(images: Any, into: Any, _number: int, threads: int) -> None:
    """Let OpenCV alone look every image up four times: what threads gain where Python is not a hindrance."""
    table = np.arange(256, dtype=np.float32)

    def part(start: int) -> None:
        for _ in range(4):
            for place in range(start, len(images), threads):
                cv2.LUT(images[place], table, into[place])

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(part, range(threads)))


class Photographs:
    """What torch's DataLoader asks: JPEG bytes decoded and made ready."""

    def __init__(self, way: Way, jpegs: Sequence[bytes]) -> None:
        """Take a library's way and the files' bytes."""
        self.way = way
        self.jpegs = jpegs

    def __len__(self) -> int:
        """How many there are."""
        return len(self.jpegs)

    def __getitem__(self, place: int) -> Any:
        """Return one, ready, as a tensor."""
        import torch

        made = self.way.ready(self.way.decode(self.jpegs[place]))
        return torch.from_numpy(made) if isinstance(made, np.ndarray) else made


def loading(way: Way, jpegs: Sequence[bytes], workers: int) -> Callable[[int], object]:
    """Return one pass of a DataLoader over the files; its workers stay from pass to pass."""
    from torch.utils import data

    loader = data.DataLoader(
        Photographs(way, jpegs), BATCH, num_workers=workers, persistent_workers=workers > 0, worker_init_fn=_one_thread
    )
    return lambda _number: sum(len(batch) for batch in loader)


def _one_thread(_worker: int) -> None:
    cv2.setNumThreads(1)


def compared(title: str, times: Times, count: int, what: str) -> Table:
    """Return a contest's table: ours first, and how many times as long the others take."""
    first = next(iter(times))
    rows = [
        (name, str(spread(times[name]).scaled(1e3)), f"{count / spread(times[name]).median:,.0f}", str(against))
        for name in times
        for against in [ratio(times, name, first)]
    ]
    note = f"milliseconds of {what} for {count} images: median (quartiles); times are ratios within a round"
    return Table(title, ("", "ms", "images a second", f"times {first}"), rows, note)


def run(count: int, size: int, rounds: int, *, jpeg: bool) -> Report:
    """Race them all."""
    found, skipped = ways()
    images = photographs(size, count)
    own, whole = augmenter(), np.stack(images)
    memory = race(
        {
            "ours": partial(batched, own, whole),
            **{
                name: partial(stacked, way, [way.take(image) for image in images])
                for name, way in found.items()
                if name != "ours"
            },
        },
        rounds=rounds,
    )
    into = np.zeros(whole.shape, np.float32)
    threads = race(
        {
            **{f"ours, threads={many}": partial(batched, own, whole, threads=many) for many in (2, 1)},
            **{f"cv2.LUT, threads={many}": partial(looked_up, whole, into, threads=many) for many in (2, 1)},
        },
        rounds=rounds,
        clock=time.perf_counter,
    )
    tables = [
        compared("From memory, one thread", memory, count, "CPU"),
        compared("From memory, threads", threads, count, "wall time"),
    ]
    if jpeg:
        tables += decoding(found, [cv2.imencode(".jpg", image[..., ::-1])[1].tobytes() for image in images], rounds)
    bars = [
        at_least(f"{name} / ours, from memory", ratio(memory, name, "ours").median, FASTER) for name in [*memory][1:]
    ]
    scales, limit = (ratio(threads, f"{who}, threads=1", f"{who}, threads=2").median for who in ("ours", "cv2.LUT"))
    what = f"one thread / two threads, by the wall; cv2.LUT alone, what two cores gave just then: {limit:.2f}"
    bars.append(at_least(what, scales, SCALES))
    return Report("loader", ABOUT, tables, bars, skipped, PACKAGES)


def decoding(found: Mapping[str, Way], jpegs: Sequence[bytes], rounds: int) -> list[Table]:
    """Return the contests that begin with JPEG bytes: bare loops, then a DataLoader with 0 and 2 workers."""
    contenders: dict[str, Callable[[int], object]] = {
        name: partial(_decode_and_stack, way, jpegs) for name, way in found.items()
    }
    made = [compared("From JPEG, no loader", race(contenders, rounds=rounds), len(jpegs), "CPU")]
    if len(found) == 1:  # no torch here
        return made
    for workers in (0, 2):
        loaders = {name: loading(way, jpegs, workers) for name, way in found.items()}
        times = race(loaders, rounds=rounds, clock=time.perf_counter)
        made.append(compared(f"From JPEG, DataLoader, {workers} workers", times, len(jpegs), "wall time"))
    return made


def _decode_and_stack(way: Way, jpegs: Sequence[bytes], number: int) -> object:
    return stacked(way, [way.decode(jpeg) for jpeg in jpegs], number)


def at_least(what: str, found: float, least: float) -> Bar:
    """Return a bar: `found` is at least `least`."""
    return Bar(what, f">= {least}", f"{found:.2f}", found >= least)


PACKAGES = ("numpy", "opencv-python-headless", "stringzilla", "pillow", "torch", "torchvision", "albumentations")


def main() -> None:
    """Race, and print."""
    parser = argparse.ArgumentParser(description="Race the way to a ready batch.")
    parser.add_argument("--count", type=int, default=256, help="images of a batch")
    parser.add_argument("--size", type=int, default=224, help="side of the images, in pixels")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--no-jpeg", action="store_true", help="from memory alone")
    parser.add_argument("--json", action="store_true", help="print JSON, for comparison")
    given = parser.parse_args()
    cv2.setNumThreads(1)
    publish(run(given.count, given.size, given.rounds, jpeg=not given.no_jpeg), as_json=given.json)


if __name__ == "__main__":
    main()
