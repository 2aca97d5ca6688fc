"""Run shellcheck on every shell script of the repository; run as `python tools/check_shell.py [root]`.

A script is what git knows (tracked, or new and not ignored) that ends in .sh or begins with a shell's #! line.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

SHELL = re.compile(rb"#!\s*(/usr)?/bin/(env\s+(-S\s+)?)?(ba|da|k)?sh\b")
RULES = ("--enable=all", "--exclude=SC2250")  # all but braces around every variable, which are noise


def scripts(root: Path) -> list[str]:
    """The shell scripts under `root`, by their path from there."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, check=True, capture_output=True).stdout.decode().split("\0")
    files = [name for name in sorted(set(listed)) if name and (root / name).is_file()]
    return [name for name in files if name.endswith(".sh") or SHELL.match((root / name).read_bytes()[:80])]


def main(arguments: list[str]) -> int:
    """Run shellcheck; its exit status, or 1 when there was no script to check."""
    root = Path(arguments[0] if arguments else ".")
    found = scripts(root)
    if not found:
        print("shellcheck: found no shell script, which is wrong: .ci/run is one")
        return 1
    command = ["shellcheck", "--norc", "--external-sources", *RULES, *found]
    status = subprocess.run(command, cwd=root, check=False)
    print(f"shellcheck: {len(found)} scripts: {' '.join(found)}")
    return status.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
