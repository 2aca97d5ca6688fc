"""`python -m augplug.confined MODULE ...`: run a module of augplug's in a process that the kernel confines first.

The orders come in a variable, as JSON: the fields of `augplug.gate.confinement.Orders`.
"""

from __future__ import annotations

import os
import runpy
import sys

from augplug.gate.confinement import Orders, confine

if __name__ == "__main__":
    confine(Orders.from_json(os.environ.pop("AUGPLUG_CONFINED")))
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
