"""The second line: what a plugin did not declare is refused while its code runs, by an audit hook (PEP 578).

`docs/design/gate.md` says what it sees, what it lets pass and what it cannot see.
"""

from augplug.gate.runtime.hook import watch
from augplug.gate.runtime.owners import Owner, declared, owner_of

__all__ = ["Owner", "declared", "owner_of", "watch"]
