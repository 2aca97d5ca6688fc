"""Compose plugins of forms of binding, forms of reaching and targets, judge them by the rules, and run what passes.

    python -m tests.gate.composing [--number 10000] [--seed 0] [--acting 200]

Each composed plugin reaches for something that no capability was declared for, or for something harmless. It prints how
many the rules refused, how many passed and acted (there must be none), and of the refused ones, run without a gate, how
many act.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from augplug.gate.findings import refused
from augplug.gate.rules import check
from tests.gate.building import artifact

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Target:
    """What is reached: the attribute `name` of `obj`; `use` takes it as `{x}` and acts on `path`, or returns True."""

    setup: str
    obj: str
    name: str
    use: str


ARRAY = "import numpy as np\nA = np.arange(3, dtype=np.uint8)\n"
CAUGHT = """import math
def caught():
    try:
        math.nothing
    except AttributeError as error:
        return error
"""
TARGETS = (
    Target(ARRAY, "A", "tofile", "{x}(path)"),
    Target(ARRAY, "A", "dump", "{x}(path)"),
    Target("import cv2\n", "cv2.createCLAHE()", "save", "{x}(path)"),
    Target("import logging\n", "logging.getLogger('a')", "manager", "return {x}.loggerDict is not None"),
    Target("import logging\n", "logging.getLogger()", "handlers", "return {x} is not None"),
    Target("def g():\n    yield 1\n", "g()", "gi_frame", "return {x}.f_globals is not None"),
    Target("def g():\n    yield 1\n", "g()", "gi_code", "return {x}.co_consts is not None"),
    Target(CAUGHT, "caught()", "obj", "return {x} is math"),
    Target("import numpy as np\n", "np.random.PCG64(1)", "capsule", "return {x} is not None"),
    Target("import numpy as np\n", "np.dtype([('a', 'i8')])", "fields", "return {x} is not None"),
    Target("import numpy as np\n", "np.array([None], object).data", "cast", "return {x}('B') is not None"),
    Target("import warnings\n", "warnings.catch_warnings()", "_module", "return {x} is warnings"),
    Target(ARRAY, "A", "ctypes", "return {x}.data is not None"),
    Target(ARRAY, "A", "sum", "{x}()"),
    Target("import logging\n", "logging.getLogger('a')", "name", "return {x} == 'b'"),
)
REACHING = (
    "{x} = {obj}.{name}\n",
    "{x} = ({obj}).{name}\n",
    "({x} := {obj}.{name})\n",
    "f'{({x} := {obj}.{name})}'\n",
    "{x} = [o.{name} for o in [{obj}]][0]\n",
    "{x} = (lambda o: o.{name})({obj})\n",
    "{x} = next(o.{name} for o in ({obj},))\n",
    "for o in [{obj}]:\n    {x} = o.{name}\n",
    "match {obj}:\n    case object({name}={x}):\n        pass\n",
    "match [{obj}]:\n    case [object({name}={x})]:\n        pass\n",
    "match {'k': {obj}}:\n    case {'k': object({name}={x})}:\n        pass\n",
    (
        "from abc import ABC\nfrom dataclasses import dataclass\n@dataclass\nclass K(ABC):\n    {name}: object\n"
        "@K.register\nclass Z:\n    pass\nK.register(type({obj}))\nmatch {obj}:\n    case K({x}):\n        pass\n"
    ),
    "import operator\n{x} = operator.attrgetter('{name}')({obj})\n",
    "{x} = getattr({obj}, '{name}')\n",
    "o = {obj}\n{x} = type(o).{name}.__get__(o)\n",
    "o = {obj}\n{x} = o.__getattribute__('{name}')\n",
    "import functools\n{x} = functools.reduce(lambda o, n: o.{name}, [{obj}, 0])\n",
    "from contextlib import nullcontext\nwith nullcontext({obj}) as o:\n    {x} = o.{name}\n",
    "def take(o={obj}):\n    return o.{name}\n{x} = take()\n",
    (
        "class H:\n    def __init__(self, o):\n        self.o = o\n    def take(self):\n        return self.o.{name}\n"
        "{x} = H({obj}).take()\n"
    ),
    (
        "class H:\n    def __contains__(self, o):\n        self.got = o.{name}\n        return True\n"
        "h = H()\n{obj} in h\n{x} = h.got\n"
    ),
)
BINDING = (
    "{y} = {x}\n",
    "({y} := {x})\n",
    "{y}, = [{x}]\n",
    "*_, {y} = 1, {x}\n",
    "for {y} in [{x}]:\n    pass\n",
    "match {x}:\n    case {y}:\n        pass\n",
    "match [{x}]:\n    case [*{y}s]:\n        {y} = {y}s[0]\n",
    "match {'a': {x}}:\n    case {**{y}s}:\n        {y} = {y}s['a']\n",
    "from contextlib import nullcontext\nwith nullcontext({x}) as {y}:\n    pass\n",
    "{y} = (lambda v: v)({x})\n",
    "{y} = {'k': {x}}['k']\n",
    "{y} = [v for v in ({x},)][0]\n",
    "def give(*v, **w):\n    return v[0]\n{y} = give({x})\n",
    "class B:\n    v = {x}\n{y} = B().v if not callable({x}) else {x}\n",
    "import functools\n{y} = functools.partial(lambda v: v, {x})()\n",
    "import copy\n{y} = copy.copy([{x}])[0]\n",
    "try:\n    raise ValueError([{x}])\nexcept ValueError as error:\n    {y} = error.args[0][0]\n",
)


def indented(text: str, depth: int) -> str:
    return "".join(f"{' ' * depth}{line}\n" for line in text.splitlines())


def fill(text: str, **names: str) -> str:
    """Put names in their places; braces of Python's own stay."""
    for key, value in names.items():
        text = text.replace("{" + key + "}", value)
    return text


