"""The ways around the rules that `breaks.toml` holds."""

import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Break:
    """One way: its class, its source, the rule that refuses it, and the capabilities that it declares."""

    letter: str
    name: str
    rule: str
    source: str
    capabilities: tuple[str, ...] = ()
    acts: bool = True


def _read() -> tuple[Break, ...]:
    ways = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))["way"]
    return tuple(Break(**{**way, "capabilities": tuple(way.get("capabilities", ()))}) for way in ways)


BREAKS = _read()
