"""The examination: what every operation, policy, search, evaluator, executor, observer and backend must do.

In a plugin's tests one line inherits all of it: `test_my_ops = augplug.testing.examine(my_ops)`. `run(module)` gives
the outcomes as data, `python -m augplug.testing my_ops` prints them, `examine_in_child` asks a process with limits.
`assert_same_pixels` is for tests of your own; pytest has a fixture of that name.
"""

from __future__ import annotations

from augplug.testing.base import Outcome
from augplug.testing.child import Examination, examine_in_child
from augplug.testing.difference import assert_same_pixels
from augplug.testing.running import examine, run

__all__ = ["Examination", "Outcome", "assert_same_pixels", "examine", "examine_in_child", "run"]
