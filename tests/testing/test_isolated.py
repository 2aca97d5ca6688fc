"""The examination's child takes nothing from the folder of the call, PYTHON* variables or the user's packages."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import augplug

PROJECT = Path(__file__).parents[1] / "plugins" / "project"
PLANTED = "open({sentinel!r}, 'a').write(__name__ + chr(10))\n"
EXAMINE = (
    "import sys; from augplug.testing import examine_in_child; print(examine_in_child(sys.argv[1], ['my_ops']).passed)"
)


def test_what_lies_about_is_not_imported(tmp_path: Path) -> None:
    """Each name is one that the child, or Python when it starts, would import if it could be found."""
    sentinel = tmp_path / "sentinel"
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    folders = {
        "here": tmp_path / "here",
        "user": tmp_path / "home" / ".local" / "lib" / version / "site-packages",
    }
    for folder in folders.values():
        folder.mkdir(parents=True)
        for name in ("sitecustomize", "usercustomize", "resource", "tracemalloc", "decimal", "tomllib"):
            folder.joinpath(f"{name}.py").write_text(PLANTED.format(sentinel=str(sentinel)), "utf-8")
    root = str(Path(augplug.__file__).parents[1])
    given = {**os.environ, "HOME": str(tmp_path / "home"), "PYTHONSTARTUP": str(folders["here"] / "resource.py")}
    given |= {
        "PYTHONPATH": root,
        "PYTHONSAFEPATH": "1",
        "PYTHONNOUSERSITE": "1",
    }  # for the caller, which is not a child

    # The caller finds augplug and nothing planted; what it starts must not, whatever the variables say by then.
    setting = f"import os; os.environ.update(PYTHONPATH={str(folders['here'])!r}, HOME={given['HOME']!r}); "
    unsetting = "[os.environ.pop(name) for name in ('PYTHONSAFEPATH', 'PYTHONNOUSERSITE')]; "
    ended = subprocess.run(
        [sys.executable, "-c", setting + unsetting + EXAMINE, str(PROJECT)],
        cwd=folders["here"],
        env=given,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )

    assert ended.stdout == "True\n", ended.stderr
    assert not sentinel.exists(), sentinel.read_text("utf-8")
