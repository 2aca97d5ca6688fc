"""How the gate starts Python: isolated, without site, with our bootstrap, on the closure."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

from augplug.gate.tools.closure import Closure

HERE = Path(__file__).parent
LINTERS = HERE / "linters.toml"


@cache
def _bootstrap() -> str:
    return (HERE / "bootstrap.py").read_text(encoding="utf-8")


def module(closure: Closure, name: str) -> list[str]:
    """Return the command that runs a tool which is a Python package."""
    # -I: no folder of the script's, no user's packages, no PYTHON* variables; -S: no site, so no .pth and no
    # sitecustomize; -B: the closure stays as it was made.
    return [sys.executable, "-I", "-S", "-B", "-X", "utf8", "-c", _bootstrap(), str(closure.tools), name]
