"""Peak memory and time of what a search does before it begins: reading a folder of photographs.

python benchmarks/folders.py [--count 1400] [--width 4000] [--height 3000] [--keep DIR] [--code DIR] [--options JSON]

The photographs are made here: JPEG files of two classes, every fifth of them upright, enlarged from real ones.
`--code` is the folder of another version of augplug, to compare with; `--options` are what its `load` is given.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.append(str(Path(__file__).parents[1]))  # last, so that augplug is the installed one

# pylint: disable=wrong-import-position  # as said
from benchmarks.photographs import photographs

CODE = """
import json, re, sys, time
from augplug.data.loading import load
def peak():  # not ru_maxrss, which begins with what the starting process held
    return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) // 1024
before = peak()
wall, cpu = time.perf_counter(), time.process_time()
data = load(sys.argv[1], **json.loads(sys.argv[2]))
print(json.dumps({
    "shape": data.x.shape,
    "wall seconds": round(time.perf_counter() - wall, 1),
    "CPU seconds": round(time.process_time() - cpu, 1),
    "peak MB": peak(),
    "MB before": before,
}))
"""


def make(folder: Path, count: int, width: int, height: int) -> None:
    """Write the photographs, unless they are there."""
    sources = [Image.fromarray(image).resize((width, height)) for image in photographs(480, 8)]
    noise = np.random.default_rng(0)
    for number in range(count):
        path = folder / ("cat", "dog")[number % 2] / f"{number:05}.jpg"
        if path.exists():
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        picture = sources[number % len(sources)]
        shift = Image.new("RGB", picture.size, tuple(noise.integers(0, 256, 3).tolist()))
        picture = Image.blend(picture, shift, float(noise.uniform(0, 0.3)))
        picture = picture.transpose(Image.Transpose.ROTATE_90) if number % 5 == 0 else picture
        picture.save(path, quality=90)


def measured(folder: Path, code: Path, options: str) -> dict[str, object]:
    """Return what a fresh process needs to read the folder."""
    line = [sys.executable, "-P", "-c", CODE, str(folder), options]
    done = subprocess.run(line, env={**os.environ, "PYTHONPATH": str(code)}, capture_output=True, text=True, check=True)
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Make the folder and print what reading it takes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1400)
    parser.add_argument("--width", type=int, default=4000)
    parser.add_argument("--height", type=int, default=3000)
    parser.add_argument("--keep", type=Path, help="a folder for the photographs, which stay there")
    parser.add_argument("--code", type=Path, default=Path(__file__).parents[1])
    parser.add_argument("--options", default="{}")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = given.keep or Path(made)
        make(folder, given.count, given.width, given.height)
        size = sum(path.stat().st_size for path in folder.rglob("*.jpg"))
        sys.stdout.write(f"{given.count} photographs of {given.width}x{given.height}, {size >> 20} MB\n")
        for name, value in measured(folder, given.code, given.options).items():
            sys.stdout.write(f"  {name}: {value}\n")


if __name__ == "__main__":
    main()
