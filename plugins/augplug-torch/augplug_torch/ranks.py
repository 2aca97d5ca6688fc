"""A trial trained by several processes, which torchrun starts and watches.

The process that asks writes the trial into a folder, and each rank reads it from there. Rank 0 prints how it goes and
leaves the margins in the folder. A rank that fails says why in a file; one that was killed says nothing, and then the
attempt is over and the trial begins anew, or from its checkpoint.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import augplug
from augplug_torch.arrays import read_arrays, write_arrays
from augplug_torch.recipes import Recipe

ATTEMPTS = 3
"""The third attempt in which a rank is killed is the last, as augplug gives up a job at its worker's third death."""
PATIENCE = 20.0
"""Seconds that torchrun has to end its ranks."""
SAID = "augplug-torch progress "
_TRIAL, _MARGINS = "trial.arrays", "margins.arrays"
# augplug loads the plugin in each rank, as it does in every process: through the gate.
_CODE = "import sys, augplug; augplug.evaluators()[sys.argv[1]].run_rank(sys.argv[2])"
_LOG = logging.getLogger(__name__)
Margins = npt.NDArray[np.float64]


class RankLostError(RuntimeError):
    """A rank was killed."""


def margins_by_ranks(
    name: str,
    recipe: Recipe,
    parts: tuple[augplug.Labelled, augplug.Labelled],
    policy: augplug.Policy,
    seed: int,
    *,
    processes: int,
    device: str,
    checkpoint: Path | None,
    progress: Callable[[float], None] | None,
) -> Margins:
    """Return the margins of a trial trained by `processes` ranks. Raises RunError if one fails, or too often dies."""
    with tempfile.TemporaryDirectory(prefix="augplug-torch-") as place:
        folder = Path(place)
        arrays = {
            f"{part}/{kind}": array
            for part, data in zip(("train", "valid"), parts, strict=True)
            for kind, array in (("x", data.x), ("y", data.y))
        }
        facts = {
            "recipe": asdict(recipe),
            "policy": policy.to_json(),
            "seed": seed,
            "device": device,
            "classes": parts[0].classes,
            "checkpoint": None if checkpoint is None else str(checkpoint),
            "parent": os.getpid(),
        }
        write_arrays(folder / _TRIAL, arrays, **facts)
        for attempt in range(ATTEMPTS):
            try:
                _attempt(name, folder, processes, progress)
                return read_arrays(folder / _MARGINS)[0]["margins"]
            except RankLostError as lost:
                _LOG.warning("a rank of a trial was killed, attempt %d: %s", attempt + 1, lost)
        raise augplug.RunError(
            f"{name}: a rank was killed in each of {ATTEMPTS} attempts; often memory ran out: give fewer processes"
        )


def _attempt(name: str, folder: Path, processes: int, progress: Callable[[float], None] | None) -> None:
    """Run a trial once. Raises RankLostError, or RunError for a rank that says why it failed."""
    with (folder / "log").open("w+", encoding="utf-8") as log, _launched(name, folder, processes, log) as started:
        for line in started.stdout or ():
            if line.startswith(SAID) and progress is not None:
                progress(float(line.removeprefix(SAID)))
        status = started.wait()
        log.seek(0)
        tail = "\n".join(log.read().splitlines()[-5:])
    if status != 0:
        for said in sorted(folder.glob("error-*")):
            raise augplug.RunError(f"{name}: a rank failed: {said.read_text('utf-8')}")
        raise RankLostError(tail)


@contextmanager
def _launched(name: str, folder: Path, processes: int, log: Any) -> Iterator[subprocess.Popen[str]]:
    """Start torchrun; whatever happens, its ranks end with it."""
    command = [
        *(sys.executable, "-P", "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)),
        *("--no-python", sys.executable, "-P", "-c", _CODE, name, str(folder)),
    ]
    # Ranks look each other up by the name of this machine, which may lead to no address at all.
    environment = {"OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo", **os.environ}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=log, text=True, encoding="utf-8", env=environment
    ) as started:
        try:
            yield started
        finally:
            if started.poll() is None:
                started.terminate()
                try:
                    started.wait(PATIENCE)
                except subprocess.TimeoutExpired:
                    started.kill()


def run_rank(place: str) -> None:
    """Train as one of several ranks: what each process that torchrun started does."""
    import torch.distributed as ranks

    from augplug_torch.training import Trial, device_of

    folder, rank = Path(place), int(os.environ["RANK"])
    arrays, facts = read_arrays(folder / _TRIAL)
    classes = tuple(facts["classes"])
    train, valid = (augplug.Labelled(arrays[f"{part}/x"], arrays[f"{part}/y"], classes) for part in ("train", "valid"))
    try:
        device = device_of(facts["device"], rank)
        ranks.init_process_group("nccl" if device.type == "cuda" else "gloo")
        trial = Trial(
            Recipe(**facts["recipe"]),
            train,
            valid,
            augplug.load_policy(facts["policy"]),
            facts["seed"],
            device=facts["device"],
            rank=rank,
            replicas=ranks.get_world_size(),
        )
        checkpoint = None if facts["checkpoint"] is None else Path(facts["checkpoint"])
        made = trial.run(_say if rank == 0 else None, checkpoint, _orphaned(os.getppid()))
        _check_equal(trial.model, device)
        if rank == 0:
            write_arrays(folder / _MARGINS, {"margins": made})
        ranks.destroy_process_group()
    except Exception as error:
        if not _is_loss(error):
            (folder / f"error-{rank}").write_text(f"{type(error).__name__}: {error}", "utf-8")
        raise


def _check_equal(model: Any, device: Any) -> None:
    """Raise RuntimeError if the parameters of the ranks are not equal to the bit."""
    import torch
    import torch.distributed as ranks

    own = torch.cat([value.detach().reshape(-1) for value in model.parameters()])
    first = own.clone()
    ranks.broadcast(first, src=0)
    same = torch.tensor([int(torch.equal(own, first))], device=device)
    ranks.all_reduce(same, op=ranks.ReduceOp.MIN)
    if not same.item():
        raise RuntimeError("the ranks ended with other parameters; this is a mistake in augplug-torch: report it")


def _say(reward: float) -> None:
    os.write(1, f"{SAID}{reward!r}\n".encode())  # torchrun hands it on to the process that asked


def _orphaned(parent: int) -> Callable[[], None]:
    """Return a function that raises once torchrun is gone: it cannot end its ranks when it is killed itself."""

    def check() -> None:
        if os.getppid() != parent:
            raise RankLostError("torchrun was killed")

    return check


def _is_loss(error: Exception) -> bool:
    """Return True if an error says that another rank is gone. gloo has no type of its own for that."""
    import torch.distributed as ranks

    text = str(error).lower()
    return isinstance(error, RankLostError | ranks.DistError) or "gloo" in text or "connection" in text
