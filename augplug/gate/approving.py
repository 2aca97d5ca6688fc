"""From a verdict to a line of the ledger."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from augplug.errors import GateError
from augplug.gate import ledger
from augplug.gate.check import Verdict, dependencies


@dataclass(frozen=True)
class Said:
    """What a person said to an approval: who they are, why, and whether other versions stay approved."""

    by: str | None = None
    reason: str | None = None
    keep: bool = True


def approve(place: Path, verdict: Verdict, wheel: Path | None = None, said: Said = Said()) -> None:  # frozen
    """Write what the verdict is about to the ledger; `wheel` is the file that it was read from, where it was one.

    Raises GateError for a verdict that is not clean, and for code that `require` mode cannot run from hashed bytes.
    """
    if not verdict.clean:
        raise GateError(f"{verdict.name} {verdict.version} is not clean: augplug plugins check says why")
    if "native" in verdict.capabilities:
        raise GateError(
            f"{verdict.name} declares the capability native: compiled code cannot be run from the bytes that were "
            "hashed, so it cannot be approved; it loads in open mode"
        )
    ledger.approve(
        place,
        ledger.Approval(
            name=verdict.name,
            version=verdict.version,
            files=verdict.files,
            entry_points={name: value for _, name, value in verdict.entry_points},
            requires=verdict.requires,
            tier=verdict.tier,
            capabilities=verdict.capabilities,
            waivers=tuple(asdict(waiver) for waiver in verdict.waivers),
            rules=verdict.rules,
            tools=verdict.tools,
            python=verdict.python,
            augplug=verdict.augplug,
            dependencies=dependencies(verdict.requires),
            wheel=None if wheel is None else sha256(wheel.read_bytes()).hexdigest(),
            date=datetime.now(UTC).date().isoformat(),
            by=said.by,
            reason=said.reason,
        ),
        keep=said.keep,
    )
