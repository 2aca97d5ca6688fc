"""A search whose child is a network: `strengths` with `torch-cnn`, run undisturbed, then killed and resumed.

    python benchmarks/network_search.py [--trials 60] [--steps 160] [--train 300] [--images 2000] [--kills 2]
                                        [--out network-search]

On reduced CIFAR-10 (../shared/data; without it there is nothing to do), with two workers. The second run is ended by
SIGKILL as often as is said, each time after another part of the evaluations, and resumed; then the bytes of both
results are compared. It needs augplug-torch and torch.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.worths.sets import cifar

RUN = [sys.executable, "-c", "import sys; from augplug.cli import main; sys.exit(main())", "search"]
RESULTS = ("policy.json", "result.json")


def main() -> int:
    """Search twice, print what was found, and return 0 if both runs end in the same bytes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=60)
    parser.add_argument("--steps", type=int, default=160, help="steps of a training (default: %(default)s)")
    parser.add_argument("--train", type=int, default=300, help="images that a network trains on (default: %(default)s)")
    parser.add_argument("--images", type=int, default=2000, help="images of the data set (default: %(default)s)")
    parser.add_argument("--kills", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("network-search"))
    given = parser.parse_args()
    images = cifar()
    if images is None:
        sys.exit("reduced CIFAR-10 is not on this machine: see AUGPLUG_SHARED in benchmarks/worths/sets.py")
    given.out.mkdir(parents=True)
    some = images.take(np.random.default_rng(0).permutation(len(images))[: given.images])
    np.savez(given.out / "data.npz", x=some.x, y=some.y)
    command = [*RUN, "strengths", str(given.out / "data.npz"), "--evaluator", "torch-cnn", "--workers", "2"]
    command += ["--trials", str(given.trials), "--set", f"steps={given.steps}", "--set", f"train={given.train}"]
    start = time.perf_counter()
    subprocess.run([*command, "--out", str(given.out / "whole")], check=True)
    print(f"undisturbed: {time.perf_counter() - start:.0f} s")
    _show(given.out / "whole")
    _killed(command, given.out, given.kills)
    same = all((given.out / "cut" / name).read_bytes() == (given.out / "whole" / name).read_bytes() for name in RESULTS)
    print(f"killed {given.kills} times and resumed: {'the same bytes' if same else 'NOT the same bytes'}")
    return 0 if same else 1


def _killed(command: Sequence[str], out: Path, kills: int) -> None:
    """Run the search again, killed at equal parts of the lines of the first one's journal, and to its end."""
    journal = out / "cut" / "journal.jsonl"
    lines = (out / "whole" / "journal.jsonl").read_bytes().count(b"\n")
    for kill in range(1, kills + 1):
        with subprocess.Popen([*command, "--out", str(out / "cut"), *(["--resume"] if kill > 1 else [])]) as search:
            while search.poll() is None and _lines(journal) < lines * kill / (kills + 1):
                time.sleep(0.2)
            search.kill()
        print(f"killed at {_lines(journal)} of {lines} lines of the journal")
    subprocess.run([*command, "--out", str(out / "cut"), "--resume"], check=True)


def _lines(journal: Path) -> int:
    return journal.read_bytes().count(b"\n") if journal.exists() else 0


def _show(run: Path) -> None:
    result = json.loads((run / "result.json").read_text("utf-8"))
    print(f"found: test score {result['test_score']:.4f}, kept: {result['kept_baseline']}")
    for name, entry in sorted(result["comparisons"].items(), key=lambda item: -item[1]["test_score"]):
        print(f"  {name}: {entry['test_score']:.4f}")


if __name__ == "__main__":
    sys.exit(main())