def compose(rng: random.Random) -> str:
    """One plugin whose `act(path)` reaches a target and passes it on a few times."""
    target = rng.choice(TARGETS)
    body = fill(rng.choice(REACHING), obj=target.obj, name=target.name, x="x0")
    steps = rng.randrange(3)
    for number in range(steps):
        body += fill(rng.choice(BINDING), x=f"x{number}", y=f"x{number + 1}")
    body += fill(target.use, x=f"x{steps}") + "\n"
    if rng.random() < 0.3:
        inner = indented(body, 8)
        outer = f"class Outer:\n    def run(self, path):\n{inner}"
        return f"{target.setup}{outer}def act(path):\n    return Outer().run(path)\n"
    return f"{target.setup}def act(path):\n{indented(body, 4)}"


ACTING = """
import json, sys, types
from pathlib import Path
acted = []
for number, source in enumerate(json.loads(Path(sys.argv[1], "sources").read_text())):
    path = Path(sys.argv[1], str(number))
    module = types.ModuleType(f"way{number}")
    sys.modules[module.__name__] = module
    try:
        exec(compile(source, module.__name__, "exec"), module.__dict__)
        held = module.act(str(path))
    except BaseException as error:
        held = error
    if held is True or path.exists():
        acted.append(number)
Path(sys.argv[1], "acted").write_text(json.dumps(acted))
"""


def acting(sources: list[str]) -> list[str]:
    """Those of the sources that act, run one after the other in a process without a gate."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "sources").write_text(json.dumps(sources), encoding="utf-8")
        command = [sys.executable, "-W", "ignore", "-c", ACTING, folder]
        ended = subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False)
        if ended.returncode:
            raise SystemExit(f"the process that ran them ended with {ended.returncode}")
        return [sources[number] for number in json.loads(Path(folder, "acted").read_text("utf-8"))]


def judge(number: int, seed: int) -> tuple[list[str], list[str]]:
    """Compose plugins; return those that pass and those that are refused, each once."""
    rng = random.Random(seed)
    passed: dict[str, None] = {}
    stopped: dict[str, None] = {}
    for _ in range(number):
        source = compose(rng)
        if source not in passed and source not in stopped:
            into = stopped if refused(check(artifact({"my_ops.py": source})).findings) else passed
            into[source] = None
    return list(passed), list(stopped)


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def main() -> int:
    """Print the numbers; exit status 1 if a plugin passed and acted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--number", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--acting", type=int, default=200)
    options = parser.parse_args()
    passed, stopped = judge(options.number, options.seed)
    escaped = acting(passed)
    some = stopped[: options.acting]
    say(f"{options.number} composed, {len(passed) + len(stopped)} different: {len(stopped)} refused")
    say(f"{len(passed)} passed, of which {len(escaped)} act")
    say(f"of {len(some)} refused ones, run without a gate, {len(acting(some))} act")
    for source in escaped[:5]:
        say("----\n" + source)
    return 1 if escaped else 0


if __name__ == "__main__":
    sys.exit(main())
