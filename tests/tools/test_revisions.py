"""An older augplug can be imported beside this one: its references to modules are renamed, and nothing else is."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import augplug
from benchmarks import before, revisions

MODULES = {"augplug", "augplug.builtin", "augplug.ops.base"}
LOADED = """
import sys
from pathlib import Path
sys.path.append(sys.argv[2])
import numpy
from benchmarks import revisions
folder = Path(sys.argv[1])
revisions.rename(folder)
before = revisions.load(folder)
image = numpy.arange(32 * 32 * 3, dtype="uint8").reshape(32, 32, 3)
made = before.Augmenter("randaugment", seed=1)(image, index=3)
loaded = [name for name in sys.modules if name.startswith("augplug.")]
assert not loaded, loaded
import augplug
augment = augplug.Augmenter("randaugment", seed=1)
assert (made == augment(image, index=3)).all()
revisions.check_runs_alone(lambda: augment(image, index=3), augplug, before)
assert all(operation.__module__.startswith("augplug_before.") for operation in before.operations().values())
try:
    revisions.check_runs_alone(lambda: augment(image, index=3), before, augplug)
except SystemExit as refusal:
    print(refusal)
"""


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import augplug", "import augplug_before as augplug"),
        ("import augplug as a", "import augplug_before as a"),
        ("import os, augplug.builtin as b, re", "import os, augplug_before.builtin as b, re"),
        ("from augplug import boxes", "from augplug_before import boxes"),
        (
            "def f():\n    from augplug.ops.base import augplug",
            "def f():\n    from augplug_before.ops.base import augplug",
        ),
        ("é = '\u00e9'; x = 'é', 'augplug.builtin'", "é = '\u00e9'; x = 'é', 'augplug_before.builtin'"),
    ],
)
def test_references_to_modules_are_renamed(source: str, expected: str) -> None:
    assert revisions.renamed(source.encode(), MODULES).decode() == expected


@pytest.mark.parametrize(
    "source",
    [
        'key = b"augplug.builtin"',
        'group = "augplug"',
        'address = "augplug:Rotate"',
        'text = "augplug.Boxes holds its labels itself"',
        "import augplugins",
        "from augplugins import boxes",
        "# import augplug",
        "from . import augplug",
    ],
)
def test_anything_else_stays(source: str) -> None:
    assert revisions.renamed(source.encode(), MODULES).decode() == source


def test_an_import_that_binds_the_package_itself_is_refused() -> None:
    with pytest.raises(SystemExit, match=r"line 2: import augplug\.builtin binds augplug"):
        revisions.renamed(b"x = 1\nimport augplug.builtin\n", MODULES)


def test_the_renamed_package_runs_its_own_code_alone(tmp_path: Path) -> None:
    shutil.copytree(Path(augplug.__file__).parent, tmp_path / "augplug")
    command = [sys.executable, "-c", LOADED, str(tmp_path), str(Path(revisions.__file__).parents[1])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "does not run the code in" in done.stdout


def test_a_revision_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="git cannot read revision 'no-such'"):
        revisions.extract("no-such", tmp_path, tmp_path)


@pytest.mark.parametrize("name", ["image", "mask"])
def test_versions_that_differ_are_not_raced(name: str) -> None:
    zeros = {"image": np.zeros((2, 2)), "mask": np.zeros((2, 2))}
    calls = {"before": lambda _: zeros, "now": lambda _: {**zeros, name: np.ones((2, 2))}}
    with pytest.raises(SystemExit, match="Rotate: the two versions give other results"):
        before.check_equal(calls, {"before": augplug, "now": augplug}, "Rotate")


def test_a_call_of_the_other_version_is_refused() -> None:
    image = np.zeros((2, 2))
    with pytest.raises(SystemExit, match="does not run the code"):
        before.check_equal(dict.fromkeys(("before", "now"), lambda _: image), {"before": augplug, "now": augplug}, "")
