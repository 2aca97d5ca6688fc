"""Stage 2: what a plugin may use (`allow/...`), augplug's own rules (`house/...`), and suppressions."""

from augplug.gate.rules.check import check

__all__ = ["check"]
