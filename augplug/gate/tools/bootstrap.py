"""Start a tool of the closure: `python -I -S -c <this text> FOLDER TOOL ARGUMENTS`, see closure.py.

Imports look into the standard library and FOLDER, whatever a tool does to sys.path: pylint puts the folders of the
files that it reads first, so that a plugin's `dill.py` would be imported where pylint wants dill.
"""

import runpy
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

TRUSTED: list[str] = []


class TrustedFinder(PathFinder):
    """Finds modules as Python does, top-level ones in the trusted folders only."""

    @classmethod
    def find_spec(
        cls, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find `fullname` in `path`, which is its package's, or in the trusted folders."""
        return PathFinder.find_spec(fullname, TRUSTED if path is None else path, target)


if __name__ == "__main__":
    folder, tool = sys.argv[1:3]
    TRUSTED.extend([*sys.path, folder])
    sys.path[:] = TRUSTED
    sys.meta_path[:] = [TrustedFinder if finder is PathFinder else finder for finder in sys.meta_path]
    sys.argv = [tool, *sys.argv[3:]]
    runpy.run_module(tool, run_name="__main__", alter_sys=True)
