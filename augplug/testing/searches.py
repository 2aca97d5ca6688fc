"""Checks of searches."""

from __future__ import annotations

from augplug.testing.base import Check

CHECKS: tuple[Check, ...] = ()
