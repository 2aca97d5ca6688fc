"""What things do in another process: `python -m augplug.testing.elsewhere MODULE`, JSON on stdin and stdout."""

from __future__ import annotations

import dataclasses
import importlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from augplug._pipeline.augmenter import Augmenter
from augplug._sample.image import digest_of
from augplug.testing.base import Failed, Skipped, Subject, use_operations_of
from augplug.testing.provided import things_of
from augplug.testing.samples import augmenter, call, effects_of, examples, photograph

PATIENCE = 300
"""Seconds after which the other process is given up."""
SEED = "4711"
OTHERS = "AUGPLUG_ELSEWHERE"
"""The variable that names the processes which a confined one may ask: by module, the file numbers of two pipes."""


def fingerprints_of(subject: Subject) -> list[str]:
    """Return what a subject does, as texts that are the same wherever it does the same."""
    return _MAKERS[subject.kind](subject)


def fingerprints_elsewhere(subject: Subject) -> list[str]:
    """Return what the subject does in another process, whose texts hash differently. Skipped when there can be none."""
    name = subject.module.__name__
    if sys.modules.get(name) is not subject.module or name == "__main__":
        raise Skipped(f"another process cannot import {name!r}: it was not imported under that name")
    table = _ask(name, getattr(subject.module, "__file__", None) or "")
    key = f"{subject.kind}:{subject.name}"
    if key not in table:
        raise Failed(f"another process that imports {name} does not get {key}")
    return list(table[key])


@lru_cache(maxsize=64)
def _ask(name: str, file: str) -> Mapping[str, list[str]]:
    """Ask once for everything in a module; `file` is where it lies."""
    path = [*sys.path, *_root_of(name, file)]
    waiting: dict[str, tuple[int, int]] = json.loads(os.environ.get(OTHERS, "{}"))
    if name in waiting:
        return _answer_of(name, path, *waiting[name])
    with tempfile.TemporaryFile("w+") as answer, tempfile.TemporaryFile("w+") as said:
        # Files, not pipes: what the plugin leaves running would hold a pipe open.
        done = subprocess.run(
            [sys.executable, "-m", "augplug.testing.elsewhere", name],
            input=json.dumps(path) + "\n",
            stdout=answer,
            stderr=said,
            text=True,
            timeout=PATIENCE,
            check=False,
            env={**os.environ, "PYTHONHASHSEED": SEED, "PYTHONPATH": os.pathsep.join(filter(None, path))},
        )
        answer.seek(0)
        said.seek(0)
        output, errors = answer.read(), said.read()
    if done.returncode != 0:
        last = (errors.strip().splitlines() or ["it says nothing"])[-1]
        raise Failed(f"another process that imports {name} ends with status {done.returncode}: {last}")
    table: Mapping[str, list[str]] = json.loads(output)
    return table


def _answer_of(name: str, path: list[str], question: int, answer: int) -> Mapping[str, list[str]]:
    """Ask a process that waits for it."""
    os.write(question, json.dumps(path).encode() + b"\n")
    with os.fdopen(answer, encoding="utf-8") as lines:
        said = lines.readline()
    if not said:
        raise Failed(f"another process that imports {name} ends without an answer")
    table: Mapping[str, list[str]] = json.loads(said)
    return table


def _root_of(name: str, file: str) -> list[str]:
    """Return the folder from which a module is imported by its name: what loaded it here may not have used the path."""
    place = Path(file)
    inner = place.parent if place.name == "__init__.py" else place
    depth = name.count(".")
    return [str(inner.parents[depth])] if file and depth < len(inner.parents) else []


def _of_operation(subject: Subject) -> list[str]:
    image = photograph()
    made = []
    for operation in examples(subject):
        pixels = digest_of(call(augmenter(subject, operation), image))
        made.append(f"{text_of(effects_of(operation))} {pixels}")
    return made


def _of_policy(subject: Subject) -> list[str]:
    policy = subject.value(subject.operations)
    augment = Augmenter(policy)
    image = photograph()
    return [policy.digest.hex(), *(str(augment.plan(image, index=index)) for index in range(20))]


def _of_search(subject: Subject) -> list[str]:
    return [proposal.policy.digest.hex() for proposal in subject.value(subject.operations, seed=3).ask(5)]


_MAKERS: Mapping[str, Callable[[Subject], list[str]]] = {
    "operations": _of_operation,
    "policies": _of_policy,
    "searches": _of_search,
}


def text_of(value: Any) -> str:
    """Return data as text: dataclasses by their fields, functions by module and name, never by address."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = [f"{field.name}={text_of(getattr(value, field.name))}" for field in dataclasses.fields(value)]
        return f"{type(value).__name__}({', '.join(fields)})"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(text_of, value))}]"
    if isinstance(value, set | frozenset):
        return f"{{{', '.join(sorted(map(text_of, value)))}}}"
    return f"{value.__module__}.{value.__qualname__}" if callable(value) else repr(value)


def main(name: str) -> None:
    """Print the fingerprints of everything in the module `name`; what the module prints itself goes to stderr."""
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.path[:] = json.loads(sys.stdin.readline())
    table = {}
    for subject in things_of(importlib.import_module(name)):
        if subject.kind not in _MAKERS:
            continue
        use_operations_of(subject)
        try:
            table[f"{subject.kind}:{subject.name}"] = fingerprints_of(subject)
        except Exception as error:  # noqa: BLE001  # one broken subject must not hide the others
            table[f"{subject.kind}:{subject.name}"] = [f"{type(error).__name__}: {error}"]
    answer.write(json.dumps(table) + "\n")
    answer.close()


if __name__ == "__main__":
    main(sys.argv[1])
