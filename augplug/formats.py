"""The format numbers of documents: one rule for policies, plans, search spaces, journals and ledgers.

A reader takes every format from `oldest` to `newest`; a document with a larger number is from a newer augplug.
"""

from __future__ import annotations


def format_problem(given: object, newest: int, oldest: int = 1) -> str:
    """Return what is wrong with the format number of a document and what to do; "" if this augplug reads it."""
    read = f"{newest}" if oldest == newest else f"{oldest} to {newest}"
    if isinstance(given, bool) or not isinstance(given, int):
        return f"a format number is a whole number ({read} here), not {ascii(given)[:80]}"
    if given > newest:
        return f"made by a newer augplug: this one reads format {read}, not {ascii(given)[:80]}; upgrade augplug"
    return "" if given >= oldest else f"there is no format {ascii(given)[:80]} that this augplug reads; it reads {read}"
