"""Two ranks of torch.distributed share the pairs of each epoch, and see the pictures that one process sees."""

import json
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

SCRIPT = """
import hashlib, json, sys, warnings
warnings.simplefilter("ignore")
import numpy as np, torch, torch.distributed as ranks
from torch.utils.data import DataLoader
import augplug_torch

if __name__ == "__main__":
    rank, replicas, workers, folder = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    torch.set_num_threads(1)
    if replicas > 1:
        ranks.init_process_group("gloo", init_method=f"file://{folder}/store", rank=rank, world_size=replicas)
    images = np.random.default_rng(0).integers(0, 256, (25, 8, 8, 3), np.uint8)
    data = augplug_torch.dataset(images, "autoaugment-cifar10", seed=3, keyed=True)
    loader = DataLoader(data, 4, sampler=augplug_torch.sampler(25, seed=3), num_workers=workers)
    found = []
    for _ in range(3):
        for pictures, pairs in loader:
            for picture, epoch, index in zip(pictures, *pairs, strict=True):
                found.append([int(epoch), int(index), hashlib.sha256(picture.numpy().tobytes()).hexdigest()])
    print(json.dumps(found))
"""


def seen(folder: Path, replicas: int, workers: int) -> list[list[list[object]]]:
    """What each rank saw in three epochs: (epoch, index, digest of the picture)."""
    folder.mkdir()
    script = folder / "rank.py"
    script.write_text(SCRIPT)
    command = [sys.executable, "-P", str(script)]
    with ExitStack() as open_ones:
        started = [
            open_ones.enter_context(
                subprocess.Popen([*command, *map(str, (rank, replicas, workers, folder))], stdout=subprocess.PIPE)
            )
            for rank in range(replicas)
        ]
        return [json.loads(one.communicate(timeout=120)[0]) for one in started]


@pytest.mark.parametrize("workers", [0, pytest.param(2, marks=pytest.mark.heavy)])
def test_two_ranks_see_what_one_sees(tmp_path: Path, workers: int) -> None:
    (alone,) = seen(tmp_path / "one", 1, 0)
    two = seen(tmp_path / "two", 2, workers)

    assert len(alone) == 75
    assert [len(rank) for rank in two] == [39, 39]  # 13 pairs an epoch each: one of 25 comes twice
    together = {tuple(one) for rank in two for one in rank}
    assert together == {tuple(one) for one in alone}
