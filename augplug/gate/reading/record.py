"""RECORD: the list of files that a wheel brings and that an installer keeps, with their digests."""

from __future__ import annotations

import base64
import csv
from collections.abc import Mapping
from hashlib import sha256
from typing import NamedTuple


class Row(NamedTuple):
    """A line of RECORD; the digest is SHA-256 as hexadecimal digits; None where there is none, or another."""

    path: str
    digest: str | None
    size: int | None


def rows(content: bytes) -> list[Row]:
    """Return the lines of a RECORD. Raises ValueError."""
    try:
        table = list(csv.reader(content.decode("utf-8").splitlines()))
    except csv.Error as error:
        raise ValueError(str(error)) from error
    return [_row(*line[:3]) for line in table if line]


def record_digest(content: bytes) -> str:
    """Return the digest of a file as RECORD writes it."""
    return f"sha256={base64.urlsafe_b64encode(sha256(content).digest()).decode().rstrip('=')}"


def digests(content: bytes) -> Mapping[str, str | None]:
    """Return the digest of each file in a RECORD, the last of those that come twice. Raises ValueError."""
    return {row.path: row.digest for row in rows(content)}


def _row(path: str, digest: str = "", size: str = "") -> Row:
    algorithm, _, value = digest.partition("=")
    try:
        digits = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)).hex()
    except ValueError:
        digits = ""
    return Row(
        path, digits if algorithm == "sha256" and len(digits) == 64 else None, int(size) if size.isdecimal() else None
    )
